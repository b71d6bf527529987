"""What goes, and why: nothing goes in silence. And what a plan comes down to as a whole."""

import json
from typing import Any

import pytest

from scones.review.findings import Context, Finding, Risk
from scones.review.meaning import meaning
from scones.review.plan import Plan
from unit.review.workflow import (
    CODE,
    CONFIGURATION,
    ENDPOINT,
    JUDGE,
    MAKE_FIRST,
    MODEL,
    MOVES,
    REPLACE,
    STANDS,
    alarm,
    configuration,
    endpoint,
    entry,
    found,
    function,
    judging,
    manifest,
    one,
    served,
    texts,
)

ENCRYPTED = {"kms_master_key_id": "arn:aws:kms:us-east-1:123456789012:key/1"}
GOING = {
    "REPLACES bucket data: everything in it would be lost, and AWS refuses as long as something is, "
    "because bucket changes from data to other": entry(
        "module.d.aws_s3_bucket.this", {"bucket": "data"}, {"bucket": "other"}, REPLACE, "bucket"
    ),
    "DESTROYS bucket data: everything in it is lost, in all its versions": entry(
        "module.d.aws_s3_bucket.this", {"bucket": "data", "force_destroy": True}, None
    ),
    "DESTROYS bucket scones-prod-state-1-eu: it keeps the state of both roots, without which Terraform "
    "knows of nothing that stands": entry(
        "module.state[0].aws_s3_bucket.this", {"bucket": "scones-prod-state-1-eu"}, None
    ),
    "DESTROYS key Pictures: whatever it encrypted cannot be read again after 7 days": entry(
        "module.key.aws_kms_key.this", {"description": "Pictures", "deletion_window_in_days": 7}, None
    ),
    "DESTROYS queue review: what waits in it is lost, because its module is gone from the code": entry(
        "module.q.aws_sqs_queue.this", {"name": "review"}, None, None, reason="delete_because_no_module"
    ),
    "DESTROYS log group /aws/x: its lines are lost": entry(
        "module.q.aws_cloudwatch_log_group.this", {"name": "/aws/x"}, None
    ),
    "DESTROYS model package group scones-prod: the register of every trained model is lost": entry(
        "aws_sagemaker_model_package_group.this", {"model_package_group_name": "scones-prod"}, None
    ),
}


@pytest.mark.parametrize(("text", "made"), GOING.items(), ids=[text[:40] for text in GOING])
def test_what_holds_data_and_goes_says_what_is_lost(text: str, made: dict[str, Any]) -> None:
    (finding,) = found(made, STANDS)

    assert finding.text == text
    assert finding.risk == Risk.DESTRUCTIVE


REASONS = {
    "delete_because_no_resource_config": "its code is gone",
    "delete_because_count_index": "count no longer reaches it",
    "delete_because_each_key": "for_each no longer names it",
    "delete_because_no_module": "its module is gone from the code",
    "delete_because_wrong_repetition": "the code now counts it differently (count or for_each)",
}


@pytest.mark.parametrize(("reason", "words"), REASONS.items())
def test_whatever_else_goes_says_why(reason: str, words: str) -> None:
    gone = entry(
        "module.m.aws_cloudwatch_dashboard.this[0]", {"dashboard_name": "d"}, None, None, reason=reason
    )
    (finding,) = found(gone, STANDS)

    assert finding.text == f"deletes dashboard d, because {words}"
    assert finding.risk == Risk.CARE


def test_whatever_else_is_replaced_says_why() -> None:
    made = entry("module.f.aws_iam_role.this", {"name": "a"}, {"name": "b"}, REPLACE, "name")
    (finding,) = found(made, STANDS)

    assert finding.text == "replaces role a, because name changes from a to b"


def test_a_function_or_a_state_machine_that_goes_is_destructive() -> None:
    for kind in ("aws_lambda_function", "aws_sfn_state_machine"):
        (finding,) = found(entry(f"module.f.{kind}.this", {"name": "f"}, None), STANDS)
        assert finding.risk == Risk.DESTRUCTIVE


