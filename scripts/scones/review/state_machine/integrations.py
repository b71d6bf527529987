"""What a state machine's role has to be allowed, read from its states.

Which actions AWS wants for an integration: https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
Names of actions are checked against AWS's own list (scones.review.permissions.access_levels).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scones.review.permissions.access_levels import spelled
from scones.review.state_machine.definition import Machine, State

# A resource that the definition leaves open until the execution runs: any of the action's resources will do.
OPEN = ""

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a state machine runs. What is not known is `*`."""

    name: str = "*"
    partition: str = "aws"
    region: str = "*"
    account: str = "*"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Need:
    """What a state does in AWS. `why` is the state's path, or else what of the machine needs it.

    `is_optional` is what AWS lists and what an execution can do without.
    """

    why: str
    action: str
    resource: str = OPEN
    is_state: bool = True
    is_optional: bool = False


@dataclass(frozen=True)
class Needs:
    """Everything that a machine needs. `unknown` are states whose needs nobody here can tell, with why."""

    needs: tuple[Need, ...]
    unknown: tuple[tuple[str, str], ...] = ()


def needs_of(machine: Machine, place: Place) -> Needs:
    """Return what the states of a machine need, in the order of the definition."""
    found: list[Need] = []
    unknown: list[tuple[str, str]] = []
    for path, state in machine.states.items():
        try:
            for action, resource, is_optional in _of(state, place):
                found.append(Need(path, action, resource, is_optional=is_optional))
        except UnknownIntegration as error:
            unknown.append((path, str(error)))
    return Needs(tuple(dict.fromkeys(found)), tuple(unknown))


class UnknownIntegration(Exception):
    """Nobody here can tell what a state needs."""


Wanted = tuple[str, str, bool]  # action, resource, is_optional


def _of(state: State, place: Place) -> Iterator[Wanted]:
    if state.get("Type") == "Map":
        yield from _of_map(state, place)
    if state.get("Type") == "Task":
        yield from _of_task(str(state.get("Resource", "")), _parameters(state), place)


def _of_task(resource: str, parameters: Parameters, place: Place) -> Iterator[Wanted]:
    if re.match(r"arn:[\w-]+:lambda:", resource):
        yield "lambda:InvokeFunction", resource, False
        return
    if re.match(r"arn:[\w-]+:states:[^:]*:[^:]*:activity:", resource):
        return  # whoever works on it asks for it; the machine's role has nothing to do with that
    found = re.fullmatch(r"arn:[\w-]+:states:::(?:aws-sdk:)?([\w-]+):(\w+)(\..+)?", resource)
    if not found:
        raise UnknownIntegration(f"`{resource}` is no integration that is known here")
    service, operation, pattern = found.groups()
    service = PREFIXES.get(service.lower(), service.lower())
    if (service, operation) in OPTIMIZED:
        yield from OPTIMIZED[service, operation](parameters, place)
    elif service == "sagemaker" and operation in SAGEMAKER:
        yield from _sagemaker(operation, parameters, place)
    else:
        yield from _by_name(service, operation, parameters, place)
    if pattern and pattern.startswith(".sync"):
        yield from _waiting(service, operation, parameters, place)


# --- Integrations that Step Functions knows by itself ------------------------------------------------


def _lambda(parameters: Parameters, place: Place) -> Iterator[Wanted]:
    name = _static(parameters, "FunctionName")
    qualifier = _static(parameters, "Qualifier")
    if not name:
        yield "lambda:InvokeFunction", OPEN, False
        return
    arn = name if name.startswith("arn:") else place.arn("lambda", f"function:{name.split(':function:')[-1]}")
    yield "lambda:InvokeFunction", f"{arn}:{qualifier}" if qualifier else arn, False


def _sqs(parameters: Parameters, place: Place) -> Iterator[Wanted]:
    found = re.match(r"https?://([^/]+)/(\d{12})/([^/]+)$", _static(parameters, "QueueUrl"))
    if not found:
        yield "sqs:SendMessage", OPEN, False
        return
    host, account, name = found.groups()
    region = re.match(r"sqs\.([\w-]+)\.", host)
    where = Place(place.name, place.partition, region[1] if region else place.region, account)
    yield "sqs:SendMessage", where.arn("sqs", name), False


def _sns(parameters: Parameters, _place: Place) -> Iterator[Wanted]:
    yield "sns:Publish", _static(parameters, "TopicArn") or _static(parameters, "TargetArn"), False


