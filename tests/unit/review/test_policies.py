"""Two documents that say the same are the same set of grants, however they are written."""

import fnmatch
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scones.review.permissions.policies import (
    ALL_BUT,
    Grant,
    Statement,
    account,
    condition_text,
    covers,
    grants,
    is_as_strict,
    is_covered,
    is_tls_only,
    matches,
    statements,
)
from unit.review.documents import ACCOUNT, TLS_ONLY, allow, deny, document, trust

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:*", "sqs:SendMessage", "kms:Decrypt"]
RESOURCES = ["*", "arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::b"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"StringEquals": {"aws:SourceAccount": ["1", "2"]}},
    {"Bool": {"aws:SecureTransport": "false"}, "ArnLike": {"aws:SourceArn": "arn:x"}},
]
PRINCIPALS: list[Any] = [
    None,
    "*",
    {"AWS": [ACCOUNT, "arn:aws:iam::1:role/r"]},
    {"Service": "lambda.amazonaws.com"},
]


@st.composite
def a_statement(draw: st.DrawFn) -> dict[str, Any]:
    made = {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        "Action": draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)),
        "Resource": draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3)),
    }
    principal, condition = draw(st.sampled_from(PRINCIPALS)), draw(st.sampled_from(CONDITIONS))
    return (
        made
        | ({"Principal": principal} if principal else {})
        | ({"Condition": condition} if condition else {})
    )


many = st.lists(a_statement(), max_size=4)
text_with_wildcards = st.text(alphabet="ab:*?", max_size=6)


def split(statement: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement | {"Action": action, "Resource": resource, "Sid": f"{action}{resource}"}
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]


@given(many, st.randoms(use_true_random=False))
def test_order_and_the_cut_of_statements_make_no_difference(
    made: list[dict[str, Any]], chance: random.Random
) -> None:
    pieces = [piece for statement in made for piece in split(statement)]
    chance.shuffle(pieces)
    assert grants(document(*pieces)) == grants(document(*made))


@given(many)
def test_statements_put_together_again_say_exactly_the_same(made: list[dict[str, Any]]) -> None:
    found = grants(document(*made))
    assert {grant for statement in statements(found) for grant in grants_of(statement)} == found


@given(many)
def test_statements_put_together_do_not_overlap(made: list[dict[str, Any]]) -> None:
    found = [grant for statement in statements(grants(document(*made))) for grant in grants_of(statement)]
    assert len(found) == len(set(found))


def grants_of(statement: Statement) -> list[Grant]:
    return [
        Grant(statement.effect, principal, action.lower(), resource, statement.condition)
        for principal in statement.principals
        for action in statement.actions
        for resource in statement.resources
    ]


def test_a_string_is_a_list_of_one() -> None:
    assert grants(document(allow("s3:GetObject", "*"))) == grants(document(allow(["s3:GetObject"], ["*"])))


def test_a_single_statement_needs_no_list() -> None:
    assert grants({"Statement": allow("s3:GetObject")}) == grants({"Statement": [allow("s3:GetObject")]})


def test_a_sid_makes_no_difference() -> None:
    assert grants(document(allow("s3:GetObject", Sid="One"))) == grants(
        document(allow("s3:GetObject", Sid="Two"))
    )


def test_letters_of_actions_make_no_difference() -> None:
    assert grants(document(allow("S3:getobject"))) == grants(document(allow("s3:GetObject")))


def test_an_action_is_shown_as_it_was_written() -> None:
    [statement] = statements(grants(document(allow("s3:GetObject"))))
    assert statement.actions == ("s3:GetObject",)


def test_true_and_its_name_are_the_same_condition() -> None:
    written, meant = ({"Bool": {"aws:SecureTransport": value}} for value in ("false", False))
    assert grants(document(allow("s3:*", Condition=written))) == grants(
        document(allow("s3:*", Condition=meant))
    )


