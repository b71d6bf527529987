"""Who may do what: the published evaluation logic within one account, case by case.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localaws.permissions.evaluation import Policies, decide
from localaws.permissions.patterns import matches, matches_arn
from localaws.permissions.policies import Caller

from .documents import ACCOUNT, OBJECT, ROLE, SESSION, allow, ask, deny, policy, request

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
STREAM = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/one:log-stream:2026/[$LATEST]x"

# Action and resource elements of an Allow; the request; whether it is allowed
ELEMENTS: list[tuple[dict[str, Any], dict[str, str], bool]] = [
    (allow("s3:GetObject"), {}, True),
    (allow("s3:getobject"), {}, True),
    (allow("S3:GetObject"), {}, True),
    (allow("s3:Get*"), {}, True),
    (allow("s3:*"), {}, True),
    (allow("*"), {}, True),
    (allow("s3:?etObject"), {}, True),
    (allow("s3:*Object"), {}, True),
    (allow("s3:GetObject?"), {}, False),
    (allow("s3:GetObj"), {}, False),
    (allow("s3:PutObject"), {}, False),
    (allow(["s3:PutObject", "s3:GetObject"]), {}, True),
    (allow([]), {}, False),
    (allow("s3:GetObject", "*"), {}, True),
    (allow("s3:GetObject", "arn:aws:s3:::pictures/*"), {}, True),
    (allow("s3:GetObject", "arn:aws:s3:::pictures/in/?.png"), {}, True),
    (allow("s3:GetObject", "arn:aws:s3:::pictures/in/??.png"), {}, False),
    (allow("s3:GetObject", "arn:aws:s3:::pictures"), {}, False),
    (allow("s3:GetObject", "arn:aws:s3:::Pictures/*"), {}, False),
    (allow("s3:GetObject", "arn:aws:s3:::other/*"), {}, False),
    (allow("s3:GetObject", "arn:aws:s3:::pict*"), {}, True),
    (allow("s3:GetObject", "arn:aws:s3:::*"), {}, True),
    (allow("s3:GetObject", "arn:aws:s3"), {}, True),
    (allow("s3:GetObject", "arn:aws:sqs"), {}, False),
    (allow("s3:GetObject", ["arn:aws:s3:::other/*", OBJECT]), {}, True),
    (
        allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalAccount}/*"),
        {"resource": f"arn:aws:s3:::{ACCOUNT}/x"},
        True,
    ),
    (allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalAccount}/*"), {}, False),
    (allow("s3:GetObject", "arn:aws:s3:::${aws:username}/*"), {}, False),
    (allow("s3:GetObject", "arn:aws:s3:::${aws:username, 'pictures'}/*"), {}, True),
    (allow("s3:GetObject", "arn:aws:s3:::pictures/in/${*}.png"), {}, False),
    (allow("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/lambda/one:*"), {"resource": STREAM}, True),
    (allow("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/lambda/two:*"), {"resource": STREAM}, False),
    (allow("logs:PutLogEvents", "arn:aws:logs:*:log-group:/aws/lambda/one:*"), {"resource": STREAM}, False),
    (allow("cloudwatch:PutMetricData", "*"), {"action": "cloudwatch:PutMetricData", "resource": "*"}, True),
    (allow("cloudwatch:PutMetricData", "arn:aws:cloudwatch:*:*:*"), {"resource": "*"}, False),
    ({"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}, {}, True),
    ({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}, {}, False),
    ({"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}, {}, False),
    ({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::pictures/out/*"}, {}, True),
    ({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::pictures/*"}, {}, False),
    (
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "NotResource": ["arn:aws:s3:::x", "arn:aws:s3:::pictures/in/*"],
        },
        {},
        False,
    ),
]


@pytest.mark.parametrize(("statement", "asked", "allowed"), ELEMENTS)
def test_action_and_resource_elements(
    statement: dict[str, Any], asked: dict[str, str], allowed: bool
) -> None:
    if asked.get("resource", "").startswith("arn:aws:logs"):
        asked = {"action": "logs:PutLogEvents", **asked}

    decision = ask(statement, context={"aws:PrincipalAccount": [ACCOUNT]}, **asked)

    assert decision.allowed is allowed


def granted(who: Any, **more: Any) -> dict[str, Any]:
    return allow(Principal=who, **more)


def refused(who: Any, **more: Any) -> dict[str, Any]:
    return deny(Principal=who, **more)


def only(*who: str) -> dict[str, Any]:
    """Nobody else."""
    return {"Effect": "Deny", "NotPrincipal": {"AWS": [*who]}, "Action": "s3:*", "Resource": "*"}


IDENTITY_DENIES = "with an explicit deny in an identity-based policy"
BOUNDARY_DENIES = "with an explicit deny in a permissions boundary"
SESSION_DENIES = "with an explicit deny in a session policy"
RESOURCE_DENIES = "with an explicit deny in a resource-based policy"
NO_IDENTITY = "because no identity-based policy allows the s3:GetObject action"
NO_BOUNDARY = "because no permissions boundary allows the s3:GetObject action"
NO_SESSION = "because no session policy allows the s3:GetObject action"
NO_RESOURCE = "because no resource-based policy allows the s3:GetObject action"

# The role's own policies, its boundary, its session's policy, the resource's; then why it is denied (empty:
# it is allowed)
LOGIC: list[tuple[str, list[Any], Any, Any, Any, str]] = [
    ("nothing says anything", [], None, None, None, NO_IDENTITY),
    ("the identity allows", [allow()], None, None, None, ""),
    ("the identity denies", [deny()], None, None, None, IDENTITY_DENIES),
    ("Deny wins over Allow", [allow(), deny()], None, None, None, IDENTITY_DENIES),
    ("also when it comes first", [deny(), allow()], None, None, None, IDENTITY_DENIES),
    ("a Deny of something else", [allow(), deny("s3:PutObject")], None, None, None, ""),
    ("a boundary allows too", [allow()], [allow("s3:*", "*")], None, None, ""),
    ("a boundary gives nothing", [], [allow()], None, None, NO_IDENTITY),
    ("a boundary limits", [allow()], [allow("sqs:*", "*")], None, None, NO_BOUNDARY),
    ("an empty boundary", [allow()], [], None, None, NO_BOUNDARY),
    ("a boundary denies", [allow()], [allow(), deny()], None, None, BOUNDARY_DENIES),
    ("a session policy allows too", [allow()], None, [allow()], None, ""),
    ("a session policy gives nothing", [], None, [allow()], None, NO_IDENTITY),
    ("a session policy limits", [allow()], None, [allow("s3:PutObject")], None, NO_SESSION),
    ("a session policy denies", [allow()], None, [deny()], None, SESSION_DENIES),
    ("boundary and session limit", [allow()], [allow("s3:P*")], [allow("s3:P*")], None, NO_BOUNDARY),
    ("all three allow", [allow()], [allow()], [allow()], None, ""),
    ("the resource allows the role", [], None, None, [granted({"AWS": ROLE})], ""),
    ("the resource allows the session", [], None, None, [granted({"AWS": SESSION})], ""),
    ("the resource allows anyone", [], None, None, [granted("*")], ""),
    ("the resource allows any AWS", [], None, None, [granted({"AWS": "*"})], ""),
    ("the resource allows one of two", [], None, None, [granted({"AWS": [ROLE, f"{ROLE}2"]})], ""),
    ("the resource allows another", [], None, None, [granted({"AWS": f"{ROLE}2"})], NO_IDENTITY),
    (
        "the resource allows a service",
        [],
        None,
        None,
        [granted({"Service": "s3.amazonaws.com"})],
        NO_IDENTITY,
    ),
    ("to the account is to be given on", [], None, None, [granted({"AWS": ROOT})], NO_IDENTITY),
    ("the account by its number", [], None, None, [granted({"AWS": ACCOUNT})], NO_IDENTITY),
    ("the account gives it on", [allow()], None, None, [granted({"AWS": ROOT})], ""),
    ("another account", [], None, None, [granted({"AWS": "210987654321"})], NO_IDENTITY),
    ("the resource denies", [allow()], None, None, [refused("*")], RESOURCE_DENIES),
    ("it denies the role", [allow()], None, None, [refused({"AWS": ROLE})], RESOURCE_DENIES),
    ("it denies the account", [allow()], None, None, [refused({"AWS": ROOT})], RESOURCE_DENIES),
    ("it denies another", [allow()], None, None, [refused({"AWS": f"{ROLE}2"})], ""),
    (
        "a boundary limits what a role is granted",
        [],
        [allow("s3:P*")],
        None,
        [granted({"AWS": ROLE})],
        NO_BOUNDARY,
    ),
    ("a session policy limits it as well", [], None, [allow("s3:P*")], [granted({"AWS": ROLE})], NO_SESSION),
    ("but not what a session is granted", [], [allow("s3:P*")], None, [granted({"AWS": SESSION})], ""),
    ("by its session policy neither", [], None, [allow("s3:P*")], [granted({"AWS": SESSION})], ""),
    (
        "an explicit deny of the boundary does",
        [],
        [deny()],
        None,
        [granted({"AWS": SESSION})],
        BOUNDARY_DENIES,
    ),
    ("NotPrincipal denies who is not named", [allow()], None, None, [only(f"{ROLE}2")], RESOURCE_DENIES),
    ("NotPrincipal leaves out who is named in full", [allow()], None, None, [only(ROOT, ROLE, SESSION)], ""),
    ("NotPrincipal with the role alone", [allow()], None, None, [only(ROLE)], RESOURCE_DENIES),
]


@pytest.mark.parametrize(
    ("identity", "boundary", "session", "resource", "why"),
    [each[1:] for each in LOGIC],
    ids=[each[0] for each in LOGIC],
)
def test_the_kinds_of_policy_together(
    identity: Any, boundary: Any, session: Any, resource: Any, why: str
) -> None:
    kinds = {"boundary": boundary, "session": session, "resource": resource}
    others = {kind: policy(*statements) for kind, statements in kinds.items() if statements is not None}

    decision = decide(request(), Policies(identity=[policy(*identity)], **others))  # type: ignore[arg-type]

    assert (decision.allowed, decision.why) == (not why, why)


def test_several_policies_of_a_role_add_up_and_each_may_deny() -> None:
    two = [policy(allow("s3:PutObject")), policy(allow())]

    assert decide(request(), Policies(identity=two)).allowed
    assert not decide(request(), Policies(identity=[*two, policy(deny("s3:*", "*"))])).allowed


# A key's policy and a role's trust have to allow, whatever the caller's own policies say
DECIDING: list[tuple[str, list[Any], list[Any], str]] = [
    ("the identity alone", [allow()], [], NO_RESOURCE),
    ("the account, and the identity", [allow()], [granted({"AWS": ROOT})], ""),
    ("the account alone", [], [granted({"AWS": ROOT})], NO_IDENTITY),
    ("the role", [], [granted({"AWS": ROLE})], ""),
    ("another role", [allow()], [granted({"AWS": f"{ROLE}2"})], NO_RESOURCE),
    ("a service", [allow()], [granted({"Service": "lambda.amazonaws.com"})], NO_RESOURCE),
]


@pytest.mark.parametrize(
    ("identity", "resource", "why"), [each[1:] for each in DECIDING], ids=[each[0] for each in DECIDING]
)
def test_a_policy_that_decides(identity: list[Any], resource: list[Any], why: str) -> None:
    everything = Policies(identity=[policy(*identity)], resource=policy(*resource), resource_decides=True)

    assert decide(request(), everything).why == why


SERVICE = Caller("events.amazonaws.com")
SOURCE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/hourly"
SERVICES: list[tuple[str, list[Any], bool]] = [
    ("nothing", [], False),
    ("the service", [granted({"Service": "events.amazonaws.com"})], True),
    ("another service", [granted({"Service": "sns.amazonaws.com"})], False),
    ("one of two", [granted({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]})], True),
    ("anyone", [granted("*")], True),
    ("the account", [granted({"AWS": ROOT})], False),
    (
        "for its source",
        [granted({"Service": SERVICE.arn}, Condition={"ArnEquals": {"aws:SourceArn": SOURCE}})],
        True,
    ),
    (
        "for another",
        [granted({"Service": SERVICE.arn}, Condition={"ArnEquals": {"aws:SourceArn": KEY}})],
        False,
    ),
    ("and denied", [granted({"Service": SERVICE.arn}), refused({"Service": SERVICE.arn})], False),
]


@pytest.mark.parametrize(
    ("resource", "allowed"), [each[1:] for each in SERVICES], ids=[each[0] for each in SERVICES]
)
def test_a_service_may_what_the_resources_policy_allows_it(resource: list[Any], allowed: bool) -> None:
    asked = request(caller=SERVICE, context={"aws:SourceArn": [SOURCE]})

    assert decide(asked, Policies(resource=policy(*resource))).allowed is allowed


def test_a_denial_names_who_what_and_which() -> None:
    assert ask().message(request()) == (
        f"User: {SESSION} is not authorized to perform: s3:GetObject on resource: {OBJECT} "
        "because no identity-based policy allows the s3:GetObject action"
    )


def test_a_decision_names_the_statements_that_allow() -> None:
    decision = ask(allow(Sid="First"), allow("s3:Put*"), allow("s3:*", "*"))

    assert [statement.name for statement in decision.statements] == ["First", "statement 3"]


# --- Properties --------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="*?$:\0"), max_size=12)
STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["s3:GetObject", "s3:*", "*", "s3:PutObject", "sqs:*"]),
        st.sampled_from([OBJECT, "*", "arn:aws:s3:::pictures/*", "arn:aws:s3:::other/*"]),
    ),
    max_size=6,
)


@given(TEXT, TEXT, TEXT)
def test_a_star_stands_for_any_text_and_the_rest_for_itself(before: str, between: str, after: str) -> None:
    assert matches(f"{before}*{after}", f"{before}{between}{after}")
    assert matches(before, before)
    assert matches(f"{before}*", between) is between.startswith(before)
    assert matches(f"*{after}", between) is between.endswith(after)


@given(TEXT, TEXT)
def test_a_question_mark_stands_for_one_character(before: str, after: str) -> None:
    assert matches(f"{before}?{after}", f"{before}x{after}")
    assert not matches(f"{before}?{after}", f"{before}{after}")
    assert not matches(f"{before}?{after}", f"{before}xy{after}")


@given(st.lists(TEXT, min_size=6, max_size=6), st.integers(0, 4))
def test_a_star_spans_no_colon_before_an_arns_last_part(parts: list[str], place: int) -> None:
    arn = ":".join(["arn", *parts[1:]])
    wild = ":".join(
        ["arn", *(["*" if number == place + 1 else part for number, part in enumerate(parts[1:], 1)])]
    )
    short = ":".join(["arn", *parts[1:place], "*"])

    assert matches_arn(wild, arn)
    assert matches_arn(short, arn)


@given(STATEMENTS, st.randoms())
def test_the_order_of_statements_is_nothing(statements: list[dict[str, Any]], random: Any) -> None:
    shuffled = random.sample(statements, len(statements))

    assert ask(*shuffled).allowed is ask(*statements).allowed


@given(STATEMENTS, STATEMENTS)
def test_a_deny_that_applies_cannot_be_allowed_away(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    assert not ask(*before, deny("s3:*", "*"), *after).allowed


@given(STATEMENTS, STATEMENTS, STATEMENTS)
def test_a_boundary_only_takes_away(identity: Any, boundary: Any, resource: Any) -> None:
    grants = policy(*({**each, "Principal": {"AWS": ROLE}} for each in resource))
    free = Policies(identity=[policy(*identity)], resource=grants)
    bound = Policies(identity=[policy(*identity)], resource=grants, boundary=policy(*boundary))

    assert decide(request(), free).allowed or not decide(request(), bound).allowed
