"""Whatever a plan opens is named, with who, what and where; what says the same otherwise is not."""

from typing import Any

import pytest

from scones.review.permissions.widenings import widenings
from scones.review.plan import Plan
from unit.review import plans
from unit.review.documents import (
    ACCOUNT,
    BUCKET,
    LAMBDA,
    OTHER,
    TLS_ONLY,
    Statement,
    allow,
    bucket_plan,
    deny,
    document,
    inline,
    of,
    role,
    role_plan,
    trust,
    trust_plan,
    unknown,
)

READ = allow("s3:GetObject")
TIED = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def kinds(plan: Plan) -> dict[str, list[str]]:
    return {kind: [one.text for one in ones] for kind, ones in vars(widenings(plan)).items() if ones}


def only(plan: Plan, kind: str) -> str:
    found = kinds(plan)
    assert list(found) == [kind]
    [text] = found[kind]
    return text


# --- Actions and resources ---------------------------------------------------------------------------


def test_a_whole_service_is_named_with_its_levels() -> None:
    text = only(role_plan([READ], [READ, allow("s3:*")]), "actions")
    assert text.startswith("role `worker` may do `s3:*` (permissions management, write, ")
    assert f"on `{BUCKET}/*`" in text


def test_all_of_aws_is_named_as_action_resource_and_role_to_pass() -> None:
    assert set(kinds(role_plan([READ], [allow("*", "*")]))) == {"actions", "resources", "pass_role"}


def test_a_wildcard_within_a_service_is_a_kind_of_its_own() -> None:
    assert "`s3:Get*` (read)" in only(role_plan([], [allow("s3:Get*")]), "partial_actions")


def test_every_resource_is_named_where_aws_knows_narrower_ones() -> None:
    text = only(role_plan([READ], [allow("s3:GetObject", "*")]), "resources")
    assert text.startswith("role `worker` may do `s3:GetObject` (read) on every resource (`*`), although")


def test_every_resource_is_nothing_where_aws_knows_no_narrower_one() -> None:
    assert kinds(role_plan(None, [allow(["xray:PutTraceSegments", "logs:CreateLogDelivery"], "*")])) == {}


def test_every_bucket_is_every_resource() -> None:
    assert "`arn:aws:s3:::*`" in only(role_plan([], [allow("s3:GetObject", "arn:aws:s3:::*")]), "resources")


def test_a_new_role_is_judged_like_one_that_was_there() -> None:
    assert only(role_plan(None, [allow("s3:*")]), "actions")


@pytest.mark.parametrize("element", ["Action", "Resource"])
def test_all_but_something_is_everything_else(element: str) -> None:
    statement = allow("s3:GetObject")
    statement[f"Not{element}"] = statement.pop(element)
    assert "all but" in " ".join(one.text for one in widenings(role_plan([], [statement])).all)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([allow("s3:*", "*")], [allow("s3:*", "*", Sid="Renamed")]),
        ([allow("s3:*", "*")], [allow("s3:Get*", "*")]),
        ([allow("*", "*")], [allow("iam:PassRole", "*")]),
        ([allow("s3:*", "*")], [deny("s3:*", "*")]),
        ([allow("s3:*", "*")], []),
        ([READ], [READ, deny("s3:*", "*")]),
        ([deny("s3:Put*")], [deny("s3:*", "*")]),
    ],
)
def test_less_than_before_is_no_widening(before: list[Statement], after: list[Statement]) -> None:
    assert kinds(role_plan(before, after)) == {}


def test_a_statement_that_moves_to_another_policy_of_the_role_is_no_widening() -> None:
    wide = allow("s3:*", "*")
    moved = plans.change("aws_iam_role_policy.other", None, inline(wide, name="other"))
    assert kinds(role_plan([wide], [], moved)) == {}


def test_the_address_is_that_of_the_policy_that_says_so() -> None:
    added = plans.change("aws_iam_role_policy.other", None, inline(allow("s3:*"), name="other"))
    [one] = widenings(role_plan([READ], [READ], added)).actions
    assert one.address == "aws_iam_role_policy.other"


