"""Execution roles: SageMaker takes only a role that exists and trusts it; conditions are not read."""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sagemaker.exceptions import ValidationError

from ..settings import Settings

PRINCIPAL = "sagemaker.amazonaws.com"


def check(settings: Settings, role_arn: str) -> None:
    """Raise ValidationError, in AWS's words, when SageMaker could not assume the role."""
    try:
        role = iam_backends[settings.account_id]["aws"].get_role(role_arn.rpartition("/")[2])
        trust = json.loads(role.assume_role_policy_document)
    except ServiceException:
        trust = {}
    if not any(_trusts(statement) for statement in _listed(trust.get("Statement"))):
        raise ValidationError(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{PRINCIPAL}' to assume the role."
        )


def _trusts(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = _listed(principal.get("Service")) if isinstance(principal, dict) else _listed(principal)
    actions = {action.lower() for action in _listed(statement.get("Action"))}
    allowed = statement.get("Effect") == "Allow" and bool(actions & {"sts:assumerole", "sts:*", "*"})
    return allowed and bool({PRINCIPAL, "*"} & set(services))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
