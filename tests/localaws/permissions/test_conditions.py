"""The condition operators, as the IAM reference tabulates them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from typing import Any

import pytest

from .documents import allow, ask, deny

ARN = "arn:aws:events:us-east-1:123456789012:rule/hourly"
# The operator, what the policy wants of aws:k, the request's values of it (None: absent), whether it holds
CASES: list[tuple[str, Any, list[str] | None, bool]] = [
    ("StringEquals", "blue", ["blue"], True),
    ("StringEquals", "blue", ["Blue"], False),
    ("StringEquals", ["red", "blue"], ["blue"], True),
    ("StringEquals", "bl*", ["blue"], False),
    ("StringEquals", "bl*", ["bl*"], True),
    ("StringEquals", "blue", None, False),
    ("StringEquals", "${aws:colour}", ["blue"], True),
    ("StringEquals", "${aws:shade, 'blue'}", ["blue"], True),
    ("StringEquals", "${aws:shade}", ["blue"], False),
    ("StringNotEquals", "blue", ["red"], True),
    ("StringNotEquals", "blue", ["blue"], False),
    ("StringNotEquals", ["red", "blue"], ["blue"], False),
    ("StringNotEquals", "blue", None, True),
    ("StringEqualsIgnoreCase", "BLUE", ["blue"], True),
    ("StringEqualsIgnoreCase", "${aws:colour}", ["BLUE"], True),
    ("StringEqualsIgnoreCase", "blue", ["bluer"], False),
    ("StringNotEqualsIgnoreCase", "BLUE", ["blue"], False),
    ("StringLike", "bl*", ["blue"], True),
    ("StringLike", "bl?e", ["blue"], True),
    ("StringLike", "bl?", ["blue"], False),
    ("StringLike", "BL*", ["blue"], False),
    ("StringLike", "data/*", ["data/2026/x"], True),
    ("StringLike", "${aws:colour}*", ["bluest"], True),
    ("StringLike", "${*}", ["blue"], False),
    ("StringLike", "blue", None, False),
    ("StringNotLike", "bl*", ["blue"], False),
    ("StringNotLike", "bl*", ["red"], True),
    ("NumericEquals", "10", ["10.0"], True),
    ("NumericEquals", 10, ["11"], False),
    ("NumericNotEquals", "10", ["11"], True),
    ("NumericLessThan", "10", ["9"], True),
    ("NumericLessThan", "10", ["10"], False),
    ("NumericLessThanEquals", "10", ["10"], True),
    ("NumericGreaterThan", "10", ["10"], False),
    ("NumericGreaterThan", "10", ["ten"], False),
    ("NumericGreaterThanEquals", "10", ["10"], True),
    ("DateEquals", "2026-01-01T00:00:00Z", ["2026-01-01T00:00:00Z"], True),
    ("DateNotEquals", "2026-01-01T00:00:00Z", ["2026-01-02T00:00:00Z"], True),
    ("DateLessThan", "2026-01-01T00:00:00Z", ["2025-12-31T23:59:59Z"], True),
    ("DateLessThanEquals", "2026-01-01", ["2026-01-01T00:00:00Z"], True),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", ["1700000000"], False),
    ("DateGreaterThanEquals", "1700000000", ["2026-01-01T00:00:00Z"], True),
    ("Bool", "true", ["true"], True),
    ("Bool", "false", ["true"], False),
    ("Bool", True, ["true"], True),
    ("Bool", "true", None, False),
    ("BinaryEquals", "QmluYXJ5", ["QmluYXJ5"], True),
    ("IpAddress", "10.0.0.0/8", ["10.1.2.3"], True),
    ("IpAddress", "10.0.0.0/8", ["11.1.2.3"], False),
    ("IpAddress", "2001:db8::/32", ["2001:db8::1"], True),
    ("IpAddress", "10.0.0.1", ["10.0.0.1"], True),
    ("IpAddress", "10.0.0.0/8", ["no address"], False),
    ("NotIpAddress", "10.0.0.0/8", ["11.1.2.3"], True),
    ("NotIpAddress", "10.0.0.0/8", ["10.1.2.3"], False),
    ("ArnEquals", ARN, [ARN], True),
    ("ArnEquals", "arn:aws:events:us-east-1:123456789012:rule/*", [ARN], True),
    ("ArnLike", "arn:aws:events:*:123456789012:rule/*", [ARN], True),
    ("ArnLike", "arn:aws:events:*:rule/*", [ARN], False),
    ("ArnLike", "arn:aws:sqs:*:123456789012:*", [ARN], False),
    ("ArnLike", ARN, None, False),
    ("ArnNotEquals", ARN, [f"{ARN}ly"], True),
    ("ArnNotLike", "arn:aws:events:*:*:rule/*", [ARN], False),
    ("Null", "true", None, True),
    ("Null", "true", ["blue"], False),
    ("Null", "false", ["blue"], True),
    ("Null", "false", None, False),
    ("StringEqualsIfExists", "blue", None, True),
    ("StringEqualsIfExists", "blue", ["red"], False),
    ("StringLikeIfExists", "bl*", ["blue"], True),
    ("BoolIfExists", "true", None, True),
    ("ForAllValues:StringEquals", ["red", "blue"], ["blue", "red"], True),
    ("ForAllValues:StringEquals", ["red", "blue"], ["blue", "green"], False),
    ("ForAllValues:StringEquals", ["red"], [], True),
    ("ForAllValues:StringEquals", ["red"], None, True),
    ("ForAllValues:StringLike", ["b*"], ["blue", "brown"], True),
    ("ForAllValues:StringNotEquals", ["red"], ["blue", "green"], True),
    ("ForAllValues:StringNotEquals", ["red"], ["blue", "red"], False),
    ("ForAnyValue:StringEquals", ["red", "blue"], ["green", "blue"], True),
    ("ForAnyValue:StringEquals", ["red", "blue"], ["green"], False),
    ("ForAnyValue:StringEquals", ["red"], [], False),
    ("ForAnyValue:StringEquals", ["red"], None, False),
    ("ForAnyValue:StringNotEquals", ["red"], ["red", "blue"], True),
    ("ForAnyValue:StringNotEquals", ["red"], ["red"], False),
]


@pytest.mark.parametrize(("operator", "wanted", "values", "holds"), CASES)
def test_each_operator_compares_as_the_reference_says(
    operator: str, wanted: Any, values: list[str] | None, holds: bool
) -> None:
    """The same for Allow and for Deny: a statement whose condition does not hold says nothing."""
    condition = {operator: {"aws:K": wanted}}
    context = {"aws:k": values, "aws:colour": ["blue"]} if values is not None else {"aws:colour": ["blue"]}

    assert ask(allow(Condition=condition), context=context).allowed is holds
    assert ask(allow(), deny(Condition=condition), context=context).allowed is not holds


def test_every_key_and_every_operator_of_a_condition_has_to_hold() -> None:
    both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}

    assert ask(allow(Condition=both), context={"aws:a": ["1"], "aws:b": ["2"], "aws:c": ["true"]}).allowed
    assert not ask(allow(Condition=both), context={"aws:a": ["1"], "aws:b": ["3"], "aws:c": ["true"]}).allowed
    assert not ask(
        allow(Condition=both), context={"aws:a": ["1"], "aws:b": ["2"], "aws:c": ["false"]}
    ).allowed


@pytest.mark.parametrize("effect", [allow, deny])
@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ({"StringEquals": {"aws:Moon": "full"}}, "the condition key aws:moon"),
        ({"StringEqualsIfExists": {"aws:Moon": "full"}}, "the condition key aws:moon"),
        ({"Null": {"aws:Moon": "true"}}, "the condition key aws:moon"),
        ({"StringSounds": {"aws:a": "1"}}, "the condition operator stringsounds"),
        ({"StringEquals": {"aws:a": "${aws:Moon}"}}, "the condition key aws:moon"),
    ],
)
def test_what_cannot_be_evaluated_denies_and_says_so(effect: Any, condition: Any, named: str) -> None:
    """Under Deny too, although another statement allows."""
    others = [allow()] if effect is deny else []

    decision = ask(
        *others, effect(Condition=condition), context={"aws:a": ["1"]}, unknown=frozenset({"aws:moon"})
    )

    assert not decision.allowed
    assert named in decision.why and "policy/statement" in decision.why


def test_a_condition_that_cannot_be_evaluated_matters_only_where_the_rest_applies() -> None:
    elsewhere = deny(resource="arn:aws:s3:::pictures/out/*", Condition={"StringEquals": {"aws:Moon": "full"}})

    assert ask(allow(), elsewhere, unknown=frozenset({"aws:moon"})).allowed
