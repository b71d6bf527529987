"""The gates: what a plan may not do unless somebody who may say so has named it.

Each gate looks at the plan alone, and says where it trips. Whether that stops anything is decided elsewhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scones.review.findings import Context
from scones.review.guards import alarming, destroying, protecting, watching
from scones.review.plan import Plan


@dataclass(frozen=True)
class Gate:
    """What is guarded, in one sentence. `name` is what ALLOW takes; `approver` is who has to agree."""

    name: str
    guards: str
    approver: str


@dataclass(frozen=True)
class Trip:
    """One thing for which a gate trips; `what` is a finding's text, `address` the resource in the plan."""

    gate: Gate
    what: str
    address: str


Guard = Callable[[Plan, Context], Iterable[tuple[str, str]]]

_GUARDED: tuple[tuple[Gate, Guard], ...] = (
    (
        Gate(
            "destroys-endpoint",
            "the endpoint that serves is not replaced, destroyed or forgotten",
            "service owner",
        ),
        destroying.endpoints,
    ),
    (
        Gate(
            "destroys-bucket",
            "no bucket is replaced, destroyed, forgotten or opened to force_destroy",
            "data owner",
        ),
        destroying.buckets,
    ),
    (
        Gate(
            "destroys-key",
            "no key is replaced, destroyed, forgotten, disabled or left without rotation",
            "security",
        ),
        destroying.keys,
    ),
    (
        Gate(
            "destroys-workflow",
            "no function and no state machine is replaced or destroyed",
            "service owner",
        ),
        destroying.workflow,
    ),
    (
        Gate(
            "destroys-data",
            "no queue, log group, model registry or other store goes, and no object expires sooner",
            "data owner",
        ),
        destroying.data,
    ),
    (
        Gate(
            "public-access",
            "every bucket has its block on public access and heeds no ACL, no network is open to everybody",
            "security",
        ),
        protecting.public_access,
    ),
    (
        Gate(
            "encryption", "what is stored is encrypted, and stays so with the project's own key", "security"
        ),
        protecting.encryption,
    ),
    (
        Gate("tls-only", "buckets, queues and topics refuse what comes without TLS", "security"),
        protecting.tls_only,
    ),
    (
        Gate("versioning", "buckets keep what is overwritten or deleted", "data owner"),
        protecting.versioning,
    ),
    (
        Gate(
            "widens-iam",
            "no permission becomes `*`, no condition or refusal goes, nobody new is trusted, "
            "no role is exchanged",
            "security",
        ),
        protecting.permissions,
    ),
    (
        Gate("pass-role", "nobody may pass on a role who could not before", "security"),
        protecting.passed_roles,
    ),
    (
        Gate("auto-rollback", "every alarm that could roll a deployment back still can", "service owner"),
        watching.auto_rollback,
    ),
    (
        Gate(
            "alarms",
            "every alarm stays while what it watches stays, watches it and tells those whom it told",
            "service owner",
        ),
        alarming.alarms,
    ),
    (
        Gate("data-capture", "as much of requests and answers is captured as before", "ML lead"),
        watching.captures,
    ),
    (
        Gate("accuracy-floor", "no model begins to serve below the environment's accuracy floor", "ML lead"),
        watching.accuracy,
    ),
    (
        Gate("log-retention", "logs have a retention, and none is shortened", "security"),
        watching.log_retention,
    ),
    (
        Gate("secret-in-clear", "nothing that looks like a secret stands in clear", "security"),
        protecting.secrets,
    ),
)

GATES: tuple[Gate, ...] = tuple(gate for gate, _ in _GUARDED)


def trips(plan: Plan, context: Context) -> tuple[Trip, ...]:
    """Return everything for which a gate trips, in the order of the gates, each thing once."""
    found = (Trip(gate, what, address) for gate, guard in _GUARDED for what, address in guard(plan, context))
    return tuple(dict.fromkeys(found))
