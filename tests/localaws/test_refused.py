"""What moto would accept and nobody follow is refused by name: a success would be a lie."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .lambda_support import role

ROLE = "arn:aws:iam::123456789012:role/test-role"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
WINDOW = {"Mode": "OFF"}
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("lambda", "create_function_url_config", {"FunctionName": "f", "AuthType": "NONE"}),
    ("lambda", "create_event_source_mapping", {"FunctionName": "f", "EventSourceArn": QUEUE}),
    ("stepfunctions", "create_activity", {"name": "a"}),
    ("stepfunctions", "get_activity_task", {"activityArn": FUNCTION}),
    (
        "stepfunctions",
        "create_state_machine_alias",
        {"name": "a", "routingConfiguration": [{"stateMachineVersionArn": FUNCTION, "weight": 100}]},
    ),
    ("events", "create_archive", {"ArchiveName": "a", "EventSourceArn": QUEUE}),
    (
        "events",
        "create_api_destination",
        {"Name": "a", "ConnectionArn": QUEUE, "InvocationEndpoint": "https://a", "HttpMethod": "GET"},
    ),
    (
        "scheduler",
        "create_schedule",
        {
            "Name": "s",
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": WINDOW,
            "Target": {"Arn": QUEUE, "RoleArn": ROLE},
        },
    ),
    (
        "logs",
        "put_metric_filter",
        {
            "logGroupName": "g",
            "filterName": "f",
            "filterPattern": "",
            "metricTransformations": [
                {"metricName": "m", "metricNamespace": "n", "metricValue": "1"},
            ],
        },
    ),
    ("logs", "start_query", {"startTime": 0, "endTime": 1, "queryString": "fields @message"}),
    ("cloudwatch", "put_insight_rule", {"RuleName": "r", "RuleDefinition": "{}"}),
    ("cloudwatch", "put_anomaly_detector", {"Namespace": "n", "MetricName": "m", "Stat": "Sum"}),
]


@pytest.mark.parametrize(
    ("service", "operation", "parameters"), REFUSED, ids=[operation for _, operation, _ in REFUSED]
)
def test_what_nobody_would_follow_is_refused(
    aws: ClientOf, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    role(aws)

    with pytest.raises(ClientError, match="local AWS lacks") as refused:
        getattr(aws(service), operation)(**parameters)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
