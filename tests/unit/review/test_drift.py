"""Drift is what somebody changed by hand: told in a sentence, apart from what AWS and autoscaling do."""

import json
from typing import Any

import pytest

from scones.review.findings import Context, Part, Risk
from scones.review.ledger.drift import describe, drift
from scones.review.plan import Plan
from unit.review.plans import change, plan
from unit.review.reviews import kinds

CONTEXT = Context("dev")
ALARM = "module.endpoint.aws_cloudwatch_metric_alarm.server_errors"
ERRORS = {"alarm_name": "scones-dev-server-errors", "threshold": 1, "period": 60}
ROLE = "module.f.aws_iam_role.this"


def drifted(address: str, before: Any, after: Any, *changes: dict[str, Any], **raw: Any) -> Plan:
    return plan(*changes, resource_drift=[change(address, before, after)], **raw)


def looked(made: Plan) -> Part:
    return drift(made, CONTEXT)


def sentences(made: Plan) -> list[str]:
    return [finding.text for finding in looked(made).findings]


def test_what_changed_by_hand_and_is_put_back_says_so() -> None:
    now = ERRORS | {"threshold": 50}
    made = drifted(ALARM, ERRORS, now, change(ALARM, now, ERRORS))

    assert sentences(made) == [
        "changed by hand: alarm scones-dev-server-errors: threshold 1 → 50; this plan puts it back"
    ]
    assert looked(made).findings[0].risk == Risk.CARE
    assert looked(made).findings[0].address == ALARM


def test_what_changed_by_hand_and_stays_says_so() -> None:
    now = ERRORS | {"threshold": 50}

    assert sentences(drifted(ALARM, ERRORS, now))[0].endswith("threshold 1 → 50; this plan keeps it")
    kept = drifted(ALARM, ERRORS, now, change(ALARM, now, now | {"period": 300}))
    assert sentences(kept)[0].endswith("threshold 1 → 50; this plan keeps it")


def test_what_changed_by_hand_and_is_planned_to_be_something_else_says_so() -> None:
    now = ERRORS | {"threshold": 50}
    made = drifted(ALARM, ERRORS, now, change(ALARM, now, ERRORS | {"threshold": 5}))

    assert sentences(made)[0].endswith("threshold 1 → 50; this plan sets something else")


def test_attributes_with_different_outcomes_are_told_in_the_section() -> None:
    now = ERRORS | {"threshold": 50, "period": 300}
    part = looked(drifted(ALARM, ERRORS, now, change(ALARM, now, ERRORS | {"period": 300})))

    assert part.findings[0].text.endswith("period 60 → 300, threshold 1 → 50")
    assert "| `period` | `60` | `300` | this plan keeps it |" in part.blocks[0].markdown
    assert "| `threshold` | `1` | `50` | this plan puts it back |" in part.blocks[0].markdown


def test_what_was_deleted_by_hand_says_whether_it_is_made_again() -> None:
    again = drifted(ALARM, ERRORS, None, change(ALARM, None, ERRORS))
    away = drifted(ALARM, ERRORS, None)

    assert sentences(again) == ["deleted by hand: alarm scones-dev-server-errors; this plan makes it again"]
    assert sentences(away) == ["deleted by hand: alarm scones-dev-server-errors; it stays away"]


def test_the_terminal_gets_a_line_each_without_a_plan() -> None:
    made = plan(
        resource_drift=[
            change(ALARM, ERRORS, ERRORS | {"threshold": 50}),
            change("m.aws_sqs_queue.q", {"name": "q"}, None),
        ]
    )

    assert describe(made) == [
        "changed by hand: alarm scones-dev-server-errors: threshold 1 → 50",
        "deleted by hand: queue q",
    ]


NOISE = {
    "AWS has its own word for nothing": (
        "m.aws_cloudwatch_metric_alarm.a",
        {"tags": None, "insufficient_data_actions": None, "period": None, "enabled": None, "name": ""},
        {"tags": {}, "insufficient_data_actions": [], "period": 0, "enabled": False, "name": None},
    ),
    "a policy is written in another order": (
        "m.aws_sqs_queue.q",
        {"policy": '{"a": 1, "b": 2}'},
        {"policy": '{"b":2,"a":1}'},
    ),
    "autoscaling has added instances": (
        "m.aws_sagemaker_endpoint_configuration.c",
        {"production_variants": [{"initial_instance_count": 1}]},
        {"production_variants": [{"initial_instance_count": 4}]},
    ),
    "the endpoint has more instances": (
        "m.aws_sagemaker_endpoint.e",
        {"name": "e", "desired_instance_count": 1},
        {"name": "e", "desired_instance_count": 3},
    ),
    "a function was deployed": (
        "m.aws_lambda_function.f",
        {"last_modified": "1", "version": "1", "qualified_arn": "f:1"},
        {"last_modified": "2", "version": "2", "qualified_arn": "f:2"},
    ),
}


