"""State machines and their roles, for the tests."""

import json
from collections.abc import Mapping
from typing import Any

from scones.review.plan import Plan
from scones.review.state_machine.definition import Machine
from scones.review.state_machine.integrations import Place
from unit.review import plans
from unit.review.documents import ACCOUNT, Statement, inline, of, role

HERE = f"eu-west-1:{ACCOUNT}"
FUNCTION = f"arn:aws:lambda:{HERE}:function:classify"
QUEUE_URL = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/review"
QUEUE = f"arn:aws:sqs:{HERE}:review"
TOPIC = f"arn:aws:sns:{HERE}:failures"
PLACE = Place("machine", "aws", "eu-west-1", ACCOUNT)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/worker"

State = dict[str, Any]


def task(resource: str = "lambda:invoke", **more: Any) -> State:
    """Return a Task that ends; `resource` is what follows arn:aws:states:::."""
    state: State = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}"} | more
    return state if "Next" in state else state | {"End": True}


def call(**more: Any) -> State:
    return task(Parameters={"FunctionName": FUNCTION}, **more)


def definition(states: Mapping[str, State], start: str = "", **top: Any) -> str:
    return json.dumps({"StartAt": start or next(iter(states)), "States": states} | top)


def machine(states: Mapping[str, State], start: str = "", **top: Any) -> Machine:
    return Machine.from_json(definition(states, start, **top))


def held(states: Mapping[str, State], **more: Any) -> dict[str, Any]:
    """Return the attributes of a state machine in a plan."""
    place = {"name": "machine", "arn": f"arn:aws:states:{HERE}:stateMachine:machine", "role_arn": ROLE_ARN}
    return place | {"definition": definition(states)} | more


def machine_plan(
    before: Mapping[str, State] | None,
    after: Mapping[str, State] | None,
    allowed: list[Statement],
    *others: dict[str, Any],
    earlier: list[Statement] | None = None,
    **more: Any,
) -> Plan:
    """Return a plan of a machine and its role, which may do what `allowed` says, and before it `earlier`."""
    existing = before is not None
    was = inline(*(allowed if earlier is None else earlier))
    return of(
        plans.change(
            "aws_sfn_state_machine.this",
            None if before is None else held(before, **more),
            None if after is None else held(after, **more),
        ),
        plans.change("aws_iam_role.worker", role(arn=ROLE_ARN) if existing else None, role(arn=ROLE_ARN)),
        plans.change("aws_iam_role_policy.own", was if existing else None, inline(*allowed)),
        *others,
    )
