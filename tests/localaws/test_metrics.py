"""Metrics: put by hand or inside log lines, and their statistics."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from localaws.metric_math import MetricMathError, evaluate

from .conftest import ClientOf, Clock
from .lambda_support import deploy, invoke, queue, role, unique
from .sagemaker_toy import Toy

ALL = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]


def statistics(
    aws: ClientOf, clock: Clock, namespace: str, name: str = "Size", **dimensions: str
) -> dict[str, Any]:
    """All of a metric's values, of the last two hours and the next, as one datapoint."""
    now = clock.now()
    points = aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=1),
        Period=86400,
        Statistics=ALL,
    )["Datapoints"]
    return {name: sum(point[name] for point in points) for name in ("SampleCount", "Sum")} if points else {}


def embedded(clock: Clock, namespace: str, **line: Any) -> dict[str, Any]:
    directive = {
        "Namespace": namespace,
        "Dimensions": [["Workflow"], ["Workflow", "Class"]],
        "Metrics": [{"Name": "Size", "Unit": "Bytes"}],
    }
    aws = {"Timestamp": int(clock.now().timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": aws, "Workflow": "w", "Class": "c", "Size": 3, **line}


def write(aws: ClientOf, clock: Clock, *messages: str) -> None:
    group = unique("group")
    aws("logs").create_log_group(logGroupName=group)
    aws("logs").create_log_stream(logGroupName=group, logStreamName="s")
    aws("logs").put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": text} for text in messages],
    )


def test_a_log_line_becomes_a_metric_for_each_set_of_dimensions(aws: ClientOf, clock: Clock) -> None:
    namespace = unique("Space")

    write(
        aws,
        clock,
        json.dumps(embedded(clock, namespace)),
        json.dumps(embedded(clock, namespace, Size=[1, 2])),
    )

    told = {"SampleCount": 3, "Sum": 6}
    assert statistics(aws, clock, namespace, Workflow="w") == told
    assert statistics(aws, clock, namespace, Workflow="w", Class="c") == told
    assert statistics(aws, clock, namespace) == {}  # other dimensions are another metric
    listed = aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    assert sorted(len(each["Dimensions"]) for each in listed) == [1, 2]


def test_what_a_function_prints_becomes_a_metric(aws: ClientOf, clock: Clock) -> None:
    namespace = unique("Space")
    name = deploy(aws, "import json\ndef handler(event, context): print(json.dumps(event))")

    invoke(aws, name, embedded(clock, namespace))

    assert statistics(aws, clock, namespace, Workflow="w") == {"SampleCount": 1, "Sum": 3}


@pytest.mark.parametrize(
    "change",
    [
        {"Size": "3"},
        {"Size": True},
        {"Size": []},
        {"Size": list(range(101))},
        {"Size": [1, None]},
        {"Workflow": 7},
        {"Workflow": "x" * 1025},
        {"_aws": {"CloudWatchMetrics": []}},
        {"_aws": []},
        {
            "_aws": {
                "Timestamp": 1,
                "CloudWatchMetrics": [{"Namespace": "n", "Dimensions": [[]], "Metrics": []}],
            }
        },
    ],
)
def test_a_line_that_breaks_the_format_is_no_metric(
    aws: ClientOf, clock: Clock, change: dict[str, Any]
) -> None:
    namespace = unique("Space")
    line = embedded(clock, namespace, **change)

    write(aws, clock, json.dumps(line), f"note: {json.dumps(embedded(clock, namespace))}", "{", '"_aws"')

    assert aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"] == []


def test_a_metric_or_dimension_that_the_line_lacks_is_left_out_alone(aws: ClientOf, clock: Clock) -> None:
    namespace = unique("Space")
    line = embedded(clock, namespace)
    del line["Class"]
    line["_aws"]["CloudWatchMetrics"][0]["Metrics"].append({"Name": "Weight"})

    write(aws, clock, json.dumps(line))

    listed = aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    assert [(each["MetricName"], len(each["Dimensions"])) for each in listed] == [("Size", 1)]


def put(aws: ClientOf, namespace: str, *data: dict[str, Any]) -> None:
    aws("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "Size", **datum} for datum in data]
    )


def data(aws: ClientOf, clock: Clock, *queries: dict[str, Any], minutes: int = 10) -> dict[str, list[float]]:
    now = clock.now()
    results = aws("cloudwatch").get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=now - timedelta(minutes=minutes),
        EndTime=now + timedelta(minutes=1),
        ScanBy="TimestampAscending",
    )["MetricDataResults"]
    return {each["Id"]: each["Values"] for each in results}


