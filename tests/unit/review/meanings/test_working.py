"""What works beside the endpoint: functions, trigger, queues, notifications, alarms, logs."""

from typing import Any

import pytest

from scones.review.findings import Risk
from unit.review.workflow import CODE, REPLACE, STANDS, alarm, entry, found, function, one, texts


def test_new_code_and_settings_of_a_function_are_told() -> None:
    made = entry(CODE, function(), function(source_code_hash="b", memory_size=512))

    assert texts(made) == [
        "function image-classification: new code",
        "function image-classification: memory 256 → 512 MB",
    ]


def test_a_function_that_is_stopped_needs_care() -> None:
    made = entry(
        CODE,
        function(reserved_concurrent_executions=-1),
        function(reserved_concurrent_executions=0),
    )

    assert one("reserved concurrency -1 → 0, so it answers no call", found(made)).risk == Risk.CARE


def test_a_trigger_that_closes_needs_care_and_one_that_opens_does_not() -> None:
    address = "module.t.aws_cloudwatch_event_rule.this"
    opened, closed = {"name": "in", "state": "ENABLED"}, {"name": "in", "state": "DISABLED"}

    assert one("event rule in closes", found(entry(address, opened, closed))).risk == Risk.CARE
    assert one("event rule in opens", found(entry(address, closed, opened))).risk == Risk.SAFE


def test_a_trigger_that_loses_its_target_or_listens_elsewhere_needs_care() -> None:
    gone = entry("module.t.aws_cloudwatch_event_target.this", {"rule": "in"}, None)
    other = entry("module.t.aws_cloudwatch_event_rule.this", {"event_pattern": "a"}, {"event_pattern": "b"})

    assert one("starts nothing any more", found(gone, STANDS)).risk == Risk.CARE
    assert one("listens to other events", found(other)).risk == Risk.CARE


def test_what_waits_less_long_in_a_queue_needs_care() -> None:
    days = 86_400
    made = entry(
        "module.q.aws_sqs_queue.this",
        {"name": "review", "message_retention_seconds": 14 * days},
        {"name": "review", "message_retention_seconds": 4 * days},
    )

    assert one("queue review: what waits in it is kept for 14 → 4 days", found(made)).risk == Risk.CARE


def test_who_is_told_of_failures_is_told() -> None:
    address = "module.n.aws_sns_topic_subscription.email[0]"
    old, new = {"endpoint": "a@example.com"}, {"endpoint": "b@example.com"}

    assert texts(entry(address, None, new), STANDS)[0].startswith(
        "failures and alarms go to b@example.com from now on"
    )
    assert texts(entry(address, old, None), STANDS) == ["failures and alarms no longer go to a@example.com"]
    assert "instead of a@example.com" in texts(entry(address, old, new, REPLACE, "endpoint"), STANDS)[0]


def test_an_alarm_that_goes_off_later_or_tells_nobody_needs_care() -> None:
    address = "module.m.aws_cloudwatch_metric_alarm.this"
    later = found(entry(address, alarm(), alarm(threshold=50)))
    sooner = found(entry(address, alarm(threshold=50), alarm()))
    silent = found(entry(address, alarm(), alarm(alarm_actions=[])))

    assert one("alarm errors: threshold 1 → 50: it goes off later", later).risk == Risk.CARE
    assert one("alarm errors: threshold 50 → 1", sooner).risk == Risk.SAFE
    assert one("tells nobody any more", silent).risk == Risk.CARE


def test_an_alarm_for_too_little_goes_off_later_below_a_lower_threshold() -> None:
    falling = {"comparison_operator": "LessThanThreshold"}
    made = entry("module.m.aws_cloudwatch_metric_alarm.this", alarm(threshold=5, **falling), alarm(**falling))

    assert one("goes off later", found(made)).risk == Risk.CARE


@pytest.mark.parametrize(
    ("before", "after", "words", "risk"),
    [
        (
            {"comparison_operator": "GreaterThanOrEqualToThreshold"},
            {},
            "comparison_operator GreaterThanOrEqualToThreshold → GreaterThanThreshold: it goes off later",
            Risk.CARE,
        ),
        (
            {"extended_statistic": "p90"},
            {"extended_statistic": "p50"},
            "extended_statistic p90 → p50",
            Risk.CARE,
        ),
        ({"period": 60}, {"period": 300}, "period 60 → 300", Risk.SAFE),
        (
            {},
            {"dimensions": {"EndpointName": "other"}},
            "watches something else: EndpointName scones-prod → other",
            Risk.CARE,
        ),
        ({}, {"alarm_actions": ["arn:u"]}, "tells u instead of t", Risk.CARE),
    ],
)
def test_an_alarm_that_measures_watches_or_tells_otherwise_says_so(
    before: dict[str, Any], after: dict[str, Any], words: str, risk: Risk
) -> None:
    watched = {"dimensions": {"EndpointName": "scones-prod"}}
    made = entry(
        "module.m.aws_cloudwatch_metric_alarm.this", alarm() | watched | before, alarm() | watched | after
    )

    assert one(words, found(made)).risk == risk


def test_log_groups_whose_retention_changes_alike_are_one_sentence() -> None:
    made = [
        entry(
            f"module.f{place}.aws_cloudwatch_log_group.this",
            {"name": f"g{place}", "retention_in_days": 30},
            {"name": f"g{place}", "retention_in_days": 7},
        )
        for place in range(5)
    ]

    (finding,) = found(*made)
    assert finding.text == "5 log groups: lines are kept for 7 days (before: 30 days)"
    assert finding.risk == Risk.CARE


def test_a_state_machine_that_logs_nothing_or_pictures_needs_care() -> None:
    def logging(level: str, data: bool) -> dict[str, Any]:
        return {
            "name": "machine",
            "logging_configuration": [{"level": level, "include_execution_data": data}],
        }

    made = entry("module.s.aws_sfn_state_machine.this", logging("ALL", False), logging("OFF", True))
    findings = found(made)

    assert one("state machine machine: logs ALL → OFF", findings).risk == Risk.CARE
    assert one("and so pictures, are logged", findings).risk == Risk.CARE
