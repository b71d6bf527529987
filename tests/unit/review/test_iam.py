"""The section on permissions says what changes, statement by statement, and nothing about what does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scones.review.findings import Context, Part, Risk
from scones.review.permissions.iam import permissions
from scones.review.plan import Plan
from unit.review import plans
from unit.review.documents import (
    ACCOUNT,
    BUCKET,
    LAMBDA,
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
from unit.review.reviews import kinds

READ, WRITE = allow("s3:GetObject"), allow("s3:PutObject")
LOGS = allow("logs:CreateLogDelivery", "*")


def part(plan: Plan) -> Part:
    return permissions(plan, Context("dev"))


def texts(plan: Plan, risk: Risk) -> list[str]:
    return [finding.text for finding in part(plan).findings if finding.risk == risk]


def section(plan: Plan) -> str:
    return "\n\n".join(block.markdown for block in part(plan).blocks)


def test_a_plan_without_changes_of_policies_has_nothing_to_say() -> None:
    found = part(role_plan([READ], [READ]))
    assert (found.findings, found.blocks, found.data) == ((), (), None)


@pytest.mark.parametrize(
    "after",
    [
        [WRITE, READ],
        [READ | {"Sid": "One"}, WRITE | {"Sid": "Two"}],
        [allow(["s3:PutObject", "s3:GetObject"], [f"{BUCKET}/*"])],
    ],
)
def test_the_same_said_otherwise_is_no_change(after: list[Statement]) -> None:
    assert part(role_plan([READ, WRITE], after)).blocks == ()


some = st.lists(st.sampled_from([READ, WRITE, LOGS, deny("s3:*"), allow("s3:Get*", "*")]), max_size=4)


@given(some, some)
def test_the_way_back_removes_what_the_way_there_added(one: list[Statement], other: list[Statement]) -> None:
    there, back = (part(role_plan(*way)).data for way in ((one, other), (other, one)))
    if there is None:
        assert back is None
        return
    [gone], [come] = there["holders"], back["holders"]
    assert gone["policies"]["added"] == come["policies"]["removed"]
    assert gone["policies"]["removed"] == come["policies"]["added"]


def test_added_and_removed_statements_have_their_levels() -> None:
    text = section(role_plan([READ], [WRITE]))
    assert f"| + | `s3:PutObject` | `{BUCKET}/*` | write |" in text
    assert f"| − | `s3:GetObject` | `{BUCKET}/*` | read |" in text


def test_no_policy_is_shown_as_json() -> None:
    text = section(role_plan([READ], [WRITE, LOGS, deny("s3:*")]))
    assert "Statement" not in text and '"' not in text


def test_a_wildcard_says_how_many_actions_it_is() -> None:
    assert "actions)" in section(role_plan([READ], [allow("s3:*")]))


def test_a_star_says_where_aws_knows_nothing_narrower() -> None:
    assert "AWS knows no narrower resource" in section(role_plan([READ], [READ, LOGS]))
    assert "AWS knows no narrower resource" not in section(
        role_plan([READ], [READ, allow("s3:GetObject", "*")])
    )


def test_a_refusal_is_told_from_a_permission() -> None:
    assert "**not** `s3:*`" in section(role_plan([READ], [READ, deny("s3:*")]))


def test_what_is_opened_needs_care() -> None:
    [found] = [
        finding for finding in part(role_plan([READ], [allow("s3:*")])).findings if finding.risk >= Risk.CARE
    ][:1]
    assert found.text.startswith("role `worker` may do `s3:*`")
    assert found.address == "aws_iam_role_policy.own"
    assert part(role_plan([READ], [allow("s3:*")])).blocks[0].risk == Risk.CARE


def test_a_little_more_and_a_little_less_is_said_in_two_sentences() -> None:
    assert texts(role_plan([READ], [WRITE]), Risk.SAFE) == [
        f"role `worker` may also do `s3:PutObject` on `{BUCKET}/*` (write)",
        f"role `worker` may no longer do `s3:GetObject` on `{BUCKET}/*` (read)",
    ]


def test_less_of_the_same_is_nothing_more() -> None:
    [found] = texts(role_plan([allow("s3:*")], [READ]), Risk.SAFE)
    assert found.startswith(f"role `worker` may no longer do `s3:*` on `{BUCKET}/*`")


def test_what_is_told_as_opened_is_not_told_again_as_harmless() -> None:
    assert texts(role_plan([READ], [READ, allow("s3:*"), allow("iam:PassRole", "*")]), Risk.SAFE) == []


def test_what_a_bucket_allows_its_own_account_is_harmless_and_said() -> None:
    own = allow("s3:*", BUCKET, Principal={"AWS": ACCOUNT})
    [text] = texts(bucket_plan([TLS_ONLY], [TLS_ONLY, own]), Risk.SAFE)
    assert text.startswith(
        f"bucket `pictures` also allows `s3:*` on `{BUCKET}` to `arn:aws:iam::{ACCOUNT}:root`"
    )


def test_what_a_bucket_no_longer_allows_is_said() -> None:
    given = allow("s3:GetObject", Principal={"Service": "logging.s3.amazonaws.com"})
    [text] = texts(bucket_plan([TLS_ONLY, given], [TLS_ONLY]), Risk.SAFE)
    assert "no longer allows `s3:GetObject`" in text and "to `logging.s3.amazonaws.com`" in text


def test_managing_permissions_needs_care_on_a_role_that_exists() -> None:
    managing = allow("s3:PutBucketPolicy", BUCKET)
    assert any(
        "newly manages permissions" in text for text in texts(role_plan([READ], [READ, managing]), Risk.CARE)
    )
    assert texts(role_plan(None, [READ, managing]), Risk.CARE) == []


def test_a_new_role_is_one_block_and_one_note() -> None:
    found = part(role_plan(None, [READ, LOGS]))
    assert [finding.text for finding in found.findings] == [
        "new permissions of 1 role: no needless wildcard, no PassRole, no other account"
    ]
    [block] = found.blocks
    assert (block.risk, block.covers) == (Risk.NOTE, 2)
    assert "lambda.amazonaws.com" in block.markdown and "+" not in block.markdown


def test_a_new_policy_that_is_not_known_yet_is_not_called_harmless() -> None:
    hidden = unknown(plans.change("aws_iam_role_policy.key", None, inline(READ, name="key")), "policy")
    plan = role_plan(None, [READ], hidden)

    assert texts(plan, Risk.NOTE)[-1] == (
        "new permissions of 1 role: what `key` of role `worker` will say is not known; of the others no "
        "needless wildcard, no PassRole, no other account"
    )


def test_a_new_role_that_is_open_is_not_called_harmless() -> None:
    [note] = texts(role_plan(None, [allow("s3:*")]), Risk.NOTE)
    assert note == "new permissions of 1 role"


def test_what_goes_is_counted() -> None:
    assert texts(role_plan([READ], None), Risk.NOTE) == ["permissions go with 1 role"]
    assert section(role_plan([READ], None)) == "**role `worker`** · goes"


def test_trust_is_shown_as_who_may_assume_the_role() -> None:
    text = section(trust_plan([LAMBDA], [trust({"Service": "ec2.amazonaws.com"})]))
    assert "| + | `ec2.amazonaws.com` | `sts:AssumeRole` |" in text
    assert "| − | `lambda.amazonaws.com` | `sts:AssumeRole` |" in text


def test_whoever_may_no_longer_assume_a_role_is_said() -> None:
    found = texts(trust_plan([LAMBDA], [trust({"Service": "ec2.amazonaws.com"})]), Risk.SAFE)
    assert found == ["role `worker` may no longer be assumed by `lambda.amazonaws.com`"]


def test_a_bucket_that_drops_its_refusal_needs_care() -> None:
    found = part(bucket_plan([TLS_ONLY], []))
    assert [finding.risk for finding in found.findings] == [Risk.CARE]
    assert "Bool aws:SecureTransport false" in section(bucket_plan([TLS_ONLY], []))


@pytest.mark.parametrize(("before", "risk"), [(inline(READ), Risk.CARE), (None, Risk.NOTE)])
def test_what_is_not_known_needs_care_only_where_something_is_there(before: Any, risk: Risk) -> None:
    there = None if before is None else role()
    plan = of(
        plans.change("aws_iam_role.worker", there, role()),
        unknown(plans.change("aws_iam_role_policy.own", before, inline(READ)), "policy"),
    )
    [text] = [text for text in texts(plan, risk) if "known after apply" in text]
    assert "`own`" in text
    assert "policy `own`: known after apply" in section(plan)


def test_a_policy_that_is_attached_and_not_in_the_plan_needs_care() -> None:
    arn = "arn:aws:iam::aws:policy/SomeReadOnlyAccess"
    attached = {"role": "worker", "policy_arn": arn}
    plan = role_plan([READ], [READ], plans.change("aws_iam_role_policy_attachment.a", None, attached))
    assert texts(plan, Risk.CARE) == [
        f"role `worker` gets the policy `{arn}`, whose statements are not in this plan"
    ]
    assert f"gets `{arn}`" in section(plan)


def test_a_policy_that_is_attached_and_in_the_plan_shows_itself() -> None:
    arn = "arn:aws:iam::123456789012:policy/shared"
    plan = role_plan(
        [READ],
        [READ],
        plans.change(
            "aws_iam_policy.shared", None, {"name": "shared", "arn": arn, "policy": document(WRITE)}
        ),
        plans.change("aws_iam_role_policy_attachment.a", None, {"role": "worker", "policy_arn": arn}),
    )
    assert texts(plan, Risk.CARE) == []
    assert "1 managed policy" in texts(plan, Risk.NOTE)[0]


def test_the_data_for_programs_names_everything() -> None:
    data = part(role_plan([READ], [READ, allow("iam:PassRole", "*")])).data
    assert set(data["opened"]) == {"resources", "pass_role"}
    [holder] = data["holders"]
    [added] = holder["policies"]["added"]
    assert added["actions"] == ["iam:PassRole"] and added["levels"] == ["permissions management"]


def test_hostile_names_stay_words() -> None:
    nasty = allow("s3:GetObject", "arn:aws:s3:::a|b`</details>\n# x")
    found = kinds(section(role_plan([READ], [READ, nasty])))
    assert "heading_open" not in found and "html_block" not in found
    assert found.count("td_open") % 4 == 0
