"""SimulatePrincipalPolicy and SimulateCustomPolicy, answered by the evaluator that enforces.

Real: a role's policies, additional ones, a boundary, a resource policy, context entries. Not real: pages,
users and groups as policy sources, and where a statement stands in its document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException, ValidationError
from moto.iam.responses import IamResponse

from . import subjects
from .conditions import Context
from .evaluation import Decision, Policies, decide
from .policies import Caller, Policy, Request, read


def install() -> None:
    IamResponse.simulate_principal_policy = _simulate_principal  # type: ignore[attr-defined]
    IamResponse.simulate_custom_policy = _simulate_custom  # type: ignore[attr-defined]


def _simulate_principal(response: Any) -> ActionResult:
    arn = response._get_param("PolicySourceArn")
    role = subjects.role(arn) if ":role/" in arn else None
    if role is None:
        raise NotFoundException(f"The role {arn} cannot be found; local AWS simulates roles only.")
    identity, boundary = subjects.policies_of(role)
    return _answer(response, Caller(arn, role.account_id, arn), identity, boundary)


def _simulate_custom(response: Any) -> ActionResult:
    account_id = response.current_account
    user = f"arn:aws:iam::{account_id}:user/custom"
    return _answer(response, Caller(user, account_id, user), [], None)


def _answer(
    response: Any, caller: Caller, identity: Sequence[Policy], boundary: Policy | None
) -> ActionResult:
    """One result for each action and resource."""
    try:
        given = [read(f"input {n}", each) for n, each in enumerate(_listed(response, "PolicyInputList"), 1)]
        limits = [read("boundary", each) for each in _listed(response, "PermissionsBoundaryPolicyInputList")]
        resource_policy = response._get_param("ResourcePolicy")
        resource = read("resource", resource_policy) if resource_policy else None
    except (ValueError, KeyError) as error:
        raise ValidationError(f"A policy cannot be read: {error}") from error
    policies = Policies([*identity, *given], limits[0] if limits else boundary, None, resource)
    context = Context(
        {
            each["ContextKeyName"].lower(): tuple(each.get("ContextKeyValues", []))
            for each in _listed(response, "ContextEntries")
        }
    )
    results = [
        _result(action, arn, decide(Request(caller, action, arn, context), policies))
        for action in _listed(response, "ActionNames")
        for arn in _listed(response, "ResourceArns") or ["*"]
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _result(action: str, arn: str, decision: Decision) -> dict[str, Any]:
    denied = "explicitDeny" if decision.explicit else "implicitDeny"
    return {
        "EvalActionName": action,
        "EvalResourceName": arn,
        "EvalDecision": "allowed" if decision.allowed else denied,
        "MatchedStatements": [{"SourcePolicyId": each.policy} for each in decision.statements],
        "MissingContextValues": [],
    }


def _listed(response: Any, name: str) -> list[Any]:
    return response._get_param(name) or []