def test_many_of_a_kind_that_go_for_one_reason_are_one_sentence() -> None:
    made = [
        entry(
            f'module.m.aws_cloudwatch_metric_alarm.counted["{place}"]',
            {"alarm_name": f"a{place}"},
            None,
            None,
            reason="delete_because_each_key",
        )
        for place in range(13)
    ]

    assert texts(*made, STANDS) == [
        "deletes 13 alarms (a0, a1, a2, a3 and 9 more), because for_each no longer names it"
    ]


def test_what_is_made_anew_beside_the_old_one_is_one_safe_sentence_with_its_reasons() -> None:
    findings = found(
        MOVES,
        entry(MODEL, served("old"), served("new"), MAKE_FIRST, "primary_container.0.model_data_url"),
        entry(
            CONFIGURATION, configuration(), configuration(), MAKE_FIRST, "production_variants.0.model_name"
        ),
        variables=manifest("new"),
    )

    finding = one("makes anew, before the old one goes", findings)
    assert (
        "model m-old (model_data_url changes), endpoint configuration c (model_name changes)" in finding.text
    )
    assert finding.risk == Risk.SAFE


def test_what_is_only_forgotten_stays() -> None:
    (finding,) = found(entry("m.aws_sqs_queue.q", {"name": "q"}, None, ["forget"]), STANDS)

    assert finding.text == "forgets queue q: it stays as it is, and Terraform no longer looks after it"


@pytest.mark.parametrize(
    ("address", "values", "text"),
    [
        (
            ENDPOINT,
            endpoint(),
            "endpoint scones-prod is no longer managed: it goes on serving and costing",
        ),
        (
            "m.aws_s3_bucket.b",
            {"bucket": "data"},
            "bucket data is no longer managed: it stays with all that is in it, and no plan protects it any "
            "more",
        ),
        (
            "m.aws_kms_key.k",
            {"description": "Pictures", "is_enabled": True, "enable_key_rotation": True},
            "key Pictures is no longer managed: it stays and encrypts as before, and no plan says who may "
            "use it any more",
        ),
    ],
)
def test_what_is_forgotten_and_matters_says_what_becomes_of_it(
    address: str, values: dict[str, Any], text: str
) -> None:
    (finding,) = found(entry(address, values, None, ["forget"]), STANDS)

    assert finding.text == text
    assert finding.risk == Risk.CARE


def test_what_an_interrupted_replacement_left_behind_is_safe() -> None:
    left = entry(MODEL, served("old"), None) | {"deposed": "0123abcd"}
    (finding,) = found(left, STANDS)

    assert finding.text == "deletes model m-old: an interrupted replacement left it behind"
    assert finding.risk == Risk.SAFE


BARE_LOGS = entry("m.aws_cloudwatch_log_group.a", None, {"name": "a", "retention_in_days": 1})
KEYED_LOGS = entry(
    "m.aws_cloudwatch_log_group.b", *[{"name": "b", "retention_in_days": 1, "kms_key_id": "k"}] * 2
)


def test_logs_without_a_key_are_a_note_where_none_has_one() -> None:
    finding = one("without a key of ours", found(BARE_LOGS, STANDS))

    assert finding.text == "log group a without a key of ours: AWS's own encrypts"
    assert finding.risk == Risk.NOTE
    assert "AWS's own encrypts" not in " ".join(texts(BARE_LOGS, KEYED_LOGS))
    assert one("as other log groups have", found(BARE_LOGS, KEYED_LOGS)).risk == Risk.CARE


def test_what_is_born_without_protection_or_acts_as_another_role_needs_care() -> None:
    role = "arn:aws:iam::123456789012:role/"
    findings = found(
        entry("m.aws_s3_bucket.b", None, {"bucket": "b"}),
        entry("m.aws_cloudwatch_log_group.a", None, {"name": "a", "retention_in_days": 0}),
        entry(CODE, {"function_name": "f", "role": f"{role}a"}, {"function_name": "f", "role": f"{role}b"}),
    )

    for words in ("requests without TLS", "has no retention", "acts as role b instead of role a"):
        assert one(words, findings).risk == Risk.CARE


def test_what_protects_and_no_longer_does_is_told() -> None:
    flags = dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    )
    made = entry(
        "module.d.aws_s3_bucket_public_access_block.this",
        {"bucket": "data"} | flags,
        {"bucket": "data"} | flags | {"block_public_policy": False},
    )

    assert one("bucket data is opened: block_public_policy off", found(made)).risk == Risk.CARE