def query(id: str, namespace: str, stat: str, **more: Any) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": "Size"}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def test_statistics_and_percentiles_of_all_ways_to_put_values(aws: ClientOf, clock: Clock) -> None:
    namespace = unique("Space")
    at = clock.now() - timedelta(minutes=2)
    put(aws, namespace, {"Value": 1, "Timestamp": at}, {"Values": [2, 3], "Counts": [5, 2], "Timestamp": at})
    told = {"SampleCount": 2, "Sum": 200, "Minimum": 100, "Maximum": 100}
    put(aws, namespace, {"StatisticValues": told, "Timestamp": at})

    stats = ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p90"]
    found = data(aws, clock, *(query(f"q{n}", namespace, stat) for n, stat in enumerate(stats)))

    assert [found[f"q{n}"] for n in range(len(stats))] == [[10], [217], [21.7], [1], [100], [2], [100]]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a", [6, 8]),
        ("FILL(a, 0)", [6, 0, 8]),
        ("FILL(a, REPEAT)", [6, 6, 8]),
        ("100 * a / (b - 2)", [600]),  # no point where one divides by zero
        ("FILL(a, 0) - FILL(b, 0)", [3, -1, 6]),
        ("IF(FILL(a, 0) >= 8, b, -1)", [-1, -1, 2]),
        ("IF(a > 7 AND b < 9, a)", [8]),
        ("MAX([a, b])", [6, 1, 8]),
        ("a - MIN(a)", [0, 2]),
    ],
)
def test_metric_math(aws: ClientOf, clock: Clock, expression: str, values: list[float]) -> None:
    one, other = unique("Space"), unique("Space")
    first = clock.now().replace(second=30, microsecond=0) - timedelta(minutes=4)
    for namespace, series in ((one, (6, None, 8)), (other, (3, 1, 2))):
        for minute, value in enumerate(series):
            if value is not None:
                put(aws, namespace, {"Value": value, "Timestamp": first + timedelta(minutes=minute)})
    inputs = [query(id, space, "Sum", ReturnData=False) for id, space in (("a", one), ("b", other))]

    now = first + timedelta(minutes=3)
    results = aws("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "e", "Expression": expression}, *inputs],
        StartTime=first.replace(second=0),
        EndTime=now.replace(second=0),
        ScanBy="TimestampAscending",
    )["MetricDataResults"]

    assert {each["Id"]: each["Values"] for each in results} == {"e": values}


def test_what_metric_math_lacks_is_refused_by_name(aws: ClientOf, clock: Clock) -> None:
    with pytest.raises(ClientError, match="ANOMALY_DETECTION_BAND"):
        data(aws, clock, {"Id": "e", "Expression": "ANOMALY_DETECTION_BAND(a)"}, query("a", "Space", "Sum"))
    with pytest.raises(ClientError, match="ValidationError"):
        data(aws, clock, {"Id": "e", "Expression": "nobody + 1"})
    with pytest.raises(ClientError, match="ValidationError"):
        data(aws, clock, {"Id": "e", "Expression": "().__class__"})


def test_a_value_from_another_month_is_refused(aws: ClientOf, clock: Clock) -> None:
    with pytest.raises(ClientError, match="two weeks"):
        put(aws, "Space", {"Value": 1, "Timestamp": clock.now() - timedelta(days=15)})