@pytest.mark.parametrize("same", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"])
def test_an_account_is_its_root(same: str) -> None:
    assert grants(document(trust({"AWS": same}))) == grants(document(trust({"AWS": [ACCOUNT]})))


def test_everybody_is_everybody() -> None:
    assert grants(document(trust("*"))) == grants(document(trust({"AWS": "*"})))


@pytest.mark.parametrize("element", ["Action", "Resource", "Principal"])
def test_what_is_excluded_is_named_as_such(element: str) -> None:
    statement = allow("s3:GetObject", Principal="*")
    statement[f"Not{element}"] = statement.pop(element)
    [grant] = grants(document(statement))
    assert getattr(grant, element.lower()).startswith(ALL_BUT)


@pytest.mark.parametrize("broken", ["[]", "nothing", '{"Statement": ["one"]}', "3"])
def test_what_is_no_policy_is_refused(broken: str) -> None:
    with pytest.raises(ValueError):
        grants(broken)


def test_an_empty_policy_grants_nothing() -> None:
    assert grants("{}") == frozenset()


# --- Wildcards ---------------------------------------------------------------------------------------


@given(text_with_wildcards)
def test_a_pattern_is_in_itself(pattern: str) -> None:
    grant = Grant("Allow", "", pattern, pattern)
    assert covers(grant, grant)


@given(text_with_wildcards)
def test_a_star_matches_everything(text: str) -> None:
    assert matches("*", text)


@given(text_with_wildcards, st.text(alphabet="ab:", max_size=6))
def test_wildcards_match_as_shells_do(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatch.fnmatchcase(text, pattern)


@given(text_with_wildcards, text_with_wildcards, st.text(alphabet="ab:", max_size=6))
def test_what_a_narrower_pattern_matches_the_wider_one_matches_too(wide: str, narrow: str, text: str) -> None:
    if matches(wide, narrow) and matches(narrow, text):
        assert matches(wide, text)


def test_one_character_is_not_any_number_of_them() -> None:
    assert not matches("a?", "a*")


def test_what_means_something_in_a_pattern_of_python_means_itself() -> None:
    assert matches("a.b[c]$", "a.b[c]$")
    assert not matches("a.b", "axb")


# --- What covers what --------------------------------------------------------------------------------


def one(statement: dict[str, Any]) -> Grant:
    [grant] = grants(document(statement))
    return grant


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (allow("s3:*", "*"), allow("s3:GetObject", "arn:aws:s3:::a/b")),
        (allow("*", "*"), allow("s3:Get*", "*")),
        (allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:GetObject", "arn:aws:s3:::a/b")),
        (allow("s3:GetObject"), allow("s3:GetObject", Condition=CONDITIONS[1])),
        (
            allow("s3:GetObject", Principal="*"),
            allow("s3:GetObject", Principal={"Service": "lambda.amazonaws.com"}),
        ),
    ],
)
def test_the_wider_covers_the_narrower_and_not_the_other_way_round(
    wide: dict[str, Any], narrow: dict[str, Any]
) -> None:
    assert covers(one(wide), one(narrow))
    assert not covers(one(narrow), one(wide))


def test_a_refusal_covers_no_permission() -> None:
    assert not is_covered(one(allow("s3:GetObject")), [one(deny("s3:*", "*"))])


def test_all_but_something_covers_only_itself() -> None:
    excluding = allow("s3:GetObject")
    excluding["NotAction"] = [excluding.pop("Action")]
    assert covers(one(excluding), one(excluding))
    assert not covers(one(excluding), one(allow("s3:PutObject")))
    assert covers(one(allow("*", "*")), one(excluding))


@pytest.mark.parametrize(
    ("operator", "fewer_is_stricter"), [("StringEquals", True), ("StringNotEquals", False), ("ArnLike", True)]
)
def test_more_values_are_more_ways_in_except_where_each_excludes(
    operator: str, fewer_is_stricter: bool
) -> None:
    fewer, more = ((operator, "aws:SourceAccount", values) for values in (("1",), ("1", "2")))
    assert is_as_strict((fewer,), (more,)) == fewer_is_stricter
    assert is_as_strict((more,), (fewer,)) != fewer_is_stricter


def test_a_condition_reads_as_words() -> None:
    condition = one(allow("s3:GetObject", Condition=CONDITIONS[1])).condition
    assert condition_text(condition) == "StringEquals aws:SourceAccount 1 or 2"
    assert condition_text(()) == ""


def test_refusing_requests_without_tls_is_recognised() -> None:
    assert all(is_tls_only(grant) for grant in grants(document(TLS_ONLY)))
    assert not is_tls_only(one(deny("s3:GetObject")))


@pytest.mark.parametrize(
    ("principal", "number"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/r", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", ACCOUNT),
        ("lambda.amazonaws.com", None),
        ("*", None),
        (f"Federated arn:aws:iam::{ACCOUNT}:saml-provider/p", None),
    ],
)
def test_the_account_of_a_principal_is_read_from_it(principal: str, number: str | None) -> None:
    assert account(principal) == number