# --- Everything at once ------------------------------------------------------------------------------


def test_a_first_plan_is_summed_up() -> None:
    said = texts(
        entry("module.a.aws_sqs_queue.one", None, {"name": "a"} | ENCRYPTED),
        entry("module.a.aws_sqs_queue.two", None, {"name": "b"} | ENCRYPTED),
        entry("module.a.aws_sagemaker_model_package_group.this", None, {"name": "c"}),
        root="foundation",
    )

    assert said == ["creates everything of the foundation, from nothing: 2 queues, 1 model package group"]


def test_what_comes_beside_what_stands_is_summed_up() -> None:
    queue = entry("module.a.aws_sqs_queue.one", None, {"name": "a"} | ENCRYPTED)
    topic = entry("module.a.aws_sns_topic.two", None, {"name": "b"} | ENCRYPTED)

    assert texts(queue, STANDS) == ["creates queue a"]
    assert texts(queue, topic, STANDS) == ["creates 1 queue, 1 topic"]


def test_the_end_of_everything_is_one_sentence_and_the_data_that_go() -> None:
    findings = found(
        entry(ENDPOINT, endpoint(), None),
        entry(JUDGE, judging(), None),
        entry("module.q.aws_sqs_queue.this", {"name": "review"}, None),
        entry("module.m.aws_cloudwatch_metric_alarm.this", alarm(), None),
        purpose="destroy",
    )

    assert [finding.text for finding in findings] == [
        "DESTROYS everything of the workflow: nothing is classified any more; "
        "1 endpoint, 1 function, 1 queue, 1 alarm",
        "DESTROYS queue review: what waits in it is lost",
    ]
    assert {finding.risk for finding in findings} == {Risk.DESTRUCTIVE}


def test_a_state_bucket_says_what_it_is_for() -> None:
    made = entry("module.state[0].aws_s3_bucket.this", None, {"bucket": "scones-prod-state-1-eu"})

    text = "creates bucket scones-prod-state-1-eu: the state of both roots is kept there from then on"
    assert one(text, found(made, STANDS)).risk == Risk.SAFE


def test_secrets_in_clear_are_told() -> None:
    secret = Finding(Risk.CARE, "`environment.TOKEN` holds a password, in clear", "a.b")

    assert found(STANDS, secrets_in_clear=(secret,)) == [secret]


def test_nothing_means_nothing() -> None:
    assert found(STANDS, entry(MODEL, served("a"), served("a"))) == []


def test_tags_alone_mean_nothing() -> None:
    tags = {"tags": {"Team": "routing"}}

    assert (
        found(entry(ENDPOINT, endpoint(), endpoint() | tags), entry(MODEL, served("a"), served("a") | tags))
        == []
    )


def test_the_riskiest_comes_first() -> None:
    findings = found(
        entry(CODE, function(), function(source_code_hash="b")),
        entry(JUDGE, judging("0.9"), judging("0.8")),
        entry(ENDPOINT, endpoint(), None),
        STANDS,
    )

    assert [finding.risk for finding in findings] == [Risk.DESTRUCTIVE, Risk.CARE, Risk.SAFE]


def test_a_destroy_among_sixty_tag_changes_is_a_finding() -> None:
    tagged = [
        entry(f"m{place}.aws_sns_topic.this", {"name": "t"}, {"name": "t", "tags_all": {"A": "1"}})
        for place in range(60)
    ]
    queue = entry("module.q.aws_sqs_queue.this", {"name": "review"}, None)

    assert texts(*tagged, queue) == ["DESTROYS queue review: what waits in it is lost"]


def test_everything_that_goes_is_named_whatever_it_is() -> None:
    kinds = ("aws_sns_topic", "aws_iam_role", "aws_new_thing", "aws_s3_bucket_policy", "terraform_data")
    going = [entry(f"module.{kind}.{kind}.this", {"name": f"the-{kind}"}, None) for kind in kinds]
    said = " ".join(texts(*going, STANDS))

    assert all(f"the-{kind}" in said for kind in kinds if kind != "terraform_data")
    assert "marker this" in said


def test_a_plan_may_be_read_as_it_comes() -> None:
    raw = json.dumps({"resource_changes": [MOVES], "variables": {}})

    assert meaning(Plan.from_json(raw), Context("prod")).title == "What it means"