def waited_for(aws: ClientOf, clock: Clock, namespace: str, name: str, **dimensions: str) -> dict[str, Any]:
    """A service's metric, once there is one: it comes just after the answer."""
    deadline = time.monotonic() + 20
    while not (found := statistics(aws, clock, namespace, name, **dimensions)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_executions_are_counted_by_how_they_end(aws: ClientOf, clock: Clock) -> None:
    states = {"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "P"}]}}
    states["C"]["Default"] = "F"
    states |= {"P": {"Type": "Pass", "End": True}, "F": {"Type": "Fail", "Error": "No"}}
    machine = aws("stepfunctions").create_state_machine(
        name=unique("machine"),
        definition=json.dumps({"StartAt": "C", "States": states}),
        roleArn=role(aws),
    )["stateMachineArn"]

    for text in ('{"a": 1}', "{}", "{}"):
        aws("stepfunctions").start_execution(stateMachineArn=machine, input=text)

    counted = {"ExecutionsStarted": 3, "ExecutionsSucceeded": 1, "ExecutionsFailed": 2, "ExecutionTime": 3}
    for name, count in counted.items():
        deadline = time.monotonic() + 20
        while waited_for(aws, clock, "AWS/States", name, StateMachineArn=machine)["SampleCount"] < count:
            assert time.monotonic() < deadline, name


def test_invocations_errors_and_throttles_are_counted(aws: ClientOf, clock: Clock) -> None:
    name = deploy(aws, "def handler(event, context): return 1 / event['divisor']")
    invoke(aws, name, {"divisor": 1})
    invoke(aws, name, {"divisor": 0})
    aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequests"):
        invoke(aws, name)

    def told(metric: str) -> dict[str, Any]:
        return waited_for(aws, clock, "AWS/Lambda", metric, FunctionName=name)

    assert told("Invocations") == {"SampleCount": 2, "Sum": 2}
    assert told("Errors") == {"SampleCount": 2, "Sum": 1}
    assert told("Throttles")["Sum"] >= 1  # the client may have asked again
    assert told("Duration")["SampleCount"] == 2


def test_a_dead_letter_sets_an_alarm_off(aws: ClientOf, clock: Clock) -> None:
    letters, letters_arn = queue(aws)
    url, _ = queue(
        aws,
        VisibilityTimeout="0",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": letters_arn, "maxReceiveCount": 1}),
    )
    name = unique("alarm")
    queue_name = letters.rsplit("/", 1)[1]
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": queue_name}],
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )

    aws("sqs").send_message(QueueUrl=url, MessageBody="poison")
    deadline = time.monotonic() + 20
    while aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] != "ALARM":
        aws("sqs").receive_message(QueueUrl=url)
        assert time.monotonic() < deadline

    assert statistics(aws, clock, "AWS/SQS", "NumberOfMessagesSent", QueueName=queue_name) == {}
    sent = statistics(aws, clock, "AWS/SQS", "NumberOfMessagesSent", QueueName=url.rsplit("/", 1)[1])
    assert sent == {"SampleCount": 1, "Sum": 1}


def test_an_endpoints_answers_and_errors_are_counted(aws: ClientOf, clock: Clock) -> None:
    toy = Toy(aws)
    endpoint = toy.endpoint(toy.model())
    toy.ask(endpoint)
    for status in (400, 500):
        with pytest.raises(ClientError, match="ModelError"):
            toy.ask(endpoint, f"fail {status}".encode())

    def told(metric: str) -> dict[str, Any]:
        of = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
        return statistics(aws, clock, "AWS/SageMaker", metric, **of)

    assert told("Invocations") == {"SampleCount": 3, "Sum": 3}
    assert told("Invocation4XXErrors") == {"SampleCount": 3, "Sum": 1}
    assert told("Invocation5XXErrors") == {"SampleCount": 3, "Sum": 1}
    assert told("InvocationModelErrors") == {"SampleCount": 3, "Sum": 2}
    assert told("InvocationsPerInstance") == {"SampleCount": 3, "Sum": 3}
    assert told("ModelLatency")["Sum"] > 0 and told("OverheadLatency")["Sum"] > 0


@given(st.text("ab01.+-*/^<>=&|()[], FILMANXORDCE"))
def test_any_text_is_an_expression_or_is_refused(expression: str) -> None:
    try:
        value = evaluate(expression, {"a": {0.0: 1.0}, "b": {60.0: 2.0}}, [0.0, 60.0])
    except (MetricMathError, NotImplementedError):
        return
    assert isinstance(value, float | dict)
