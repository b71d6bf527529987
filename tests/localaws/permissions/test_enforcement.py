"""Roles through boto3: what their policies allow, and AWS's words for what they do not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..conftest import ClientOf
from .conftest import Account, arn, trusting
from .documents import ACCOUNT, allow, deny, document

S3 = "arn:aws:s3:::"
Q = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"


def denied(call: Callable[..., Any], **arguments: Any) -> tuple[str, int, str]:
    """The error's code, status and message."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def session(role: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/tester"


def test_a_role_reads_what_it_may_and_nothing_else(account: Account) -> None:
    bucket = account.bucket()
    role = account.role(allow("s3:GetObject", f"{S3}{bucket}/in/*"))
    s3 = account.acting(role, "s3")

    assert s3.get_object(Bucket=bucket, Key="in/a.png")["Body"].read() == b"picture"
    assert denied(s3.get_object, Bucket=bucket, Key="out/a.png") == (
        "AccessDenied",
        403,
        f"User: {session(role)} is not authorized to perform: s3:GetObject on resource: "
        f"{S3}{bucket}/out/a.png "
        "because no identity-based policy allows the s3:GetObject action",
    )
    assert denied(s3.put_object, Bucket=bucket, Key="in/b.png", Body=b"")[0] == "AccessDenied"
    assert denied(s3.head_object, Bucket=bucket, Key="out/a.png")[:2] == ("403", 403)
    assert account.aws("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 2


def test_a_missing_object_is_forbidden_to_who_may_not_list(account: Account) -> None:
    bucket = account.bucket()
    read = allow("s3:GetObject", f"{S3}{bucket}/*")
    role = account.role(read)
    s3 = account.acting(role, "s3")

    assert denied(s3.get_object, Bucket=bucket, Key="nothing")[0] == "AccessDenied"
    assert denied(s3.head_object, Bucket=bucket, Key="nothing")[1] == 403
    only_in = {"StringLike": {"s3:prefix": "in/*"}}
    account.may(role, read, allow("s3:ListBucket", f"{S3}{bucket}", Condition=only_in))
    assert denied(s3.get_object, Bucket=bucket, Key="in/nothing")[0] == "AccessDenied"
    account.may(role, read, allow("s3:ListBucket", f"{S3}{bucket}"))
    assert denied(s3.get_object, Bucket=bucket, Key="nothing")[0] == "NoSuchKey"
    assert denied(s3.head_object, Bucket=bucket, Key="nothing")[1] == 404


def test_a_key_that_looks_like_an_arn_is_a_key(account: Account) -> None:
    bucket, other = account.bucket(), account.bucket()
    s3 = account.acting(account.role(allow("s3:*", f"{S3}{other}/*")), "s3")

    assert denied(s3.put_object, Bucket=bucket, Key=f"{S3}{other}/x", Body=b"")[0] == "AccessDenied"


def test_presigned_urls_are_the_roles_too(account: Account) -> None:
    import urllib.error
    import urllib.request

    bucket = account.bucket()
    s3 = account.acting(account.role(allow("s3:GetObject", f"{S3}{bucket}/in/*")), "s3")
    url = {
        key: s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        for key in ("in/a.png", "out/a.png")
    }

    with urllib.request.urlopen(url["in/a.png"], timeout=10) as answer:
        assert answer.read() == b"picture"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url["out/a.png"], timeout=10)