def _start_execution(parameters: Parameters, _place: Place) -> Iterator[Wanted]:
    yield "states:StartExecution", _static(parameters, "StateMachineArn"), False


def _put_events(parameters: Parameters, place: Place) -> Iterator[Wanted]:
    entries = parameters.get("Entries")
    if not isinstance(entries, list):
        yield "events:PutEvents", OPEN, False
        return
    for entry in entries:
        is_open = "EventBusName.$" in entry
        bus = _static(entry, "EventBusName") or ("" if is_open else "default")
        arn = bus if not bus or bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
        yield "events:PutEvents", arn, False


def _invoke_endpoint(parameters: Parameters, place: Place) -> Iterator[Wanted]:
    name = _static(parameters, "EndpointName")
    yield (
        "sagemaker:InvokeEndpoint",
        place.arn("sagemaker", f"endpoint/{name.lower()}") if name else OPEN,
        False,
    )


def _dynamodb(operation: str) -> Callable[[Parameters, Place], Iterator[Wanted]]:
    def needs(parameters: Parameters, place: Place) -> Iterator[Wanted]:
        table = _static(parameters, "TableName")
        arn = table if not table or table.startswith("arn:") else place.arn("dynamodb", f"table/{table}")
        yield f"dynamodb:{operation}", arn, False

    return needs


OPTIMIZED: Mapping[tuple[str, str], Callable[[Parameters, Place], Iterator[Wanted]]] = {
    ("lambda", "invoke"): _lambda,
    ("sqs", "sendMessage"): _sqs,
    ("sns", "publish"): _sns,
    ("states", "startExecution"): _start_execution,
    ("events", "putEvents"): _put_events,
    ("sagemaker", "invokeEndpoint"): _invoke_endpoint,
    ("dynamodb", "getItem"): _dynamodb("GetItem"),
    ("dynamodb", "putItem"): _dynamodb("PutItem"),
    ("dynamodb", "updateItem"): _dynamodb("UpdateItem"),
    ("dynamodb", "deleteItem"): _dynamodb("DeleteItem"),
}

# What SageMaker makes: the field that names it, its kind in ARNs, and the name of the rule for its events.
SAGEMAKER = {
    "createTrainingJob": ("TrainingJobName", "training-job", "TrainingJobs"),
    "createTransformJob": ("TransformJobName", "transform-job", "TransformJobs"),
    "createProcessingJob": ("ProcessingJobName", "processing-job", "ProcessingJobs"),
    "createHyperParameterTuningJob": (
        "HyperParameterTuningJobName",
        "hyper-parameter-tuning-job",
        "TuningJobs",
    ),
    "createLabelingJob": ("LabelingJobName", "labeling-job", "LabelingJobs"),
    "createModel": ("ModelName", "model", ""),
    "createEndpointConfig": ("EndpointConfigName", "endpoint-config", ""),
    "createEndpoint": ("EndpointName", "endpoint", ""),
}


def _sagemaker(operation: str, parameters: Parameters, place: Place) -> Iterator[Wanted]:
    yield _named("sagemaker", operation), _made_by_sagemaker(operation, parameters, place), False
    yield "sagemaker:ListTags", OPEN, True
    for key in ("RoleArn", "ExecutionRoleArn"):
        if key in parameters or f"{key}.$" in parameters:
            yield "iam:PassRole", _static(parameters, key), False


def _made_by_sagemaker(operation: str, parameters: Parameters, place: Place) -> str:
    name_field, kind, _ = SAGEMAKER[operation]
    name = _static(parameters, name_field)
    return place.arn("sagemaker", f"{kind}/{name}") if name else OPEN


def _waiting(service: str, operation: str, parameters: Parameters, place: Place) -> Iterator[Wanted]:
    """Return what Step Functions needs to wait for the end of what it has started, and to stop it."""
    if service == "sagemaker" and operation in SAGEMAKER:
        made = _made_by_sagemaker(operation, parameters, place)
        kind = operation.removeprefix("create")
        for verb in ("Describe", "Stop"):
            yield _named(service, f"{verb}{kind}"), made, False
        yield "sagemaker:AddTags", made, False
        yield from _events(f"SageMaker{SAGEMAKER[operation][2]}", place)
    elif (service, operation) == ("states", "startExecution"):
        machine = _static(parameters, "StateMachineArn")
        execution = machine.replace(":stateMachine:", ":execution:") + ":*" if machine else OPEN
        yield "states:DescribeExecution", execution, False
        yield "states:StopExecution", execution, False
        yield from _events("StepFunctionsExecution", place)
    else:
        raise UnknownIntegration(f"what it takes to wait for `{service}:{operation}` is not known here")


