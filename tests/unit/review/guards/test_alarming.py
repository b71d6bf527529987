"""Alarms stay with what they watch, and follow it."""

from unit.review.guards.things import QUEUE, REPLACE, TOPIC, alarm, endpoint, entry, tripped


def test_an_alarm_may_follow_what_gets_another_name() -> None:
    renamed = entry("aws_sagemaker_endpoint", endpoint(), endpoint(name="scones-dev-2"), REPLACE)
    follows = entry(
        "aws_cloudwatch_metric_alarm",
        alarm(),
        alarm(dimensions={"EndpointName": "scones-dev-2", "VariantName": "AllTraffic"}),
    )

    assert "alarms" not in tripped(renamed, follows)
    assert "alarms" in tripped(follows)


def test_an_alarm_may_go_with_what_it_watches() -> None:
    found = tripped(
        entry("aws_sagemaker_endpoint", endpoint(), None),
        entry("aws_cloudwatch_metric_alarm", alarm(), None),
    )

    assert set(found) == {"destroys-endpoint"}


def test_an_alarm_may_not_go_because_something_else_of_that_name_goes() -> None:
    found = tripped(
        entry("aws_cloudwatch_dashboard", {"dashboard_name": "scones-dev", "id": "scones-dev"}, None),
        entry("aws_cloudwatch_metric_alarm", alarm(), None),
    )

    assert set(found) == {"alarms"}


def test_an_alarm_that_computes_from_metrics_may_go_with_what_it_watches() -> None:
    query = [{"metric": [{"dimensions": {"QueueName": "scones-dev-review"}}]}, {"expression": "a + b"}]
    found = tripped(
        entry("aws_sqs_queue", QUEUE, None),
        entry("aws_cloudwatch_metric_alarm", alarm(dimensions=None, metric_query=query), None),
    )

    assert set(found) == {"destroys-data"}


def test_a_topic_that_alarms_send_to_may_not_go_without_them() -> None:
    topic = entry("aws_sns_topic", {"name": "failures", "arn": TOPIC}, None)
    subscription = entry("aws_sns_topic_subscription", {"topic_arn": TOPIC, "endpoint": "a@b.c"}, None)
    kept = entry("aws_cloudwatch_metric_alarm", alarm(), alarm())

    assert len(tripped(topic, subscription, kept)["alarms"]) == 2
    assert tripped(topic, subscription) == {}
