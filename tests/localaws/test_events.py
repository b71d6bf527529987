"""From an object in a bucket to whoever listens: events, rules, targets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .lambda_support import deploy, log_lines, messages, queue, role, role_of, unique
from .machine_support import machine


@pytest.fixture
def bucket(aws: ClientOf) -> str:
    """A bucket that tells EventBridge."""
    name = unique("bucket")
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


def rule(aws: ClientOf, pattern: dict[str, Any], *targets: dict[str, Any]) -> str:
    name = unique("rule")
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    aws("events").put_targets(Rule=name, Targets=numbered)
    return name


def bodies(aws: ClientOf, url: str, count: int = 1) -> list[Any]:
    return [json.loads(message["Body"]) for message in messages(aws, url, count)]


def created_in(bucket: str, **detail: Any) -> dict[str, Any]:
    return {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}, **detail}}


def test_the_event_bridge_switch_reads_back(aws: ClientOf, bucket: str) -> None:
    assert "EventBridgeConfiguration" in aws("s3").get_bucket_notification_configuration(Bucket=bucket)


def test_an_upload_is_one_event_as_s3_words_it(aws: ClientOf, bucket: str) -> None:
    url, arn = queue(aws)
    rule(aws, created_in(bucket), {"Arn": arn})

    etag = aws("s3").put_object(Bucket=bucket, Key="incoming/a b.png", Body=b"pixels")["ETag"]
    aws("s3").put_object(Bucket=bucket, Key="second", Body=b"")

    first, second = sorted(bodies(aws, url, 2), key=lambda event: event["detail"]["object"]["sequencer"])
    assert first["detail-type"] == second["detail-type"] == "Object Created"
    assert first["id"] != second["id"]
    assert first["time"].endswith("Z")
    assert first["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert first["detail"]["reason"] == "PutObject"
    thing = {name: first["detail"]["object"][name] for name in ("key", "size", "etag")}
    assert thing == {"key": "incoming/a b.png", "size": 6, "etag": etag.strip('"')}


def test_tags_and_deletions_are_events_of_their_own(aws: ClientOf, bucket: str) -> None:
    url, arn = queue(aws)
    rule(aws, {**created_in(bucket), "detail-type": [{"anything-but": "Object Created"}]}, {"Arn": arn})
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="x")
    s3.put_object_tagging(Bucket=bucket, Key="x", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object(Bucket=bucket, Key="x")

    kinds = {event["detail-type"] for event in bodies(aws, url, 2)}

    assert kinds == {"Object Tags Added", "Object Deleted"}


def test_an_upload_under_a_prefix_starts_one_execution(aws: ClientOf, bucket: str) -> None:
    done, done_arn = queue(aws)
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = aws("stepfunctions").create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=role(aws)
    )["stateMachineArn"]
    transformer = {
        "InputPathsMap": {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"},
        "InputTemplate": '{"image_data": "", "s3_bucket": <bucket>, "s3_key": "<key>"}',
    }
    pattern = {
        **created_in(bucket, object={"key": [{"prefix": "incoming/"}]}),
        "detail-type": ["Object Created"],
    }
    rule(aws, pattern, {"Arn": machine, "RoleArn": role(aws), "InputTransformer": transformer})
    watched = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine], "status": ["SUCCEEDED"]}}
    rule(aws, watched, {"Arn": done_arn})

    aws("s3").put_object(Bucket=bucket, Key="elsewhere/a.png", Body=b"1")
    aws("s3").put_object(Bucket=bucket, Key='incoming/"b".png', Body=b"2")

    (event,) = bodies(aws, done)
    given = {"image_data": "", "s3_bucket": bucket, "s3_key": 'incoming/"b".png'}
    assert json.loads(event["detail"]["input"]) == given
    assert json.loads(event["detail"]["output"]) == given
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert len(aws("stepfunctions").list_executions(stateMachineArn=machine)["executions"]) == 1


def let_events_in(aws: ClientOf, topic: str, function: str) -> None:
    """A topic, a function and log groups each have policies of their own, which have to name the service."""
    events = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    publish = {"Version": "2012-10-17", "Statement": [{**events, "Action": "sns:Publish", "Resource": topic}]}
    aws("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(publish)
    )
    aws("lambda").add_permission(
        FunctionName=function,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    write = {**events, "Action": "logs:PutLogEvents", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [write]})
    aws("logs").put_resource_policy(policyName=unique("events"), policyDocument=document)


def test_every_kind_of_target_hears_and_one_that_fails_holds_up_no_other(aws: ClientOf) -> None:
    source = unique("source")
    letters, letters_arn = queue(aws)
    plain, plain_arn = queue(aws)
    from_topic, from_topic_arn = queue(aws)
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=from_topic_arn, Attributes={"RawMessageDelivery": "true"}
    )
    told, told_arn = queue(aws)
    function = deploy(aws, "def handler(event, context): return event['detail']")
    aws("lambda").put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnSuccess": {"Destination": told_arn}}
    )
    group = unique("/aws/events/all")
    aws("logs").create_log_group(logGroupName=group)
    let_events_in(aws, topic, function)
    nobody = "arn:aws:sqs:us-east-1:123456789012:nobody"
    rule(
        aws,
        {"source": [source]},
        {"Arn": nobody, "DeadLetterConfig": {"Arn": letters_arn}, "RetryPolicy": {"MaximumRetryAttempts": 0}},
        {"Arn": plain_arn, "InputPath": "$.detail"},
        {"Arn": topic, "Input": '{"said": "so"}'},
        {"Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{function}"},
        {"Arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"},
    )

    entry = {"Source": source, "DetailType": "Order", "Detail": '{"scones": 3}'}
    assert aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    assert bodies(aws, plain) == [{"scones": 3}]
    assert bodies(aws, from_topic) == [{"said": "so"}]
    assert bodies(aws, told)[0]["responsePayload"] == {"scones": 3}
    (letter,) = messages(aws, letters)
    assert json.loads(letter["Body"])["detail"] == {"scones": 3}
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == nobody
    assert [json.loads(line)["detail"] for line in log_lines(aws, group)] == [{"scones": 3}]


def test_a_put_event_keeps_its_id_and_its_time(aws: ClientOf) -> None:
    source = unique("source")
    url, arn = queue(aws)
    rule(aws, {"source": [source]}, {"Arn": arn})
    entry = {"Source": source, "DetailType": "Order", "Detail": "{}", "Resources": ["arn:of:it"]}
    at = datetime(2026, 11, 24, 8, 30, 15, tzinfo=UTC)

    (told,) = aws("events").put_events(Entries=[{**entry, "Time": at}])["Entries"]

    (event,) = bodies(aws, url)
    assert (event["id"], event["time"]) == (told["EventId"], "2026-11-24T08:30:15Z")
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")
    assert (event["version"], event["resources"]) == ("0", ["arn:of:it"])


def test_a_match_type_that_is_none_is_refused(aws: ClientOf) -> None:
    pattern = {"detail": {"$or": [{"key": [{"begins-with": "x"}]}]}}

    with pytest.raises(ClientError, match="Unrecognized match type begins-with"):
        rule(aws, pattern)


def test_a_state_machine_is_no_target_without_a_role(aws: ClientOf) -> None:
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"

    with pytest.raises(ClientError, match="RoleArn is required for target"):
        rule(aws, {"source": ["s"]}, {"Arn": machine})


def test_a_state_machine_is_started_as_the_rules_role_or_not_at_all(aws: ClientOf) -> None:
    letters, letters_arn = queue(aws)
    arn = machine(aws, {"P": {"Type": "Pass", "End": True}})
    source = unique("source")
    may = role_of(aws, "events", Action="states:StartExecution", Resource=arn)
    may_not = role_of(aws, "events", Action="states:StopExecution", Resource=arn)
    failing = {"DeadLetterConfig": {"Arn": letters_arn}, "RetryPolicy": {"MaximumRetryAttempts": 5}}
    for each in (may, may_not):
        rule(aws, {"source": [source]}, {"Arn": arn, "RoleArn": each, **failing})

    aws("events").put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])

    (letter,) = messages(aws, letters)
    told = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert (told["ERROR_CODE"], told["RETRY_ATTEMPTS"]) == ("NO_PERMISSIONS", "0")
    assert may_not.rpartition("/")[2] in told["ERROR_MESSAGE"]
    assert "states:StartExecution" in told["ERROR_MESSAGE"]
    assert len(aws("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 1


@pytest.mark.parametrize("let", [False, True])
def test_a_queue_hears_a_rule_that_its_policy_lets_send(aws: ClientOf, let: bool) -> None:
    (letters, letters_arn), source = queue(aws), unique("source")
    url, arn = queue(aws)
    name = rule(aws, {"source": [source]}, {"Arn": arn, "DeadLetterConfig": {"Arn": letters_arn}})
    rule_arn = aws("events").describe_rule(Name=name)["Arn"] + ("" if let else "-of-another-name")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    aws("events").put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])

    assert bodies(aws, url if let else letters)[0]["source"] == source


def test_a_disabled_rule_and_a_schedule_deliver_nothing(aws: ClientOf) -> None:
    source = unique("source")
    (heard, heard_arn), (unheard, unheard_arn) = queue(aws), queue(aws)
    rule(aws, {"source": [source]}, {"Arn": heard_arn})
    disabled = rule(aws, {"source": [source]}, {"Arn": unheard_arn})
    aws("events").disable_rule(Name=disabled)
    hourly = unique("rule")
    aws("events").put_rule(Name=hourly, ScheduleExpression="rate(1 hour)")
    aws("events").put_targets(Rule=hourly, Targets=[{"Id": "1", "Arn": unheard_arn}])

    aws("events").put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])

    assert len(messages(aws, heard)) == 1
    assert "Messages" not in aws("sqs").receive_message(QueueUrl=unheard)


def test_a_policy_that_denies_insecure_transport_lets_local_calls_through(aws: ClientOf) -> None:
    name = unique("bucket")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*"}
    aws("s3").create_bucket(Bucket=name)

    def with_policy(**more: Any) -> None:
        policy = {"Version": "2012-10-17", "Statement": [{**deny, **more}]}
        aws("s3").put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    with_policy(Condition={"Bool": {"aws:SecureTransport": "false"}})
    aws("s3").put_object(Bucket=name, Key="k", Body=b"v")
    assert aws("s3").get_object(Bucket=name, Key="k")["Body"].read() == b"v"

    with_policy()
    with pytest.raises(aws("s3").exceptions.ClientError, match="403"):
        aws("s3").head_object(Bucket=name, Key="k")
