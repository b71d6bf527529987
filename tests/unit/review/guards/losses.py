"""Changes that destroy something, or stop watching it, with the gate that trips and words of it."""

from scones.review.plan import UNKNOWN
from unit.review.guards.things import (
    BUCKET,
    GROUP,
    KEY,
    MASTER,
    QUERY,
    QUEUE,
    REPLACE,
    REPLACE_AFTER,
    SUM,
    TOPIC,
    alarm,
    configuration,
    endpoint,
    entry,
    lifecycle,
)

LOSSES = [
    ("destroys-endpoint", entry("aws_sagemaker_endpoint", endpoint(), None), "destroys endpoint scones-dev"),
    (
        "destroys-endpoint",
        entry("aws_sagemaker_endpoint", endpoint(), endpoint(name="new"), REPLACE),
        "replaces endpoint scones-dev",
    ),
    ("destroys-bucket", entry("aws_s3_bucket", BUCKET, None), "destroys bucket data"),
    ("destroys-bucket", entry("aws_s3_bucket", BUCKET, BUCKET, REPLACE), "replaces bucket data"),
    ("destroys-bucket", entry("aws_s3_bucket", BUCKET, BUCKET | {"force_destroy": True}), "force_destroy"),
    ("destroys-key", entry("aws_kms_key", MASTER, None), "destroys key"),
    ("destroys-key", entry("aws_kms_key", MASTER, MASTER, REPLACE), "replaces key"),
    ("destroys-key", entry("aws_kms_key", MASTER, MASTER | {"is_enabled": False}), "disables key"),
    (
        "destroys-key",
        entry("aws_kms_key", MASTER, MASTER | {"enable_key_rotation": False}),
        "no longer rotated",
    ),
    (
        "destroys-endpoint",
        entry("aws_sagemaker_endpoint", endpoint(), None, ["forget"]),
        "endpoint scones-dev is no longer managed: it goes on serving and costing",
    ),
    (
        "destroys-bucket",
        entry("aws_s3_bucket", BUCKET, None, ["forget"]),
        "bucket data is no longer managed: it stays with all that is in it",
    ),
    (
        "destroys-key",
        entry("aws_kms_key", MASTER, None, ["forget"]),
        "key Pictures is no longer managed: it stays and encrypts as before",
    ),
    (
        "destroys-workflow",
        entry("aws_lambda_function", {"function_name": "f"}, None),
        "destroys function f",
    ),
    (
        "destroys-workflow",
        entry("aws_sfn_state_machine", {"name": "m"}, {"name": "n"}, REPLACE),
        "replaces state machine m",
    ),
    ("destroys-data", entry("aws_sqs_queue", QUEUE, None), "destroys queue scones-dev-review"),
    ("destroys-data", entry("aws_sqs_queue", QUEUE, QUEUE, REPLACE), "replaces queue"),
    ("destroys-data", entry("aws_cloudwatch_log_group", GROUP, None), "destroys log group /aws/lambda/f"),
    (
        "destroys-data",
        entry("aws_sagemaker_model_package_group", {"model_package_group_name": "scones-dev"}, None),
        "destroys model package group scones-dev",
    ),
    (
        "destroys-data",
        entry("aws_s3_bucket_lifecycle_configuration", lifecycle(90), lifecycle(30)),
        "objects under data_capture/ are deleted after 30 days, before: 90 days",
    ),
    (
        "destroys-data",
        entry("aws_s3_bucket_lifecycle_configuration", lifecycle(90), lifecycle(90, 1)),
        "former versions anywhere are deleted after 1 days",
    ),
    (
        "destroys-data",
        entry("aws_s3_bucket_lifecycle_configuration", None, lifecycle(30)),
        "objects under data_capture/ are deleted after 30 days, before: kept for ever",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint()),
        "endpoint scones-dev loses auto-rollback",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint("a")),
        "1 instead of 2 alarms",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint(), REPLACE),
        "loses auto-rollback",
    ),
    ("alarms", entry("aws_cloudwatch_metric_alarm", alarm(), None), "deletes alarm scones-dev-errors"),
    (
        "alarms",
        entry("aws_cloudwatch_metric_alarm", alarm(), alarm(alarm_actions=[])),
        "tells nobody any more",
    ),
    (
        "alarms",
        entry("aws_cloudwatch_metric_alarm", alarm(), alarm(actions_enabled=False)),
        "switched off",
    ),
    (
        "alarms",
        entry("aws_cloudwatch_metric_alarm", alarm(alarm_actions=[TOPIC, "other"]), alarm()),
        "tells 1 instead of 2",
    ),
    (
        "data-capture",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(data_capture_config=[]),
            REPLACE_AFTER,
        ),
        "no longer captured",
    ),
    (
        "data-capture",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(data_capture_config=[{"enable_capture": False, "kms_key_id": KEY}]),
            REPLACE_AFTER,
        ),
        "no longer captured",
    ),
    (
        "data-capture",
        entry("aws_sagemaker_endpoint_configuration", configuration(), configuration(50), REPLACE_AFTER),
        "captures 50 % of requests and answers instead of 100 %",
    ),
    (
        "data-capture",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(modes=("Input",)),
            REPLACE_AFTER,
        ),
        "no longer captures Output",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": 0}),
        "loses its retention of 30 days",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": None}),
        "loses its retention of 30 days",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": 7}),
        "for 7 days, before: 30 days",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP | {"retention_in_days": 0}, GROUP),
        "for 30 days, before: for ever",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint("b", "c")),
        "can no longer be rolled back by alarm a",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a"), endpoint("b", "c")),
        "can no longer be rolled back by alarm a",
    ),
    *[
        ("alarms", entry("aws_cloudwatch_metric_alarm", alarm() | before, alarm() | after), words)
        for before, after, words in (
            (
                {},
                {"dimensions": {"EndpointName": "scones-dev-old"}},
                "watches something else: EndpointName scones-dev → scones-dev-old",
            ),
            ({"metric_name": "Errors"}, {"metric_name": "Calls"}, "metric_name Errors → Calls"),
            ({"namespace": "AWS/Lambda"}, {"namespace": "Own"}, "namespace AWS/Lambda → Own"),
            ({"metric_query": [QUERY]}, {"metric_query": [SUM]}, "watches something else: metric_query"),
            (
                {"comparison_operator": "GreaterThanThreshold"},
                {"comparison_operator": "LessThanThreshold"},
                "goes off below its threshold instead of above",
            ),
            (
                {},
                {"alarm_actions": ["arn:aws:sns:us-east-1:1:quiet"]},
                "tells quiet instead of scones-dev-fail",
            ),
            (
                {},
                {"alarm_actions": [UNKNOWN]},
                "tells a topic that is not known yet instead of scones-dev-failures",
            ),
        )
    ],
    (
        "alarms",
        entry("aws_cloudwatch_composite_alarm", alarm(alarm_rule="ALARM(a)"), alarm(alarm_rule="ALARM(b)")),
        "alarm_rule ALARM(a) → ALARM(b)",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", None, GROUP | {"retention_in_days": 0}),
        "log group /aws/lambda/f is new and has no retention",
    ),
]
