"""A role that may not do what a state needs is found, and so is one that may do more."""

from typing import Any

import pytest

from scones.review.plan import Plan
from scones.review.state_machine.definition import Machine
from scones.review.state_machine.sufficiency import LOGS, TRACES, Check, check
from unit.review import plans
from unit.review.documents import ACCOUNT, Statement, allow, deny, inline, of, role, unknown
from unit.review.machines import (
    FUNCTION,
    HERE,
    QUEUE,
    QUEUE_URL,
    TOPIC,
    State,
    call,
    held,
    machine_plan,
    task,
)

CALL = {"Call": call()}
MAY_CALL = allow("lambda:InvokeFunction", FUNCTION)
KEY = f"arn:aws:kms:{HERE}:key/1"


def checked(plan: Plan) -> Check:
    [change] = plan.of_type("aws_sfn_state_machine")
    return check(plan, change, Machine.from_json(change.after["definition"]))


def of_role(allowed: list[Statement], states: dict[str, State] = CALL, *others: Any, **more: Any) -> Check:
    return checked(machine_plan(None, states, allowed, *others, **more))


def missing(found: Check) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in found.missing]


def unused(found: Check) -> list[tuple[str, str]]:
    return [(grant.spelled, grant.resource) for grant in found.unused]


def test_a_role_that_may_do_what_is_needed_and_nothing_else_is_as_it_should_be() -> None:
    assert of_role([MAY_CALL]) == Check(role="worker")


@pytest.mark.parametrize(
    "allowed",
    [
        allow("lambda:*", "*"),
        allow("Lambda:invokefunction", FUNCTION),
        allow("lambda:Invoke*", f"arn:aws:lambda:{HERE}:function:*"),
        allow("lambda:InvokeFunction", f"{FUNCTION[:-1]}?"),
        allow("*", "*"),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    ],
)
def test_wildcards_allow_what_they_stand_for(allowed: Statement) -> None:
    assert missing(of_role([allowed])) == [] and unused(of_role([allowed])) == []


@pytest.mark.parametrize(
    "allowed",
    [
        [],
        [allow("lambda:InvokeFunction", f"{FUNCTION}-other")],
        [allow("lambda:GetFunction", FUNCTION)],
        [MAY_CALL, deny("lambda:*", "*")],
        [{"Effect": "Allow", "NotAction": "lambda:*", "Resource": "*"}],
    ],
)
def test_what_a_state_may_not_do_is_missing(allowed: list[Statement]) -> None:
    assert missing(of_role(allowed)) == [("lambda:InvokeFunction", FUNCTION)]


def test_a_refusal_under_a_condition_is_taken_not_to_hold() -> None:
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    assert missing(of_role([MAY_CALL, deny("*", "*", Condition=tls)])) == []


def test_what_no_state_needs_is_unused() -> None:
    assert unused(of_role([MAY_CALL, allow("s3:GetObject")])) == [("s3:GetObject", "arn:aws:s3:::pictures/*")]


def test_each_resource_of_a_statement_is_looked_at() -> None:
    assert unused(of_role([allow("lambda:InvokeFunction", [FUNCTION, f"{FUNCTION}-old"])])) == [
        ("lambda:InvokeFunction", f"{FUNCTION}-old")
    ]


def test_a_resource_that_is_left_open_is_met_by_any() -> None:
    states = {"Call": task(Parameters={"FunctionName.$": "$.f"})}
    assert of_role([MAY_CALL], states) == Check(role="worker")


@pytest.mark.parametrize(
    ("setting", "actions"),
    [
        ({"logging_configuration": [{"level": "ALL"}]}, LOGS),
        ({"tracing_configuration": [{"enabled": True}]}, TRACES),
        ({"encryption_configuration": [{"kms_key_id": KEY}]}, ("kms:Decrypt", "kms:GenerateDataKey")),
    ],
)
def test_logs_traces_and_encryption_have_needs_of_their_own(
    setting: dict[str, Any], actions: tuple[str, ...]
) -> None:
    enough = of_role([MAY_CALL, allow(list(actions), "*")], CALL, **setting)
    assert (enough.missing, enough.unused) == ((), ())
    less = of_role([MAY_CALL, allow(list(actions[1:]), "*")], CALL, **setting)
    assert [action for action, _ in missing(less)] == [actions[0]]