def test_conditions_see_the_requests_parameters(account: Account) -> None:
    bucket = account.bucket()
    only_in = {"StringLike": {"s3:prefix": ["in/*"]}}
    s3 = account.acting(account.role(allow("s3:ListBucket", f"{S3}{bucket}", Condition=only_in)), "s3")
    metrics = account.acting(
        account.role(
            allow("cloudwatch:PutMetricData", "*", Condition={"StringEquals": {"cloudwatch:namespace": "A"}})
        ),
        "cloudwatch",
    )
    data = [{"MetricName": "m", "Value": 1.0}]

    assert s3.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1
    assert denied(s3.list_objects_v2, Bucket=bucket, Prefix="out/")[0] == "AccessDenied"
    assert denied(s3.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
    metrics.put_metric_data(Namespace="A", MetricData=data)
    assert denied(metrics.put_metric_data, Namespace="B", MetricData=data)[0].startswith("AccessDenied")


def test_an_explicit_deny_says_where_it_stands(account: Account) -> None:
    bucket = account.bucket()
    s3 = account.acting(account.role(allow("s3:*", "*"), deny("s3:GetObject", f"{S3}{bucket}/out/*")), "s3")

    assert s3.get_object(Bucket=bucket, Key="in/a.png")
    message = denied(s3.get_object, Bucket=bucket, Key="out/a.png")[2]
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_a_condition_that_cannot_be_known_denies_and_says_so(account: Account) -> None:
    bucket = account.bucket()
    tagged = {"StringEquals": {"s3:ExistingObjectTag/kind": "public"}}
    s3 = account.acting(account.role(allow("s3:GetObject", "*", Condition=tagged)), "s3")

    assert (
        "cannot evaluate the condition key s3:existingobjecttag/kind"
        in denied(s3.get_object, Bucket=bucket, Key="in/a.png")[2]
    )


def test_a_changed_policy_counts_at_once(account: Account) -> None:
    bucket = account.bucket()
    role = account.role(allow("s3:GetObject", f"{S3}{bucket}/in/*"))
    s3 = account.acting(role, "s3")

    account.may(role, allow("s3:GetObject", f"{S3}{bucket}/out/*"))

    assert s3.get_object(Bucket=bucket, Key="out/a.png")
    assert denied(s3.get_object, Bucket=bucket, Key="in/a.png")[0] == "AccessDenied"


def test_attached_policies_count_in_their_default_version(account: Account, aws: ClientOf) -> None:
    bucket, role = account.bucket(), account.role()
    policy = account.managed(allow("s3:GetObject", "*"))
    aws("iam").attach_role_policy(RoleName=role, PolicyArn=policy)
    s3 = account.acting(role, "s3")
    assert s3.get_object(Bucket=bucket, Key="in/a.png")

    aws("iam").create_policy_version(
        PolicyArn=policy, PolicyDocument=document(allow("s3:PutObject", "*")), SetAsDefault=True
    )

    assert denied(s3.get_object, Bucket=bucket, Key="in/a.png")[0] == "AccessDenied"


def test_a_boundary_and_a_sessions_policy_limit(account: Account) -> None:
    bucket = account.bucket()
    limit = account.managed(allow("s3:GetObject", f"{S3}{bucket}/in/*"))
    bound = account.acting(account.role(allow("s3:*", "*"), PermissionsBoundary=limit), "s3")
    narrow = account.acting(
        account.role(allow("s3:*", "*")), "s3", document(allow("s3:GetObject", f"{S3}{bucket}/in/*"))
    )

    for s3, kind in ((bound, "permissions boundary"), (narrow, "session policy")):
        assert s3.get_object(Bucket=bucket, Key="in/a.png")
        assert f"because no {kind} allows" in denied(s3.get_object, Bucket=bucket, Key="out/a.png")[2]


def test_a_buckets_policy_gives_and_takes(account: Account, aws: ClientOf) -> None:
    bucket, role = account.bucket(), account.role()
    grant = allow("s3:GetObject", f"{S3}{bucket}/in/*", Principal={"AWS": arn(role)})
    tls = deny("s3:*", f"{S3}{bucket}/*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=document(grant, tls))
    s3 = account.acting(role, "s3")
    assert s3.get_object(Bucket=bucket, Key="in/a.png")
    assert denied(s3.get_object, Bucket=bucket, Key="out/a.png")[0] == "AccessDenied"

    refuse = deny("s3:*", f"{S3}{bucket}/*", Principal={"AWS": arn(role)})
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=document(grant, refuse))

    assert denied(s3.get_object, Bucket=bucket, Key="in/a.png")[2].endswith(
        "explicit deny in a resource-based policy"
    )


def test_encrypted_objects_need_the_key_through_s3(account: Account) -> None:
    key = account.key()
    bucket = account.bucket(key_id=key)
    through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    objects = allow(["s3:GetObject", "s3:PutObject"], f"{S3}{bucket}/*")
    role = account.role(objects, allow("kms:Decrypt", key, Condition=through_s3))
    s3 = account.acting(role, "s3")

    assert s3.get_object(Bucket=bucket, Key="in/a.png")
    assert s3.head_object(Bucket=bucket, Key="in/a.png")
    assert (
        f"kms:GenerateDataKey on resource: {key}"
        in denied(s3.put_object, Bucket=bucket, Key="b", Body=b"")[2]
    )
    kms = account.acting(role, "kms")
    assert denied(kms.generate_data_key, KeyId=key, KeySpec="AES_256")[0] == "AccessDeniedException"
    account.may(role, objects)
    assert f"kms:Decrypt on resource: {key}" in denied(s3.get_object, Bucket=bucket, Key="in/a.png")[2]


def test_a_key_that_does_not_name_the_account_is_for_those_it_names(account: Account) -> None:
    role = account.role(allow("kms:*", "*"))
    key = account.key(allow("kms:Decrypt", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/somebody"}))

    message = denied(account.acting(role, "kms").describe_key, KeyId=key)[2]

    assert "because no resource-based policy allows the kms:DescribeKey action" in message


def test_encrypted_queues_and_topics_need_their_key(account: Account, aws: ClientOf) -> None:
    key, name = account.key(), f"q-{uuid.uuid4().hex[:8]}"
    url = aws("sqs").create_queue(QueueName=name, Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    topic = aws("sns").create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
    send = allow(["sqs:SendMessage", "sns:Publish"], [f"{Q}{name}", topic])
    role = account.role(send)
    sqs, sns = account.acting(role, "sqs"), account.acting(role, "sns")

    assert "kms:GenerateDataKey" in denied(sqs.send_message, QueueUrl=url, MessageBody="m")[2]
    assert denied(sns.publish, TopicArn=topic, Message="m")[0] == "AuthorizationError"
    through = {
        "StringEquals": {
            "kms:ViaService": [f"{service}.us-east-1.amazonaws.com" for service in ("sqs", "sns")]
        }
    }
    account.may(role, send, allow(["kms:GenerateDataKey", "kms:Decrypt"], key, Condition=through))
    sqs.send_message(QueueUrl=url, MessageBody="m")
    sns.publish(TopicArn=topic, Message="m")
    assert denied(sqs.receive_message, QueueUrl=url)[0] == "AccessDeniedException"


UNPERMITTED: list[tuple[str, str, dict[str, Any], str]] = [
    ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction"),
    ("lambda", "list_functions", {}, "lambda:ListFunctions"),
    ("stepfunctions", "list_state_machines", {}, "states:ListStateMachines"),
    ("sagemaker", "describe_endpoint", {"EndpointName": "e"}, "sagemaker:DescribeEndpoint"),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "e", "Body": b""}, "sagemaker:InvokeEndpoint"),
    ("events", "put_rule", {"Name": "r", "EventPattern": "{}"}, "events:PutRule"),
    ("events", "put_events", {"Entries": [{"Source": "s"}]}, "events:PutEvents"),
    ("sqs", "create_queue", {"QueueName": "q"}, "sqs:CreateQueue"),
    ("sns", "create_topic", {"Name": "t"}, "sns:CreateTopic"),
    ("logs", "create_log_group", {"logGroupName": "g"}, "logs:CreateLogGroup"),
    ("cloudwatch", "describe_alarms", {}, "cloudwatch:DescribeAlarms"),
    ("iam", "get_role", {"RoleName": "r"}, "iam:GetRole"),
    ("iam", "list_roles", {}, "iam:ListRoles"),
    ("kms", "create_key", {}, "kms:CreateKey"),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "sagemaker"},
     "application-autoscaling:DescribeScalableTargets"),
    ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs"),
    ("s3", "list_buckets", {}, "s3:ListAllMyBuckets"),
]  # fmt: skip
CODES = {"sns": "AuthorizationError", "iam": "AccessDenied", "s3": "AccessDenied", "ec2": "AccessDenied"}


