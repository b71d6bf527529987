"""What services ask of a role when they are given it: that it trusts them, and that it may do what they are
about to do as the role. They refuse the role else, in words of their own.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .implied import Call
from .operations import Operation

UNTRUSTED = {
    "events": ("ValidationException", "Provided role '{role}' cannot be assumed by principal '{principal}'."),
    "lambda": (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    ),
    "sagemaker": (
        "ValidationException",
        "Could not assume role {role}. Please ensure that the role exists and allows principal '{principal}' "
        "to assume the role.",
    ),
    "scheduler": (
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
    "stepfunctions": (
        "AccessDeniedException",
        "Neither the global service principal {principal}, nor the regional one is authorized to assume the "
        "provided role.",
    ),
}
_LOG_DELIVERY = (
    *("CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies"),
    *("GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"),
)
_PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")


class Need(NamedTuple):
    """Calls that a role must be allowed, and the error if it is not."""

    calls: list[Call]
    code: str
    message: str


def needs(operation: Operation) -> Iterator[Need]:
    """Of the role that the operation hands over."""
    given = operation.parameters
    if operation.name in ("CreateStateMachine", "UpdateStateMachine"):
        if (given.get("loggingConfiguration") or {}).get("level", "OFF") != "OFF":
            calls = [Call(f"logs:{action}", "*", {}) for action in _LOG_DELIVERY]
            message = "The state machine IAM Role is not authorized to access the Log Destination"
            yield Need(calls, "AccessDeniedException", message)
    elif operation.name in ("CreateFunction", "UpdateFunctionConfiguration"):
        if target := (given.get("DeadLetterConfig") or {}).get("TargetArn"):
            kind, action = ("SNS", "Publish") if target.split(":")[2] == "sns" else ("SQS", "SendMessage")
            message = f"The provided execution role does not have permissions to call {action} on {kind}"
            call = Call(f"{kind.lower()}:{action}", target, {})
            yield Need([call], "InvalidParameterValueException", message)
    elif operation.service == "sagemaker":
        for image in dict.fromkeys(_images(given)):
            yield _of_image(image)


def _of_image(image: str) -> Need:
    registry, _, name = image.partition("/")
    account_id, _, _, region = registry.split(".")[:4]
    repository = name.partition("@")[0].partition(":")[0]
    arn = f"arn:aws:ecr:{region}:{account_id}:repository/{repository}"
    calls = [
        Call("ecr:GetAuthorizationToken", "*", {}),
        *(Call(f"ecr:{action}", arn, {}) for action in _PULL),
    ]
    message = (
        f"Access denied for repository: {repository} in registry ID: {account_id}. Please check if your ECR "
        "repository and image exist and role {role} has proper pull permissions for SageMaker: "
        + ", ".join(f"ecr:{action}" for action in _PULL)
    )
    return Need(calls, "ValidationException", message)


def _images(given: Any) -> Iterator[str]:
    """The images of a request that lie in ECR."""
    if isinstance(given, list):
        for each in given:
            yield from _images(each)
    elif isinstance(given, dict):
        for name, value in given.items():
            if name in ("TrainingImage", "Image", "ImageUri") and ".dkr.ecr." in str(value):
                yield str(value)
            else:
                yield from _images(value)
