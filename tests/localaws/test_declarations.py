"""What Terraform declares and reads back, where moto alone would show a difference."""

from __future__ import annotations

import json

import pytest

from .conftest import ClientOf
from .lambda_support import messages, queue, unique


def attributes(aws: ClientOf, url: str, *names: str) -> dict[str, str]:
    told = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"])
    return dict(told.get("Attributes", {}))


def test_a_queue_keeps_its_policy_when_another_attribute_is_set(aws: ClientOf) -> None:
    url, arn = queue(aws)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})

    assert attributes(aws, url)["Policy"] == policy
    assert attributes(aws, url)["VisibilityTimeout"] == "60"


def test_redrive_policies_read_back_as_they_were_written(aws: ClientOf) -> None:
    (letters, letters_arn), (url, arn) = queue(aws), queue(aws)
    redrive = f'{{"deadLetterTargetArn":"{letters_arn}","maxReceiveCount":5}}'
    allow = f'{{"redrivePermission":"byQueue","sourceQueueArns":["{arn}"]}}'

    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    aws("sqs").set_queue_attributes(QueueUrl=letters, Attributes={"RedriveAllowPolicy": allow})

    assert attributes(aws, url, "RedrivePolicy") == {"RedrivePolicy": redrive}
    assert attributes(aws, letters, "RedriveAllowPolicy") == {"RedriveAllowPolicy": allow}

    aws("sqs").set_queue_attributes(QueueUrl=letters, Attributes={"RedriveAllowPolicy": ""})

    assert "RedriveAllowPolicy" not in attributes(aws, letters)


@pytest.mark.parametrize(("asked", "told"), [({}, 365), ({"RotationPeriodInDays": 90}, 90)])
def test_a_keys_rotation_period_reads_back(aws: ClientOf, asked: dict[str, int], told: int) -> None:
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    assert "RotationPeriodInDays" not in aws("kms").get_key_rotation_status(KeyId=key)

    aws("kms").enable_key_rotation(KeyId=key, **asked)

    assert aws("kms").get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == told


def test_an_alarm_whose_state_is_set_tells_its_topic(aws: ClientOf) -> None:
    url, arn = queue(aws)
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    name = unique("alarm")
    aws("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule="FALSE", AlarmActions=[topic])

    aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")

    (message,) = messages(aws, url)
    notice = json.loads(json.loads(message["Body"])["Message"])
    assert (notice["AlarmName"], notice["NewStateValue"]) == (name, "ALARM")
    (alarm,) = aws("cloudwatch").describe_alarms(AlarmNames=[name])["CompositeAlarms"]
    assert (alarm["AlarmRule"], alarm["StateValue"]) == ("FALSE", "ALARM")
