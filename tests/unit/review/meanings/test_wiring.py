"""What leads elsewhere than before, or nowhere any more, needs care; what only changes does not."""

from typing import Any

import pytest

from scones.review.findings import Finding, Risk
from scones.review.plan import UNKNOWN
from unit.review.workflow import (
    CODE,
    ENDPOINT,
    MODEL,
    REPLACE,
    SERVES,
    STANDS,
    endpoint,
    entry,
    found,
    function,
    one,
    texts,
)

ACCOUNT, OTHER = "123456789012", "999999999999"
TOPIC = {"arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:scones-prod-failures"}
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:scones-prod-classify"
LAYER = "arn:aws:lambda:us-east-1:{}:layer:tools:1"


def environment(**variables: str) -> dict[str, Any]:
    return function(environment=[{"variables": variables}])


def moved(key: str, old: Any, new: Any, *others: dict[str, Any]) -> Finding:
    """Return what a plan for prod says of a variable that changes."""
    made = entry(CODE, environment(**{key: old}), environment(**{key: new}))
    return one(f"environment {key}", found(made, *others, variables={"topic": TOPIC}))


def test_a_variable_that_changes_within_the_environment_is_safe() -> None:
    assert moved("LEVEL", "info", "debug").text == (
        "function image-classification: environment LEVEL info → debug"
    )
    assert moved("LEVEL", "info", "debug").risk == Risk.SAFE
    assert moved("BUCKET", "scones-prod-one", "scones-prod-two").risk == Risk.SAFE
    assert moved("S3_ENDPOINT", "https://a", "https://b", SERVES).risk == Risk.SAFE
    assert moved("BUCKET", "scones-prod-one", UNKNOWN).risk == Risk.SAFE


@pytest.mark.parametrize(
    ("key", "old", "new", "words"),
    [
        ("BUCKET", "scones-prod-data", "scones-dev-data", "scones-dev-data is not of prod"),
        ("QUEUE", "none", "https://sqs/1/scones-dev-review", "scones-dev-review is not of prod"),
        ("QUEUE", "scones-prod-review", "scones-production", "scones-production is not of prod"),
        ("BUCKET", "scones-prod-data", "my-bucket", "no longer leads to what is of prod"),
        ("TOPIC", "none", f"arn:aws:sns:us-east-1:{OTHER}:x", f"account {OTHER} is another one"),
    ],
)
def test_a_variable_that_leads_to_another_environment_needs_care(
    key: str, old: str, new: str, words: str
) -> None:
    finding = moved(key, old, new)

    assert words in finding.text
    assert finding.risk == Risk.CARE


def test_a_variable_that_leads_to_this_account_is_safe() -> None:
    assert moved("TOPIC", "none", TOPIC["arn"]).risk == Risk.SAFE


def test_another_endpoint_is_named_beside_the_one_of_the_plan() -> None:
    finding = moved("ENDPOINT_NAME", "scones-prod", "other", SERVES)

    assert finding.text.endswith("scones-prod → other: this environment's endpoint is scones-prod")
    assert finding.risk == Risk.CARE
    assert moved("ENDPOINT_NAME", "a", "b").text.endswith("a → b: no endpoint of this plan")
    assert moved("ENDPOINT_NAME", "scones-prod", "", SERVES).risk == Risk.CARE


def test_the_endpoint_that_the_plan_makes_is_the_right_one() -> None:
    renamed = entry(ENDPOINT, endpoint(), endpoint() | {"name": "scones-prod-2"}, REPLACE)

    assert moved("ENDPOINT_NAME", "scones-prod", "scones-prod-2", renamed).risk == Risk.SAFE
    assert moved("ENDPOINT_NAME", "scones-prod", UNKNOWN, renamed).risk == Risk.SAFE
    assert moved("ENDPOINT_NAME", "scones-prod-2", "scones-prod", renamed).risk == Risk.CARE


def test_a_new_function_that_asks_an_endpoint_elsewhere_needs_care() -> None:
    new = entry(CODE, None, environment(ENDPOINT_NAME="scones-dev", LEVEL="info"))

    assert one("environment", found(new, SERVES)).text == (
        "function image-classification: environment ENDPOINT_NAME scones-dev: this environment's endpoint is "
        "scones-prod"
    )
    assert "environment" not in " ".join(texts(entry(CODE, None, environment(LEVEL="info")), STANDS))


def test_code_of_another_account_needs_care_and_ones_own_does_not() -> None:
    def layered(account: str) -> list[Finding]:
        made = entry(CODE, function(layers=None), function(layers=[LAYER.format(account)]))
        return found(made, variables={"topic": TOPIC})

    assert layered(ACCOUNT) == []
    assert one(f"runs code of account {OTHER}", layered(OTHER)).risk == Risk.CARE


@pytest.mark.parametrize("address", [CODE, MODEL])
def test_whoever_leaves_the_network_needs_care(address: str) -> None:
    inside = {"name": "m", "vpc_config": [{"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}]}
    outside = {"name": "m", "vpc_config": []}

    assert one("leaves its network", found(entry(address, inside, outside))).risk == Risk.CARE
    assert "leaves its network" not in " ".join(texts(entry(address, outside, inside)))
    assert "leaves its network" not in " ".join(texts(entry(address, inside, None)))


def test_a_trigger_that_starts_something_else_needs_care() -> None:
    def starting(old: str, new: str, *others: dict[str, Any]) -> list[str]:
        address = "module.t.aws_cloudwatch_event_target.this"
        return texts(entry(address, {"rule": "in", "arn": old}, {"rule": "in", "arn": new}), *others)

    replaced = entry("m.aws_sfn_state_machine.s", {"name": "a"}, {"name": "b"}, REPLACE)

    assert starting(MACHINE, "arn:other") == [f"the trigger starts arn:other instead of {MACHINE}"]
    assert "the trigger starts" not in " ".join(starting(MACHINE, UNKNOWN, replaced))
    assert "the trigger starts known after apply" in " ".join(starting(MACHINE, UNKNOWN))


@pytest.mark.parametrize("after", [{"bucket": "data", "eventbridge": False}, None])
def test_a_bucket_that_tells_of_no_upload_needs_care(after: Any) -> None:
    address = "module.d.aws_s3_bucket_notification.this[0]"
    off = entry(address, {"bucket": "data", "eventbridge": True}, after)

    assert one("uploads start nothing", found(off, STANDS)).risk == Risk.CARE


def test_a_bucket_that_goes_with_its_notification_is_told_as_a_bucket() -> None:
    gone = entry("module.d.aws_s3_bucket_notification.this[0]", {"bucket": "data", "eventbridge": True}, None)
    bucket = entry("module.d.aws_s3_bucket.this", {"bucket": "data"}, None)

    assert "uploads start nothing" not in " ".join(texts(gone, bucket, STANDS))