def _events(what: str, place: Place) -> Iterator[Wanted]:
    rule = place.arn("events", f"rule/StepFunctionsGetEventsFor{what}Rule")
    for action in ("PutTargets", "PutRule", "DescribeRule"):
        yield f"events:{action}", rule, False


# --- Everything else, by the names of AWS's API ------------------------------------------------------

# Services whose name in an integration is not the one in a policy.
PREFIXES = {
    "sfn": "states",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "sagemakerruntime": "sagemaker",
    "bedrockruntime": "bedrock",
    "sesv2": "ses",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "cognitoidentityprovider": "cognito-idp",
    "cognitoidentity": "cognito-identity",
    "emr": "elasticmapreduce",
    "applicationautoscaling": "application-autoscaling",
}
# Operations that a policy calls otherwise.
OPERATIONS = {
    "s3:headobject": "s3:GetObject",
    "s3:headbucket": "s3:ListBucket",
    "s3:listobjects": "s3:ListBucket",
    "s3:listobjectsv2": "s3:ListBucket",
    "s3:listbuckets": "s3:ListAllMyBuckets",
    "s3:copyobject": "s3:PutObject",
    "s3:deleteobjects": "s3:DeleteObject",
    "s3:createmultipartupload": "s3:PutObject",
    "s3:uploadpart": "s3:PutObject",
    "s3:completemultipartupload": "s3:PutObject",
}
S3_OF_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation")


def _by_name(service: str, operation: str, parameters: Parameters, place: Place) -> Iterator[Wanted]:
    if service == "http" or (service, operation) == ("apigateway", "invoke"):
        raise UnknownIntegration(f"what `{service}:{operation}` needs depends on what it calls")
    action = OPERATIONS.get(f"{service}:{operation.lower()}") or _named(service, operation)
    yield action, _s3(action, parameters, place) if service == "s3" else OPEN, False


def _named(service: str, operation: str) -> str:
    name = spelled(service, operation)
    if name is None:
        raise UnknownIntegration(f"AWS lists no action for `{service}:{operation}`")
    return name


def _s3(action: str, parameters: Parameters, place: Place) -> str:
    bucket, key = _static(parameters, "Bucket"), _static(parameters, "Key")
    if not bucket:
        return OPEN
    if action in S3_OF_BUCKET or "Bucket" in action.partition(":")[2]:
        return f"arn:{place.partition}:s3:::{bucket}"
    return f"arn:{place.partition}:s3:::{bucket}/{key or '*'}"


# --- Map ---------------------------------------------------------------------------------------------


def _of_map(state: State, place: Place) -> Iterator[Wanted]:
    """Return what a Map needs to read its items, to write its results, and for executions of its own."""
    reader, writer = state.get("ItemReader"), state.get("ResultWriter")
    if isinstance(reader, Mapping):
        yield from _of_task(str(reader.get("Resource", "")), _parameters(reader), place)
    if isinstance(writer, Mapping) and _parameters(writer):
        parameters = _parameters(writer)
        bucket, prefix = _static(parameters, "Bucket"), _static(parameters, "Prefix")
        objects = f"{prefix.rstrip('/')}/*" if prefix else "*"
        arn = f"arn:{place.partition}:s3:::{bucket}/{objects}" if bucket else OPEN
        for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload"):
            yield f"s3:{action}", arn, False
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, Mapping) else {}
    if config.get("Mode") == "DISTRIBUTED":
        yield "states:StartExecution", place.arn("states", f"stateMachine:{place.name}"), False
        for action in ("DescribeExecution", "StopExecution"):
            yield f"states:{action}", place.arn("states", f"execution:{place.name}:*"), False


# --- Values ------------------------------------------------------------------------------------------


def _parameters(state: State) -> Parameters:
    for name in ("Parameters", "Arguments"):
        if isinstance(state.get(name), Mapping):
            parameters: Parameters = state[name]
            return parameters
    return {}


def _static(parameters: Parameters, name: str) -> str:
    """Return a value that the definition gives, OPEN where it is computed or absent."""
    value = parameters.get(name)
    if not isinstance(value, str) or value.strip().startswith("{%"):
        return OPEN
    return value
