"""Rules that fire by the clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from localaws.schedules import Schedule

from .conftest import ClientOf, Clock
from .lambda_support import messages, queue, unique


def rule(aws: ClientOf, expression: str, arn: str, **declared: str) -> str:
    name = unique("rule")
    aws("events").put_rule(Name=name, ScheduleExpression=expression, **declared)
    aws("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    return name


def waiting(aws: ClientOf, url: str) -> int:
    told = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(told["Attributes"]["ApproximateNumberOfMessages"])


def test_a_rate_fires_once_a_period(aws: ClientOf, clock: Clock) -> None:
    url, arn = queue(aws)
    begun = clock.now()
    name = rule(aws, "rate(1 hour)", arn)
    begun_at_the_latest = clock.now()

    clock.advance(2 * 3600 + 60)

    events = [json.loads(message["Body"]) for message in messages(aws, url, 2)]
    first, second = sorted(events, key=lambda event: str(event["time"]))
    assert first["detail-type"] == "Scheduled Event"
    assert (first["source"], first["detail"]) == ("aws.events", {})
    assert first["resources"][0].endswith(f":rule/{name}")
    assert first["id"] != second["id"]
    times = [datetime.fromisoformat(event["time"]) for event in (first, second)]
    assert begun - timedelta(seconds=1) <= times[0] - timedelta(hours=1) <= begun_at_the_latest
    assert times[1] - times[0] == timedelta(hours=1)
    clock.advance(3600)
    messages(aws, url, 1)
    assert waiting(aws, url) == 0


def test_cron_fires_at_its_minute_with_the_targets_input(aws: ClientOf, clock: Clock) -> None:
    url, arn = queue(aws)
    name = unique("rule")
    at = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=90)
    aws("events").put_rule(Name=name, ScheduleExpression=f"cron({at.minute} {at.hour} * * ? *)")
    transformer = {"InputPathsMap": {"at": "$.time"}, "InputTemplate": '{"at": <at>}'}
    aws("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn, "InputTransformer": transformer}])

    clock.advance((at - clock.now()).total_seconds() + 1)

    (message,) = messages(aws, url)
    assert json.loads(message["Body"]) == {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_what_is_disabled_changed_or_deleted_does_not_fire(aws: ClientOf, clock: Clock) -> None:
    (url, arn), (marker, marker_arn) = queue(aws), queue(aws)
    disabled = rule(aws, "rate(1 hour)", arn)
    aws("events").disable_rule(Name=disabled)
    rule(aws, "rate(1 hour)", arn, State="DISABLED")
    deleted = rule(aws, "rate(1 hour)", arn)
    aws("events").remove_targets(Rule=deleted, Ids=["1"])
    aws("events").delete_rule(Name=deleted)
    aws("events").put_rule(Name=rule(aws, "rate(1 hour)", arn), ScheduleExpression="rate(2 days)")
    rule(aws, "rate(1 hour)", marker_arn)

    clock.advance(3700)

    assert len(messages(aws, marker)) == 1
    assert waiting(aws, url) == 0
    aws("events").enable_rule(Name=disabled)
    clock.advance(3700)
    assert len(messages(aws, url)) == 1


@pytest.mark.parametrize(
    "expression", ["rate(1 hours)", "rate(0 minutes)", "cron(0 12 * * * *)", "cron(61 * ? * * *)"]
)
def test_an_expression_that_is_none_is_refused(aws: ClientOf, expression: str) -> None:
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        aws("events").put_rule(Name=unique("rule"), ScheduleExpression=expression)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-11-24T10:00", "2026-11-25T10:00"),
        ("cron(0/15 * * * ? *)", "2026-11-24T10:07", "2026-11-24T10:15"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-27T18:00", "2026-11-30T18:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01T08:00", "2027-01-01T08:00"),
        ("cron(0 8 L * ? *)", "2028-02-01T00:00", "2028-02-29T08:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-11-24T00:00", "2026-12-07T09:00"),
        ("cron(0 0 29 2 ? *)", "2028-03-01T00:00", "2032-02-29T00:00"),
    ],
)
def test_when_cron_fires(expression: str, after: str, expected: str) -> None:
    time = datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp()

    assert (
        Schedule(expression).after(time) == datetime.fromisoformat(expected).replace(tzinfo=UTC).timestamp()
    )


@given(minute=st.integers(0, 59), hour=st.integers(0, 23), time=st.floats(0, 4e9))
def test_a_daily_cron_fires_within_a_day_and_at_its_minute(minute: int, hour: int, time: float) -> None:
    due = Schedule(f"cron({minute} {hour} * * ? *)").after(time)

    assert due is not None
    assert time < due <= time + 86400
    moment = datetime.fromtimestamp(due, UTC)
    assert (moment.hour, moment.minute, moment.second) == (hour, minute, 0)


def test_a_year_that_is_over_never_fires() -> None:
    assert Schedule("cron(0 0 1 1 ? 2020)").after(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) is None
