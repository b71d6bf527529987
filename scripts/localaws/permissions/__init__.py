"""Permissions: who may do what, decided as IAM decides it, and enforced on every call.

Pure, and without moto: patterns.py (wildcards, variables), conditions.py, policies.py (documents) and
evaluation.py (one account's policies together). What a call asks for: operations.py, actions.py, implied.py.
What decides it: subjects.py. enforcement.py asks, usage.py remembers what was used and what was not,
simulation.py answers SimulatePrincipalPolicy.

Real: role sessions are checked, on every operation; their own policies, inline and attached, boundaries and
session policies, the policies of buckets, queues, topics, keys, functions and log groups, trust policies and
iam:PassRole where a role is handed to a service; the keys of what is encrypted. Not real: signatures are not
checked; the account's static keys, an IAM user's too, may do everything but what a bucket denies to all;
organizations, other accounts, tags of resources, access control lists.
"""

from __future__ import annotations

from ..settings import Settings


def install(settings: Settings) -> None:
    """Check every call from now on, unless the settings say not to."""
    from .. import http, targets
    from . import enforcement, simulation, usage

    http.CONTROLS["/_localaws/permissions"] = lambda _: usage.report(settings.account_id)
    simulation.install()
    if settings.permissions:
        enforcement.enforce(settings.account_id)
        targets.refusal = enforcement.refusal