@pytest.mark.parametrize(("address", "before", "after"), NOISE.values(), ids=NOISE)
def test_it_is_no_drift_when(address: str, before: Any, after: Any) -> None:
    made = drifted(address, before, after)

    assert describe(made) == []
    assert looked(made).findings == () and looked(made).blocks == () and looked(made).data == []


def test_what_means_nothing_is_counted_beside_what_does() -> None:
    made = plan(
        resource_drift=[
            change(ALARM, ERRORS, ERRORS | {"threshold": 50}),
            change("m.aws_sns_topic.t", {"tags": None}, {"tags": {}}),
        ]
    )

    assert "1 more differ in nothing but what AWS fills in" in looked(made).blocks[-1].markdown


@pytest.mark.parametrize(
    ("before", "after"),
    [(30, 0), (30, None), (None, 30), (False, True), (True, False), ([], ["a"]), ("a", "")],
)
def test_a_real_difference_is_never_taken_for_nothing(before: Any, after: Any) -> None:
    assert describe(drifted("m.x.y", {"a": before}, {"a": after}))


def inline(*names: str) -> dict[str, Any]:
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    return {"name": "r", "inline_policy": [{"name": name, "policy": policy} for name in names]}


OWN = change("m.aws_iam_role_policy.p", {"role": "r", "name": "function"}, {"role": "r", "name": "function"})


def test_a_role_that_repeats_its_own_policies_has_not_changed() -> None:
    assert describe(drifted(ROLE, inline(), inline("function"), OWN)) == []


def test_a_policy_that_somebody_gave_a_role_is_found_among_its_own() -> None:
    assert describe(drifted(ROLE, inline("function"), inline("backdoor", "function"), OWN)) == [
        "changed by hand: role r: inline_policy gains backdoor (may do *)"
    ]
    assert describe(drifted(ROLE, inline("function"), inline("backdoor"), OWN)) == [
        "changed by hand: role r: inline_policy gains backdoor (may do *)"
    ]


def test_the_state_tells_whose_policies_they_are_where_the_plan_has_no_changes() -> None:
    resource = {"type": "aws_iam_role_policy", "values": {"role": "r", "name": "function"}}
    state = {"values": {"root_module": {"child_modules": [{"resources": [resource]}]}}}

    assert describe(drifted(ROLE, inline(), inline("function"), prior_state=state)) == []


def test_an_attachment_that_nobody_planned_is_found() -> None:
    before, after = ({"name": "r", "managed_policy_arns": arns} for arns in (["a"], ["a", "admin"]))

    assert describe(drifted(ROLE, before, after)) == [
        "changed by hand: role r: managed_policy_arns gains admin"
    ]


def test_a_bucket_that_repeats_its_versioning_has_not_changed_but_one_without_has() -> None:
    before, after = ({"bucket": "b", "versioning": [{"enabled": on}]} for on in (False, True))
    own = change("m.aws_s3_bucket_versioning.v", {"bucket": "b"}, {"bucket": "b"})

    assert describe(drifted("m.aws_s3_bucket.b", before, after, own)) == []
    assert describe(drifted("m.aws_s3_bucket.b", before, after)) == [
        "changed by hand: bucket b: versioning.enabled false → true"
    ]


def policy(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"role": "r", "name": "function", "policy": json.dumps({"Statement": [statement]})}


def test_a_policy_that_was_edited_says_what_it_gained_and_no_json() -> None:
    before, after = policy("s3:GetObject", "s3:ListBucket"), policy("s3:GetObject", "s3:DeleteObject")
    made = drifted("m.aws_iam_role_policy.p", before, after, change("m.aws_iam_role_policy.p", after, before))

    assert sentences(made) == [
        "changed by hand: role policy function of r: policy gains s3:DeleteObject and loses s3:ListBucket; "
        "this plan puts it back"
    ]
    assert "Statement" not in looked(made).blocks[0].markdown


def test_a_tag_is_told_once() -> None:
    before, after = ({"name": "t", "tags": {"A": v}, "tags_all": {"A": v}} for v in "12")

    assert describe(drifted("m.aws_sns_topic.t", before, after)) == ["changed by hand: topic t: tag A 1 → 2"]


def test_the_data_say_what_each_attribute_was_and_is() -> None:
    now = ERRORS | {"threshold": 50}
    part = looked(drifted(ALARM, ERRORS, now, change(ALARM, now, ERRORS)))

    assert json.loads(json.dumps(part.data)) == [
        {
            "address": ALARM,
            "what": "alarm scones-dev-server-errors",
            "deleted": False,
            "plan": "this plan puts it back",
            "changed": [{"attribute": "threshold", "before": 1, "now": 50, "plan": "this plan puts it back"}],
        }
    ]


def test_whatever_a_value_holds_stays_in_its_cell() -> None:
    hostile = "a|b `c` <script>\n\n# d @octocat"
    part = looked(drifted(ALARM, ERRORS, ERRORS | {"alarm_description": hostile}))

    assert "table_open" in kinds(part.blocks[0].markdown)
    assert "heading_open" not in kinds(part.blocks[0].markdown)