def test_without_logs_their_permissions_are_unused() -> None:
    off = {"logging_configuration": [{"level": "OFF"}]}
    assert len(unused(of_role([MAY_CALL, allow(list(LOGS), "*")], CALL, **off))) == len(LOGS)


@pytest.mark.parametrize(
    ("state", "thing", "send"),
    [
        (
            task("sns:publish", Parameters={"TopicArn": TOPIC}),
            plans.change("aws_sns_topic.t", None, {"name": "failures", "kms_master_key_id": KEY}),
            allow("sns:Publish", TOPIC),
        ),
        (
            task("sqs:sendMessage", Parameters={"QueueUrl": QUEUE_URL}),
            plans.change("aws_sqs_queue.q", None, {"name": "review", "kms_master_key_id": KEY}),
            allow("sqs:SendMessage", QUEUE),
        ),
    ],
)
def test_whoever_sends_to_what_is_encrypted_uses_its_key(
    state: State, thing: dict[str, Any], send: Statement
) -> None:
    use = allow(["kms:Decrypt", "kms:GenerateDataKey"], KEY)
    assert of_role([send, use], {"Send": state}, thing) == Check(role="worker")
    assert missing(of_role([send], {"Send": state}, thing)) == [
        ("kms:Decrypt", KEY),
        ("kms:GenerateDataKey", KEY),
    ]
    assert len(unused(of_role([send, use], {"Send": state}))) == 2


def test_what_cannot_be_told_of_a_state_is_passed_on() -> None:
    [(path, _)] = of_role([], {"Ask": task("http:invoke")}).unknown
    assert path == "Ask"


def test_an_attached_policy_of_the_plan_counts() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/shared"
    others = (
        plans.change(
            "aws_iam_policy.s", None, {"name": "shared", "arn": arn, "policy": inline(MAY_CALL)["policy"]}
        ),
        plans.change("aws_iam_role_policy_attachment.a", None, {"role": "worker", "policy_arn": arn}),
    )
    assert missing(of_role([], CALL, *others)) == []


def test_an_attached_policy_that_is_not_in_the_plan_leaves_it_open() -> None:
    attached = {"role": "worker", "policy_arn": "arn:aws:iam::aws:policy/Something"}
    found = of_role([], CALL, plans.change("aws_iam_role_policy_attachment.a", None, attached))
    assert "not in this plan" in found.trouble and not found.missing


def test_a_policy_that_is_not_known_yet_leaves_it_open() -> None:
    more = unknown(plans.change("aws_iam_role_policy.more", None, inline(name="more")), "policy")
    assert of_role([], CALL, more).trouble == "policy `more` of role `worker` is known after apply"


def test_a_role_that_is_not_in_the_plan_leaves_it_open() -> None:
    change = plans.change("aws_sfn_state_machine.this", None, held(CALL))
    assert checked(of(change)).trouble == "its role is not in this plan"


def first(machine_name: str = "machine", *names: str) -> Plan:
    """Return a first plan, which does not know the ARN of any role yet."""
    roles = [
        unknown(plans.change(f"aws_iam_role.r{at}", None, role(name)), "arn") for at, name in enumerate(names)
    ]
    policies = [
        plans.change(f"aws_iam_role_policy.p{at}", None, inline(MAY_CALL, role=name))
        for at, name in enumerate(names)
    ]
    state = unknown(
        plans.change("aws_sfn_state_machine.this", None, held(CALL, name=machine_name)), "role_arn", "arn"
    )
    return of(state, *roles, *policies)


def test_a_role_whose_arn_is_not_known_yet_is_the_one_of_its_module() -> None:
    assert checked(first("machine", "anything")) == Check(role="anything")


def test_of_several_roles_it_is_the_one_named_like_the_machine() -> None:
    assert checked(first("machine", "other", "machine")) == Check(role="machine")
    assert checked(first("machine", "other", "another")).trouble == "its role is not in this plan"


def test_sagemaker_has_small_letters_in_its_arns() -> None:
    states = {"Ask": task("aws-sdk:sagemakerruntime:invokeEndpoint", Parameters={"EndpointName": "Scones"})}
    assert of_role(
        [allow("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/scones")], states
    ) == Check(role="worker")
