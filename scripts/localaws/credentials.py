"""Temporary credentials of a role, minted by moto's own STS.

Functions, state machines and event rules act under their own role, never as the operator: the key tells whose
call it is.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

_lock = threading.Lock()
_minted: dict[tuple[str, str], RoleCredentials] = {}


class RoleCredentials(NamedTuple):
    access_key_id: str
    secret_access_key: str
    session_token: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }

    def client_arguments(self) -> dict[str, Any]:
        """Keyword arguments of boto3.client."""
        return {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }


def assume(role_arn: str, session_name: str, region: str) -> RoleCredentials:
    """The role's credentials for a service's session; the same ones for the same session (they do not expire
    here)."""
    from moto.sts.models import sts_backends

    with _lock:
        known = _minted.get((role_arn, session_name))
        if known is None:
            account_id = role_arn.split(":")[4]
            role = sts_backends[account_id]["aws"].assume_role(
                region_name=region,
                role_session_name=session_name,
                role_arn=role_arn,
                policy="",
                duration=3600,
                external_id="",
            )
            known = RoleCredentials(role.access_key_id, role.secret_access_key, role.session_token)
            _minted[role_arn, session_name] = known
    return known