# --- PassRole ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["iam:PassRole", "iam:passrole"])
def test_passing_a_role_is_named_with_what_it_may_be_passed_to(action: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/trainer"
    to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    text = only(role_plan([READ], [READ, allow(action, arn, Condition=to)]), "pass_role")
    assert text == f"role `worker` may pass `{arn}` to `sagemaker.amazonaws.com` (`iam:PassRole`)"


def test_passing_a_role_to_anybody_says_so() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/trainer"
    assert "to any service" in only(role_plan(None, [allow("iam:PassRole", arn)]), "pass_role")


def test_passing_every_role_says_so() -> None:
    found = kinds(role_plan([], [allow("iam:PassRole", "*")]))
    assert found["pass_role"] == ["role `worker` may pass every role (`*`) to any service (`iam:PassRole`)"]


@pytest.mark.parametrize("action", ["iam:*", "iam:Pass*", "*"])
def test_a_wildcard_that_includes_passing_roles_is_named_as_such(action: str) -> None:
    assert "pass_role" in kinds(role_plan([], [allow(action, "*")]))


def test_all_but_iam_includes_no_passing_of_roles() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert "pass_role" not in kinds(role_plan([], [statement]))


# --- Trust -------------------------------------------------------------------------------------------


def test_a_new_principal_of_a_role_is_named() -> None:
    text = only(trust_plan([LAMBDA], [LAMBDA, trust({"Service": "ec2.amazonaws.com"})]), "trust")
    assert text == "role `worker` may be assumed by `ec2.amazonaws.com`"


def test_another_account_is_named_as_such() -> None:
    text = only(trust_plan([LAMBDA], [LAMBDA, trust({"AWS": OTHER})]), "trust")
    assert "of another account" in text


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (trust("*"), "everybody (`*`)"),
        (trust({"AWS": f"arn:aws:iam::{OTHER}:role/r"}), "of another account"),
        (trust({"AWS": "arn:aws:iam::*:role/r"}), "arn:aws:iam::*:role/r"),
        (trust({"Federated": "accounts.google.com"}), "Federated accounts.google.com"),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}, "all but"),
    ],
)
def test_a_new_role_may_not_trust_just_anybody(statement: Statement, said: str) -> None:
    assert said in only(trust_plan(None, [statement]), "trust")


@pytest.mark.parametrize(
    "statement", [LAMBDA, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}), trust({"AWS": ACCOUNT})]
)
def test_a_new_role_may_trust_its_own_account_and_services(statement: Statement) -> None:
    assert kinds(trust_plan(None, [statement])) == {}


def test_a_federation_with_a_condition_is_as_it_should_be() -> None:
    tied = {"StringEquals": {"accounts.google.com:aud": "scones"}}
    assert kinds(trust_plan(None, [trust({"Federated": "accounts.google.com"}, Condition=tied)])) == {}


def test_the_account_is_not_taken_from_what_is_judged() -> None:
    changed = plans.change("aws_iam_role.worker", None, role("worker", trust({"AWS": OTHER})))
    assert "of another account" in only(plans.plan(changed), "trust")


def test_a_lost_condition_is_named() -> None:
    text = only(trust_plan([LAMBDA | {"Condition": TIED}], [LAMBDA]), "conditions")
    assert f"loses the condition `StringEquals aws:SourceAccount {ACCOUNT}`" in text
    assert "`lambda.amazonaws.com`" in text


def test_a_loosened_condition_is_named() -> None:
    more = {"StringEquals": {"aws:SourceAccount": [ACCOUNT, OTHER]}}
    text = only(trust_plan([LAMBDA | {"Condition": TIED}], [LAMBDA | {"Condition": more}]), "conditions")
    assert "loosens" in text


