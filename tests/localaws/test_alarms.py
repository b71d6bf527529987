"""Alarms: what they see, when they change, and whom they tell."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.alarm_states import Condition, holds

from .conftest import ClientOf, Clock
from .lambda_support import messages, queue, unique


@pytest.fixture
def minute(clock: Clock) -> datetime:
    """The beginning of a minute that has just begun, so that none ends while a test looks."""
    clock.advance(60 - clock.now().timestamp() % 60)
    return clock.now().replace(second=0, microsecond=0)


def alarm(aws: ClientOf, **declared: Any) -> str:
    name = unique("alarm")
    plain = {
        "Namespace": name,
        "MetricName": "Size",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    aws("cloudwatch").put_metric_alarm(AlarmName=name, **{**plain, **declared})
    return name


def put(aws: ClientOf, name: str, value: float, at: datetime) -> None:
    datum = {"MetricName": "Size", "Value": value, "Timestamp": at}
    aws("cloudwatch").put_metric_data(Namespace=name, MetricData=[datum])


def described(aws: ClientOf, name: str) -> dict[str, Any]:
    told = aws("cloudwatch").describe_alarms(AlarmNames=[name])
    (found,) = told["MetricAlarms"] + told["CompositeAlarms"]
    return dict(found)


def becomes(aws: ClientOf, name: str, state: str) -> dict[str, Any]:
    """The alarm, once it is in that state."""
    deadline = time.monotonic() + 10
    while (found := described(aws, name))["StateValue"] != state:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_an_alarm_goes_off_at_once_and_is_over_when_its_period_is(
    aws: ClientOf, clock: Clock, minute: datetime
) -> None:
    url, arn = queue(aws)
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    name = alarm(aws, AlarmActions=[topic], OKActions=[topic])
    assert becomes(aws, name, "OK")["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NonBreaching]."
    )

    put(aws, name, 0.4, minute)
    put(aws, name, 0.6, minute)

    stamp = minute.strftime("%d/%m/%y %H:%M:%S")
    assert becomes(aws, name, "ALARM")["StateReason"] == (
        f"Threshold Crossed: 1 out of the last 1 datapoint [1.0 ({stamp})] was greater than or equal to the "
        "threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    put(aws, name, 0, minute + timedelta(minutes=1))
    clock.advance(120)
    becomes(aws, name, "OK")
    notices = [json.loads(message["Body"]) for message in messages(aws, url, 3)]
    changes = {(notice["OldStateValue"], notice["NewStateValue"]) for notice in notices}
    assert changes == {("INSUFFICIENT_DATA", "OK"), ("OK", "ALARM"), ("ALARM", "OK")}
    assert notices[0]["Trigger"]["MetricName"] == "Size"


def test_the_history_tells_changes_and_actions(aws: ClientOf, minute: datetime) -> None:
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    name = alarm(aws, AlarmActions=[topic])
    put(aws, name, 5, minute)
    becomes(aws, name, "ALARM")

    def history(**asked: Any) -> list[dict[str, Any]]:
        return list(aws("cloudwatch").describe_alarm_history(AlarmName=name, **asked)["AlarmHistoryItems"])

    deadline = time.monotonic() + 10
    while not history(HistoryItemType="Action") and time.monotonic() < deadline:
        time.sleep(0.05)

    kinds = [item["HistoryItemType"] for item in history(ScanBy="TimestampAscending")]
    assert kinds[0] == "ConfigurationUpdate"
    assert set(kinds[1:]) == {"StateUpdate", "Action"}
    changed = history(HistoryItemType="StateUpdate")[0]
    assert changed["HistorySummary"].endswith("to ALARM")
    new = json.loads(changed["HistoryData"])["newState"]
    assert new["stateReasonData"]["recentDatapoints"] == [5.0]


def test_two_of_three_periods(aws: ClientOf, clock: Clock, minute: datetime) -> None:
    name = alarm(aws, EvaluationPeriods=3, DatapointsToAlarm=2)
    put(aws, name, 5, minute - timedelta(minutes=2))
    put(aws, name, 0, minute - timedelta(minutes=1))
    becomes(aws, name, "OK")

    put(aws, name, 5, minute)

    reason = becomes(aws, name, "ALARM")["StateReason"]
    assert reason.startswith("Threshold Crossed: 2 out of the last 3 datapoints [5.0")


def test_an_alarm_on_metric_math(aws: ClientOf, clock: Clock, minute: datetime) -> None:
    space = unique("Space")

    def of(id: str, name: str) -> dict[str, Any]:
        metric = {"Namespace": space, "MetricName": name}
        return {"Id": id, "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}, "ReturnData": False}

    name = unique("alarm")
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Metrics=[
            {"Id": "e", "Expression": "FILL(failed, 0) - FILL(reviewed, 0)", "ReturnData": True},
            of("failed", "Failed"),
            of("reviewed", "Reviewed"),
        ],
    )
    put_both = [{"MetricName": each, "Value": 2, "Timestamp": minute} for each in ("Reviewed", "Failed")]
    aws("cloudwatch").put_metric_data(Namespace=space, MetricData=put_both)
    becomes(aws, name, "OK")

    aws("cloudwatch").put_metric_data(
        Namespace=space, MetricData=[{"MetricName": "Failed", "Value": 1, "Timestamp": minute}]
    )

    becomes(aws, name, "ALARM")
    clock.advance(300 * 4)
    becomes(aws, name, "OK")


def test_an_alarm_that_is_declared_again_keeps_its_state(aws: ClientOf, minute: datetime) -> None:
    name = alarm(aws, TreatMissingData="ignore")
    put(aws, name, 5, minute)
    becomes(aws, name, "ALARM")
    declared = described(aws, name)
    keys = ("AlarmName", "Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold")

    aws("cloudwatch").put_metric_alarm(
        **{key: declared[key] for key in keys},
        ComparisonOperator=declared["ComparisonOperator"],
        TreatMissingData="ignore",
        AlarmDescription="anew",
    )

    assert described(aws, name)["StateValue"] == "ALARM"
    assert described(aws, name)["AlarmDescription"] == "anew"


def test_a_composite_alarm_follows_those_it_is_made_of(aws: ClientOf, clock: Clock, minute: datetime) -> None:
    one, other = alarm(aws), alarm(aws)
    name = unique("composite")
    aws("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=f'ALARM("{one}") AND NOT ALARM({other})')
    becomes(aws, name, "OK")

    put(aws, one, 5, minute)
    becomes(aws, name, "ALARM")
    put(aws, other, 5, minute)
    becomes(aws, name, "OK")


def test_what_could_not_be_evaluated_is_refused(aws: ClientOf) -> None:
    with pytest.raises(ClientError, match="nobody"):
        aws("cloudwatch").put_composite_alarm(AlarmName=unique("a"), AlarmRule="ALARM(nobody)")
    with pytest.raises(ClientError, match="ValidationError"):
        aws("cloudwatch").put_composite_alarm(AlarmName=unique("a"), AlarmRule="__import__('os')")
    with pytest.raises(ClientError, match="RATE"):
        aws("cloudwatch").put_metric_alarm(
            AlarmName=unique("a"),
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[{"Id": "e", "Expression": "RATE([1])"}],
        )
    with pytest.raises(ClientError, match="no metric"):
        aws("cloudwatch").put_metric_alarm(
            AlarmName=unique("a"),
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[{"Id": "e", "Expression": "m + 1"}],
        )
    with pytest.raises(ClientError, match="IQM"):
        alarm(aws, Statistic="IQM")


X, O, _ = 5.0, 0.0, None  # breaching, not breaching, missing  # noqa: E741


@pytest.mark.parametrize(
    ("datapoints", "points", "missing", "ignore", "breaching", "not_breaching"),
    [
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
        (3, [O, _, X, _, X], "OK", "OK", "OK", "OK"),
        (3, [O, _, _, _, _], "OK", "OK", "OK", "OK"),
        (3, [_, _, _, _, _], "INSUFFICIENT_DATA", None, "ALARM", "OK"),
        (3, [O, X, X, _, X], "ALARM", "ALARM", "ALARM", "ALARM"),
        (3, [_, _, X, _, _], "ALARM", None, "ALARM", "OK"),
        (2, [O, _, X, _, X], "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, [O, O, X, O, X], "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, [O, _, X, _, _], "OK", "OK", "ALARM", "OK"),
        (2, [_, _, _, _, O], "OK", "OK", "ALARM", "OK"),
        (2, [_, _, _, X, _], "ALARM", None, "ALARM", "OK"),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(
    datapoints: int,
    points: list[float | None],
    missing: str,
    ignore: str | None,
    breaching: str,
    not_breaching: str,
) -> None:
    def state(treatment: str) -> str | None:
        return Condition("GreaterThanThreshold", 1, 3, datapoints, treatment).state(points)

    told = [state(each) for each in ("missing", "ignore", "breaching", "notBreaching")]
    assert told == [missing, ignore, breaching, not_breaching]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("TRUE", True),
        ("ALARM(a) OR FALSE", True),
        ('OK("b") AND NOT (ALARM(a) AND INSUFFICIENT_DATA(b))', True),
        ("ALARM(b)\n OR NOT ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", False),
    ],
)
def test_alarm_rules(rule: str, expected: bool) -> None:
    states = {"a": "ALARM", "b": "OK"}

    assert holds(rule, lambda name: states.get(name.rpartition(":")[2])) is expected
