"""A role's policies are found wherever the plan has them, and count once."""

from typing import Any

import pytest

from scones.review.permissions.holders import Holder, holders, own_account
from scones.review.permissions.policies import grants
from unit.review import plans
from unit.review.documents import (
    ACCOUNT,
    BUCKET,
    OTHER,
    allow,
    document,
    inline,
    of,
    role,
    role_plan,
    unknown,
)

READ, WRITE = allow("s3:GetObject"), allow("s3:PutObject")


def named(found: list[Holder], name: str) -> Holder:
    [holder] = [holder for holder in found if holder.name == name]
    return holder


def said(documents: list[Any]) -> set[Any]:
    return {grant for one in documents for grant in one.grants}


def test_what_aws_repeats_about_a_role_is_not_believed_over_its_policies() -> None:
    repeated = role(inline_policy=[{"name": "own", "policy": document(READ)}])
    plan = of(
        plans.change("aws_iam_role.worker", repeated, repeated),
        plans.change("aws_iam_role_policy.own", inline(READ), inline(WRITE)),
    )
    holder = named(holders(plan), "worker")
    assert said(holder.before.policies) == grants(document(READ))
    assert said(holder.after.policies) == grants(document(WRITE))


def test_a_policy_that_nobody_here_made_counts() -> None:
    found = role(inline_policy=[{"name": "by-hand", "policy": document(READ)}])
    holder = named(holders(of(plans.change("aws_iam_role.worker", found, found))), "worker")
    assert said(holder.after.policies) == grants(document(READ))


def test_a_role_that_changes_its_name_is_the_same_role() -> None:
    plan = of(
        plans.change("aws_iam_role.worker", role("old"), role("new"), actions=["delete", "create"]),
        plans.change("aws_iam_role_policy.own", inline(READ, role="old"), inline(READ, role="new")),
    )
    [holder] = holders(plan)
    assert said(holder.before.policies) == said(holder.after.policies) != set()


def test_a_policy_of_a_role_whose_name_is_not_known_belongs_to_the_role_of_its_module() -> None:
    plan = of(
        unknown(plans.change("aws_iam_role.worker", None, role()), "name"),
        unknown(plans.change("aws_iam_role_policy.own", None, inline(READ)), "role"),
    )
    [holder] = holders(plan)
    assert (holder.kind, holder.name) == ("role", "worker")
    assert said(holder.after.policies) == grants(document(READ))


def test_a_role_of_another_root_is_taken_as_existing() -> None:
    [holder] = holders(of(plans.change("aws_iam_role_policy.own", None, inline(READ, role="elsewhere"))))
    assert (holder.name, holder.is_new) == ("elsewhere", False)


def test_a_policy_of_a_new_bucket_is_new_and_one_of_an_old_bucket_is_not() -> None:
    policy = {"bucket": "pictures", "policy": document(READ)}
    for before, is_new in ((None, True), ({"bucket": "pictures"}, False)):
        plan = of(
            plans.change("aws_s3_bucket.pictures", before, {"bucket": "pictures"}),
            plans.change("aws_s3_bucket_policy.pictures", None, policy),
        )
        assert named(holders(plan), "pictures").is_new is is_new


def test_a_policy_that_only_aws_will_fill_in_is_none() -> None:
    change = unknown(plans.change("aws_sqs_queue.jobs", None, {"name": "jobs"}), "policy")
    assert holders(of(change)) == []


def test_a_policy_that_the_configuration_sets_is_one_though_not_known() -> None:
    change = unknown(plans.change("aws_sqs_queue.jobs", None, {"name": "jobs"}), "policy")
    resource = {"type": "aws_sqs_queue", "name": "jobs", "expressions": {"policy": {}}}
    [holder] = holders(of(change, configuration={"root_module": {"resources": [resource]}}))
    assert [one.trouble for one in holder.after.policies] == ["known after apply"]


def test_a_policy_that_is_none_is_said_to_be_unreadable() -> None:
    broken = {"role": "worker", "name": "own", "policy": "nothing"}
    [holder] = holders(of(plans.change("aws_iam_role_policy.own", None, broken)))
    assert [one.trouble for one in holder.after.policies] == ["not a policy that can be read"]


def test_a_permission_of_a_function_reads_as_the_statement_that_it_is() -> None:
    permission = {
        "function_name": "classify",
        "action": "lambda:InvokeFunction",
        "principal": "s3.amazonaws.com",
        "source_arn": BUCKET,
        "source_account": ACCOUNT,
    }
    [holder] = holders(of(plans.change("aws_lambda_permission.this", None, permission)))
    [grant] = said(holder.after.policies)
    assert (grant.principal, grant.resource) == ("s3.amazonaws.com", "classify")
    assert {key for _, key, _ in grant.condition} == {"aws:SourceArn", "aws:SourceAccount"}


def test_the_account_is_the_one_that_aws_answered_with() -> None:
    asked = {"type": "aws_caller_identity", "values": {"account_id": OTHER}}
    state = {"values": {"root_module": {"resources": [asked]}}}
    assert own_account(of(prior_state=state)) == OTHER


def test_the_account_is_else_the_one_that_the_plan_names_most() -> None:
    assert own_account(of()) == ACCOUNT


@pytest.mark.parametrize("statements", [[], [allow("s3:GetObject", Principal={"AWS": OTHER})]])
def test_the_account_is_never_the_one_of_a_policy(statements: list[Any]) -> None:
    policy = {"bucket": "pictures", "policy": document(*statements)}
    assert own_account(plans.plan(plans.change("aws_s3_bucket_policy.p", None, policy))) is None


def test_a_policy_of_its_own_is_a_holder() -> None:
    change = plans.change("aws_iam_policy.shared", None, {"name": "shared", "policy": document(READ)})
    [holder] = holders(of(change))
    assert (holder.kind, holder.is_identity) == ("managed policy", True)


def test_a_role_is_one_holder_however_many_policies_it_has() -> None:
    more = plans.change("aws_iam_role_policy.more", None, inline(WRITE, name="more"))
    assert len(holders(role_plan(None, [READ], more))) == 1
