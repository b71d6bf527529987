"""What AWS says about actions, and that nobody waits for it who does not ask."""

import subprocess
import sys

import pytest

from scones.review.permissions.access_levels import (
    expanded,
    is_every,
    is_everything,
    is_wild,
    knows_narrower,
    levels,
    narrowest,
    spelled,
)


@pytest.mark.parametrize(
    ("action", "level"),
    [
        ("s3:GetObject", "read"),
        ("s3:putobject", "write"),
        ("s3:ListBucket", "list"),
        ("s3:PutObjectTagging", "tagging"),
        ("iam:PassRole", "permissions management"),
        ("s3:NoSuchThing", "unknown"),
        ("nothing:At", "unknown"),
    ],
)
def test_an_action_has_the_level_that_aws_gives_it(action: str, level: str) -> None:
    assert levels([action]) == (level,)


def test_levels_of_several_actions_come_the_most_dangerous_first() -> None:
    assert levels(["s3:GetObject", "iam:PassRole", "s3:PutObject"]) == (
        "permissions management",
        "write",
        "read",
    )


def test_a_wildcard_has_the_levels_of_all_that_it_stands_for() -> None:
    assert levels(["s3:*"]) == ("permissions management", "write", "tagging", "read", "list")


def test_a_wildcard_within_a_service_stands_for_some_of_its_actions() -> None:
    assert "s3:GetObject" in expanded("s3:Get*")
    assert not any(":Put" in name for name in expanded("s3:Get*"))


def test_all_but_something_is_everything_else() -> None:
    found = expanded("all but s3:*")
    assert "iam:PassRole" in found
    assert not any(name.startswith("s3:") for name in found)


@pytest.mark.parametrize(
    ("action", "knows"),
    [
        ("s3:GetObject", True),
        ("logs:CreateLogDelivery", False),
        ("xray:PutTraceSegments", False),
        ("ecr:GetAuthorizationToken", False),
        ("xray:*", True),
        ("nothing:At", True),
    ],
)
def test_some_actions_have_no_resource(action: str, knows: bool) -> None:
    assert knows_narrower(action) is knows
    assert (action in narrowest([action])) is knows


@pytest.mark.parametrize(
    ("action", "wild", "everything"),
    [
        ("s3:GetObject", False, False),
        ("s3:Get*", True, False),
        ("s3:*", True, True),
        ("s3:**", True, True),
        ("*", True, True),
        ("*:*", True, True),
        ("all but iam:*", True, True),
    ],
)
def test_wildcards_are_told_from_everything(action: str, wild: bool, everything: bool) -> None:
    assert (is_wild(action), is_everything(action)) == (wild, everything)


@pytest.mark.parametrize(
    ("resource", "every"),
    [
        ("*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/*", True),
        ("arn:aws:lambda:eu-west-1:123456789012:function:*", True),
        ("arn:aws:iam::123456789012:role/*", True),
        ("all but arn:aws:s3:::a", True),
        ("arn:aws:s3:::pictures/*", False),
        ("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:*", False),
        ("arn:aws:ecr:eu-west-1:*:repository/image-classification", False),
        ("", False),
    ],
)
def test_every_thing_of_a_kind_is_everything(resource: str, every: bool) -> None:
    assert is_every(resource) is every


def test_an_action_is_spelled_as_aws_does() -> None:
    assert spelled("SQS", "sendMessage") == "sqs:SendMessage"
    assert spelled("sqs", "sing") is None


def test_the_data_is_not_loaded_before_it_is_asked_for() -> None:
    script = "import sys, scones.review.permissions.iam; sys.exit('policy_sentry' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": ":".join(sys.path)}, check=True)