def test_a_condition_of_another_kind_in_its_place_is_named() -> None:
    other = {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*"}}
    text = only(trust_plan([LAMBDA | {"Condition": TIED}], [LAMBDA | {"Condition": other}]), "conditions")
    assert "loses" in text and "is now allowed when" in text


def test_a_stricter_condition_is_no_widening() -> None:
    assert kinds(trust_plan([LAMBDA], [LAMBDA | {"Condition": TIED}])) == {}


# --- Refusals ----------------------------------------------------------------------------------------


def test_a_refusal_that_goes_is_named() -> None:
    text = only(role_plan([READ, deny("s3:DeleteObject")], [READ]), "denies")
    assert text == f"role `worker` is no longer refused `s3:DeleteObject` on `{BUCKET}/*`"


def test_a_refusal_that_shrinks_says_that_a_part_is_left() -> None:
    text = only(role_plan([deny("s3:*", "*")], [deny("s3:Put*", "*")]), "denies")
    assert text == "role `worker` is refused only a part of `s3:*` on every resource (`*`)"


def test_a_refusal_that_gets_a_condition_is_weaker() -> None:
    assert only(role_plan([deny("s3:*")], [deny("s3:*", Condition=TIED)]), "denies")


@pytest.mark.parametrize("after", [None, [], [allow("s3:GetObject", Principal={"AWS": ACCOUNT})]])
def test_a_bucket_that_takes_requests_without_tls_is_named(after: list[Statement] | None) -> None:
    assert "bucket `pictures` takes `s3:*` without TLS" in kinds(bucket_plan([TLS_ONLY], after))["tls"][0]


def test_refusing_less_without_tls_is_named() -> None:
    assert only(bucket_plan([TLS_ONLY], [TLS_ONLY | {"Action": "s3:GetObject"}]), "tls")


def test_refusing_more_without_tls_is_no_loss() -> None:
    assert kinds(bucket_plan([TLS_ONLY | {"Action": "s3:GetObject"}], [TLS_ONLY])) == {}


def test_a_bucket_that_goes_loses_nothing() -> None:
    assert kinds(bucket_plan([TLS_ONLY], None, is_gone=True)) == {}


@pytest.mark.parametrize(("kind", "named"), [("aws_sqs_queue", "queue"), ("aws_sns_topic", "topic")])
def test_queues_and_topics_lose_their_refusals_too(kind: str, named: str) -> None:
    before = {"name": "pictures", "policy": document(TLS_ONLY)}
    change = plans.change(f"{kind}.pictures", before, before | {"policy": ""})
    assert only(of(change), "tls").startswith(f"{named} `pictures`")


def test_a_role_that_goes_loses_nothing() -> None:
    assert kinds(role_plan([deny("s3:*")], None)) == {}


# --- Policies of things ------------------------------------------------------------------------------


def test_a_bucket_open_to_everybody_is_named() -> None:
    text = only(bucket_plan(None, [allow("s3:GetObject", Principal="*")], is_new=True), "trust")
    assert text == "bucket `pictures` opens to everybody (`*`), for `s3:GetObject`"


def test_a_new_principal_of_an_existing_bucket_is_named() -> None:
    service = {"Service": "logging.s3.amazonaws.com"}
    assert only(bucket_plan([TLS_ONLY], [TLS_ONLY, allow("s3:PutObject", Principal=service)]), "trust")


def test_the_account_itself_may_do_everything_with_its_key() -> None:
    whole = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert kinds(of(plans.change("aws_kms_key.this", None, {"policy": document(whole)}))) == {}


def test_another_account_may_not() -> None:
    whole = allow("kms:*", "*", Principal={"AWS": OTHER})
    found = kinds(of(plans.change("aws_kms_key.this", None, {"policy": document(whole)})))
    assert set(found) == {"actions", "trust"}


def test_a_function_that_anybody_may_call_is_named() -> None:
    permission = {"function_name": "classify", "action": "lambda:InvokeFunction", "principal": "*"}
    plan = of(plans.change("aws_lambda_permission.this", None, permission))
    assert "opens to everybody" in only(plan, "trust")


# --- Attached policies, boundaries, and what is not known --------------------------------------------


@pytest.mark.parametrize(
    "name", ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AmazonS3FullAccess"]
)
def test_attaching_a_policy_that_allows_nearly_everything_is_named(name: str) -> None:
    attached = {"role": "worker", "policy_arn": f"arn:aws:iam::aws:policy/{name}"}
    change = plans.change("aws_iam_role_policy_attachment.this", None, attached)
    assert name in only(role_plan([READ], [READ], change), "managed")


def test_a_policy_of_our_own_that_is_attached_and_not_in_the_plan_is_named() -> None:
    attached = {"role": "worker", "policy_arn": f"arn:aws:iam::{ACCOUNT}:policy/anything"}
    change = plans.change("aws_iam_role_policy_attachment.this", None, attached)

    assert "whose statements are not in this plan" in only(role_plan([READ], [READ], change), "unknown")
    assert kinds(role_plan(None, [READ], change)) == {}


def test_policies_that_a_role_names_itself_count_too() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    changed = plans.change("aws_iam_role.worker", role(), role(managed_policy_arns=[arn]))
    assert only(of(changed), "managed")


@pytest.mark.parametrize(
    ("after", "said"), [("", "no longer bounded"), ("arn:aws:iam::aws:policy/b", "but by")]
)
def test_a_boundary_that_goes_or_changes_is_named(after: str, said: str) -> None:
    before = role(permissions_boundary="arn:aws:iam::aws:policy/a")
    changed = plans.change("aws_iam_role.worker", before, role(permissions_boundary=after))
    assert said in only(of(changed), "boundaries")


def test_a_policy_that_exists_and_is_not_known_afterwards_is_named() -> None:
    change = unknown(plans.change("aws_iam_role_policy.own", inline(READ), inline(READ)), "policy")
    assert "known after apply" in only(of(change), "unknown")


NOT_KNOWN_YET = unknown(plans.change("aws_iam_role_policy.own", None, inline(READ)), "policy")


def test_a_new_policy_that_is_not_known_yet_is_no_widening_of_a_new_role() -> None:
    assert kinds(of(plans.change("aws_iam_role.worker", None, role()), NOT_KNOWN_YET)) == {}


@pytest.mark.parametrize("there", [[], [plans.change("aws_iam_role.worker", role(), role())]])
def test_a_new_policy_that_is_not_known_yet_widens_a_role_that_exists(there: list[dict[str, Any]]) -> None:
    assert only(of(*there, NOT_KNOWN_YET), "unknown") == (
        "role `worker`: what its policy `own` will say is known after apply"
    )


@pytest.mark.parametrize(
    "new",
    [
        plans.change("aws_iam_role_policy.own", None, inline(READ) | {"policy": "{"}),
        plans.change("aws_iam_role_policy.own", None, inline(READ), after_sensitive={"policy": True}),
    ],
)
def test_a_new_policy_that_nobody_can_read_widens_a_role_that_exists(new: dict[str, Any]) -> None:
    assert only(of(plans.change("aws_iam_role.worker", role(), role()), new), "unknown")


def test_a_policy_that_nobody_can_read_and_nobody_changes_is_no_widening() -> None:
    hidden = {"before_sensitive": {"policy": True}, "after_sensitive": {"policy": True}}
    kept = plans.change("aws_iam_role_policy.own", inline(READ), inline(READ), **hidden)

    assert kinds(of(kept)) == {}


def test_a_bucket_of_another_root_gets_no_policy_that_nobody_knows() -> None:
    new = unknown(plans.change("aws_s3_bucket_policy.p", None, {"bucket": "pictures"}), "policy")

    assert only(of(new), "unknown")
    assert kinds(of(plans.change("aws_s3_bucket.p", None, {"bucket": "pictures"}), new)) == {}


def test_a_new_policy_that_nobody_knows_is_not_attached_to_a_role_that_exists() -> None:
    policy = unknown(plans.change("aws_iam_policy.wide", None, {"name": "wide"}), "policy", "arn")
    attached = unknown(
        plans.change("aws_iam_role_policy_attachment.wide", None, {"role": "worker"}), "policy_arn"
    )
    there = plans.change("aws_iam_role.worker", role(), role())

    assert "managed policy `wide`" in only(of(there, policy, attached), "unknown")
    assert kinds(of(plans.change("aws_iam_role.worker", None, role()), policy, attached)) == {}


def test_what_terraform_forgets_stays_as_it_is() -> None:
    change = plans.change("aws_iam_role_policy.own", inline(deny("s3:*")), None, actions=["forget"])
    assert kinds(of(change)) == {}


def test_a_plan_that_changes_no_policy_opens_nothing() -> None:
    steady: list[dict[str, Any]] = [plans.change("aws_iam_role.worker", role(), role())]
    assert kinds(of(*steady)) == {}