@pytest.mark.parametrize(
    ("service", "call", "arguments", "action"), UNPERMITTED, ids=[each[-1] for each in UNPERMITTED]
)
def test_a_role_without_permissions_is_denied_everywhere_by_the_actions_name(
    account: Account, service: str, call: str, arguments: dict[str, Any], action: str
) -> None:
    client = account.acting(account.role(), service)

    code, status, message = denied(getattr(client, call), **arguments)

    assert (code, status) == (CODES.get(service, "AccessDeniedException"), 403)
    assert f"is not authorized to perform: {action} on resource: " in message


def test_who_one_is_may_be_asked_by_everybody(account: Account) -> None:
    role = account.role()

    assert account.acting(role, "sts").get_caller_identity()["Arn"] == session(role)


def test_a_call_that_cannot_be_named_is_denied_by_that_name(account: Account) -> None:
    client = account.acting(account.role(allow("*", "*")), "kms")

    assert "cannot tell which key kms:Decrypt is about" in denied(client.decrypt, CiphertextBlob=b"x")[2]


def test_a_made_up_session_is_nobodys(account: Account, endpoint_url: str) -> None:
    import boto3

    keys = {
        "aws_access_key_id": "ASIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "x",
        "aws_session_token": "x",
    }
    iam = boto3.client("iam", endpoint_url=endpoint_url, region_name="us-east-1", **keys)

    assert denied(iam.list_roles)[0] == "InvalidClientTokenId"


# --- Roles that are assumed and handed on -------------------------------------------------------------


