"""What a call needs besides its own action: the keys of what is encrypted, the source of a copy, the passing
on of a role.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from . import subjects
from .operations import Operation

# The services that act as a role they are given, and the name under which they assume it
PRINCIPALS = {
    "events": "events.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
    "stepfunctions": "states.amazonaws.com",
}
ROLE_PARAMETERS = ("role", "rolearn", "executionrolearn")
_ENCRYPT, _DECRYPT = ("kms:GenerateDataKey",), ("kms:Decrypt",)
# Each part of an upload is encrypted with the key of its beginning
_MULTIPART = ("CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload")


class Call(NamedTuple):
    action: str
    resource: str
    keys: Mapping[str, tuple[str, ...]]  # condition keys in lower case


def of_operation(operation: Operation, resources: list[str], account_id: str) -> Iterator[Call]:
    """What AWS asks besides when an operation is called."""
    if operation.service == "s3":
        yield from _of_objects(operation, resources, account_id)
    elif operation.service == "sqs" and operation.name.startswith(("SendMessage", "ReceiveMessage")):
        yield from of_queue(resources[0], operation.name.startswith("Send"))
    elif operation.service == "sns" and operation.name.startswith("Publish"):
        yield from of_topic(resources[0])
    for role_arn in passed_roles(operation):
        yield Call("iam:PassRole", role_arn, {"iam:passedtoservice": (PRINCIPALS[operation.service],)})


def passed_roles(operation: Operation) -> list[str]:
    """The roles that a call gives to the service, to act as."""
    return _roles_in(operation.parameters) if operation.service in PRINCIPALS else []


def of_queue(arn: str, sends: bool) -> list[Call]:
    """Whoever sends to an encrypted queue, or reads from it, uses its key."""
    found = subjects.queue(arn)
    actions = _ENCRYPT + _DECRYPT if sends else _DECRYPT
    return list(_with_key(getattr(found, "kms_master_key_id", None), actions, "sqs", "aws:sqs:arn", arn))


def of_topic(arn: str) -> list[Call]:
    found = subjects.topic(arn)
    key_id = found.kms_master_key_id if found is not None else None
    return list(_with_key(key_id, _ENCRYPT + _DECRYPT, "sns", "aws:sns:topicarn", arn))


def _of_objects(operation: Operation, resources: list[str], account_id: str) -> Iterator[Call]:
    given, name = operation.parameters, operation.name
    if source := given.get("CopySource"):
        path = unquote(str(source)).lstrip("/").partition("?versionId=")[0]
        yield Call("s3:GetObject", f"arn:aws:s3:::{path}", {})
        yield from _of_stored(path, operation.region, account_id)
    if name in ("GetObject", "HeadObject") and subjects.is_missing(given["Bucket"], given["Key"], account_id):
        # Who may not list is not told what is there: S3 calls a missing object forbidden.
        yield Call("s3:ListBucket", f"arn:aws:s3:::{given['Bucket']}", {})
    if name == "GetObject" or (name == "HeadObject" and given.get("ChecksumMode")):
        yield from _of_stored(resources[0].removeprefix("arn:aws:s3:::"), operation.region, account_id)
    if name in ("PutObject", "CopyObject", *_MULTIPART):
        default = getattr(subjects.bucket(given["Bucket"], account_id), "encryption", None) or {}
        rule = default.get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
        asked = given.get("ServerSideEncryption") or rule.get("SSEAlgorithm")
        key_id = (given.get("SSEKMSKeyId") or rule.get("KMSMasterKeyID")) if asked == "aws:kms" else None
        actions = _ENCRYPT + _DECRYPT if name in _MULTIPART else _ENCRYPT
        yield from _with_key(key_id, actions, "s3", "aws:s3:arn", resources[0], operation.region, account_id)


def _of_stored(path: str, region: str, account_id: str) -> Iterator[Call]:
    """The key of an object that is there."""
    bucket_name, _, key = path.partition("/")
    bucket = subjects.bucket(bucket_name, account_id)
    stored = bucket.keys.get(key) if bucket is not None else None
    key_id = (
        stored.kms_key_id if stored is not None and getattr(stored, "encryption", None) == "aws:kms" else None
    )
    yield from _with_key(key_id, _DECRYPT, "s3", "aws:s3:arn", f"arn:aws:s3:::{path}", region, account_id)


def _with_key(
    key_id: str | None,
    actions: tuple[str, ...],
    service: str,
    named: str,
    arn: str,
    region: str = "",
    account_id: str = "",
) -> Iterator[Call]:
    """Nothing for a key of AWS's own, whose policy lets all of the account use it through the service."""
    if not key_id:
        return
    region, account_id = region or arn.split(":")[3], account_id or arn.split(":")[4]
    key = subjects.kms_key(key_id, region, account_id)
    if key is None or key_id.startswith("alias/aws/"):
        return
    keys = {
        "kms:viaservice": (f"{service}.{region}.amazonaws.com",),
        "kms:calleraccount": (account_id,),
        f"kms:encryptioncontext:{named}": (arn,),
    }
    for action in actions:
        yield Call(action, key.arn, keys)


def _roles_in(given: Any) -> list[str]:
    if isinstance(given, list):
        return [role for each in given for role in _roles_in(each)]
    if not isinstance(given, dict):
        return []
    found = []
    for name, value in given.items():
        if name.lower() in ROLE_PARAMETERS and isinstance(value, str):
            found.append(value)
        else:
            found += _roles_in(value)
    return list(dict.fromkeys(found))