def test_only_who_the_role_trusts_may_assume_it(account: Account, aws: ClientOf) -> None:
    mine = account.role(allow("sts:AssumeRole", "*"))
    for_me = account.role(trust=trusting(Principal={"AWS": arn(mine)}))
    for_lambda = account.role(trust=trusting(Principal={"Service": "lambda.amazonaws.com"}))
    sts = account.acting(mine, "sts")

    assert sts.assume_role(RoleArn=arn(for_me), RoleSessionName="one")
    for client in (sts, aws("sts")):  # the account's administrator as little
        message = denied(client.assume_role, RoleArn=arn(for_lambda), RoleSessionName="one")[2]
        assert "because no resource-based policy allows the sts:AssumeRole action" in message


def test_handing_a_role_to_a_service_needs_pass_role(account: Account) -> None:
    handed = account.role()
    make = allow(["states:CreateStateMachine", "states:PublishStateMachineVersion"], "*")
    role = account.role(make)
    states = account.acting(role, "stepfunctions")
    asked = {
        "name": f"m-{uuid.uuid4().hex[:8]}",
        "roleArn": arn(handed),
        "definition": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
    }

    assert f"iam:PassRole on resource: {arn(handed)}" in denied(states.create_state_machine, **asked)[2]
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    account.may(role, make, allow("iam:PassRole", arn(handed), Condition=to_lambda))
    assert "iam:PassRole" in denied(states.create_state_machine, **asked)[2]
    to_states = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    account.may(role, make, allow("iam:PassRole", arn(handed), Condition=to_states))
    assert states.create_state_machine(**asked)


def test_a_service_takes_only_a_role_that_trusts_it_for_its_source(account: Account, aws: ClientOf) -> None:
    name = f"m-{uuid.uuid4().hex[:8]}"
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{name}"
    other = {"Service": "lambda.amazonaws.com"}
    states = {"Service": "states.amazonaws.com"}
    of_this = {"ArnEquals": {"aws:SourceArn": machine}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    of_that = {"ArnEquals": {"aws:SourceArn": f"{machine}2"}}
    asked = {"name": name, "definition": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})}

    for trust in (trusting(Principal=other), trusting(Principal=states, Condition=of_that)):
        role = account.role(trust=trust)
        code, status, message = denied(aws("stepfunctions").create_state_machine, roleArn=arn(role), **asked)
        assert (code, status) == ("AccessDeniedException", 400)
        assert "states.amazonaws.com, nor the regional one is authorized to assume" in message
    role = account.role(trust=trusting(Principal=states, Condition=of_this))
    assert aws("stepfunctions").create_state_machine(roleArn=arn(role), **asked)


@pytest.mark.parametrize(
    ("bus", "resource"), [({}, "r"), ({"EventBusName": "default"}, "r"), ({"EventBusName": "mine"}, "mine/r")]
)
def test_a_rule_is_named_with_its_bus_unless_it_is_the_default_one(
    account: Account, bus: dict[str, str], resource: str
) -> None:
    events = account.acting(account.role(), "events")

    message = denied(events.describe_rule, Name="r", **bus)[2]

    assert f"on resource: arn:aws:events:us-east-1:{ACCOUNT}:rule/{resource} because" in message


# --- Simulation ----------------------------------------------------------------------------------------


def test_a_simulation_answers_what_enforcement_does(account: Account, aws: ClientOf) -> None:
    role = account.role(allow("s3:Get*", f"{S3}b/in/*"), deny("s3:*", f"{S3}b/in/no*"))

    answer = aws("iam").simulate_principal_policy(
        PolicySourceArn=arn(role),
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=[f"{S3}b/in/yes", f"{S3}b/in/no"],
    )

    decisions = [(each["EvalActionName"], each["EvalDecision"]) for each in answer["EvaluationResults"]]
    assert decisions == [
        ("s3:GetObject", "allowed"),
        ("s3:GetObject", "explicitDeny"),
        ("s3:PutObject", "implicitDeny"),
        ("s3:PutObject", "explicitDeny"),
    ]


def test_a_custom_policy_is_simulated_with_its_context(aws: ClientOf) -> None:
    policy = document(allow("s3:ListBucket", "*", Condition={"StringLike": {"s3:prefix": "in/*"}}))

    def decision(prefix: str) -> str:
        entry = {"ContextKeyName": "s3:prefix", "ContextKeyValues": [prefix], "ContextKeyType": "string"}
        answer = aws("iam").simulate_custom_policy(
            PolicyInputList=[policy], ActionNames=["s3:ListBucket"], ContextEntries=[entry]
        )
        return str(answer["EvaluationResults"][0]["EvalDecision"])

    assert [decision("in/a"), decision("out/a")] == ["allowed", "implicitDeny"]
