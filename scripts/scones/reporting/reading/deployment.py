"""What is deployed, as AWS describes it: what else would be looked up on many pages of its console.

Only reads. Each part that cannot be read says so in its place. Values that look like secrets are not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scones.errors import SconesError
from scones.reporting.reading.unread import Unread, attempt
from scones.review.secrets.suspects import ABOUT, ANY_FORM, NAMED

if TYPE_CHECKING:
    from scones.settings import Environment, Workflow

HIDDEN = "(hidden: it looks like a secret)"
MOST_ALARMS = 100


@dataclass(frozen=True)
class Table:
    """Rows under a heading; each row is as long as `columns`."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Card:
    """One deployed thing: what is known of it, name by name, and tables."""

    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Deployment:
    """The deployed things, in the order of the flow: a card, or a title with why there is none."""

    cards: Sequence[tuple[str, Card | Unread]]
    endpoint_created: Any = None  # aware datetime; None when there is no endpoint


def read_deployment(environment: Environment, workflow: Workflow, training_job: str | None) -> Deployment:
    """Ask AWS for everything that belongs to a workflow."""
    sagemaker = environment.client("sagemaker")
    functions = workflow.function_names
    endpoint = attempt(lambda: sagemaker.describe_endpoint(EndpointName=workflow.endpoint_name))
    readers: list[tuple[str, Callable[[], Card]]] = [
        ("Endpoint", lambda: _endpoint(sagemaker, _known(endpoint))),
        ("Model", lambda: _model(environment, _known(endpoint))),
        ("Training job", lambda: _training_job(sagemaker, training_job)),
        ("State machine", lambda: _state_machine(environment, workflow.state_machine_arn)),
        *(
            (f"Function {name}", lambda name=deployed: _function(environment, name))
            for name, deployed in sorted(functions.items())
        ),
        (
            "Alarms",
            lambda: _alarms(environment, _common_start([*functions.values(), workflow.endpoint_name])),
        ),
        ("Review queue", lambda: _queue(environment, workflow.review_queue_url)),
        ("Notifications", lambda: _topic(environment, workflow.notification_topic_arn)),
    ]
    if workflow.paused:
        paused = Unread("the endpoint is paused: 'make resume' plans to bring it back")
        readers = [entry for entry in readers if entry[0] not in ("Endpoint", "Model")]
        cards: list[tuple[str, Card | Unread]] = [("Endpoint", paused)]
    else:
        cards = []
    cards += [(title, attempt(read)) for title, read in readers]
    created = None if isinstance(endpoint, Unread) else endpoint["CreationTime"]
    return Deployment(cards, created)


def _known(answer: Any) -> Any:
    if isinstance(answer, Unread):
        raise SconesError(answer.reason)
    return answer


# --- SageMaker ---------------------------------------------------------------------------------------


def _endpoint(sagemaker: Any, endpoint: Mapping[str, Any]) -> Card:
    name = endpoint["EndpointConfigName"]
    configuration = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    running = {one["VariantName"]: one for one in endpoint.get("ProductionVariants", [])}
    rows = [
        (
            one["VariantName"],
            one["ModelName"],
            _capacity(one),
            _weight(one, running.get(one["VariantName"], {})),
        )
        for one in configuration["ProductionVariants"]
    ]
    capture = configuration.get("DataCaptureConfig") or {}
    options = ", ".join(str(one.get("CaptureMode")) for one in capture.get("CaptureOptions", []))
    return Card(
        endpoint["EndpointName"],
        {
            "Status": endpoint["EndpointStatus"],
            "Made": _time(endpoint["CreationTime"]),
            "Changed": _time(endpoint.get("LastModifiedTime")),
            "Configuration": name,
            "Data capture": "on" if capture.get("EnableCapture") else "off",
            "Captured": f"{capture.get('InitialSamplingPercentage', 0)} % of {options}" if capture else "",
            "Captures": str(capture.get("DestinationS3Uri", "")),
        },
        [Table("Variants", ("Variant", "Model", "Runs on", "Weight"), rows)],
    )


def _capacity(variant: Mapping[str, Any]) -> str:
    serverless = variant.get("ServerlessConfig")
    if serverless:
        most = serverless.get("MaxConcurrency")
        return f"serverless, {serverless.get('MemorySizeInMB')} MB, at most {most} at a time"
    return f"{variant.get('InitialInstanceCount', '?')} × {variant.get('InstanceType', '?')}"


def _weight(variant: Mapping[str, Any], running: Mapping[str, Any]) -> str:
    return f"{running.get('CurrentWeight', variant.get('InitialVariantWeight', 1)):g}"


def _model(environment: Environment, endpoint: Mapping[str, Any]) -> Card:
    sagemaker = environment.client("sagemaker")
    configuration = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=configuration["ProductionVariants"][0]["ModelName"])
    container = model.get("PrimaryContainer") or (model.get("Containers") or [{}])[0]
    return Card(
        model["ModelName"],
        {
            "Made": _time(model.get("CreationTime")),
            "Image": str(container.get("Image", "")),
            "Weights": str(container.get("ModelDataUrl", "")),
            "Package": str(container.get("ModelPackageName", "")),
            "Role": model["ExecutionRoleArn"],
            "Policies": _policies(environment, model["ExecutionRoleArn"]),
        },
        _pairs("Environment", container.get("Environment") or {}),
    )


def _training_job(sagemaker: Any, name: str | None) -> Card:
    if not name:
        raise SconesError("no model manifest names one")
    job = sagemaker.describe_training_job(TrainingJobName=name)
    resources = job.get("ResourceConfig", {})
    metrics = [
        (str(one["MetricName"]), f"{one['Value']:.4g}")
        for one in job.get("FinalMetricDataList", [])
        if isinstance(one.get("Value"), int | float)
    ]
    channels = [
        (one["ChannelName"], one["DataSource"]["S3DataSource"]["S3Uri"])
        for one in job.get("InputDataConfig", [])
        if "S3DataSource" in one.get("DataSource", {})
    ]
    return Card(
        name,
        {
            "Status": str(job.get("TrainingJobStatus", "")),
            "Started": _time(job.get("TrainingStartTime")),
            "Seconds": str(job.get("TrainingTimeInSeconds", "")),
            "Billed seconds": str(job.get("BillableTimeInSeconds", "")),
            "Runs on": f"{resources.get('InstanceCount', '?')} × {resources.get('InstanceType', '?')}",
            "Image": str(job.get("AlgorithmSpecification", {}).get("TrainingImage", "")),
            "Artefact": str(job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")),
            "Role": str(job.get("RoleArn", "")),
        },
        [
            *([Table("Metrics", ("Metric", "Final value"), metrics)] if metrics else []),
            *_pairs("Hyperparameters", job.get("HyperParameters") or {}),
            *([Table("Channels", ("Channel", "Data"), channels)] if channels else []),
        ],
    )


# --- The workflow ------------------------------------------------------------------------------------


def _state_machine(environment: Environment, arn: str) -> Card:
    machine = environment.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    logging = (machine.get("loggingConfiguration") or {}).get("level", "OFF")
    return Card(
        machine["name"],
        {
            "Status": str(machine.get("status", "")),
            "Type": str(machine.get("type", "")),
            "Made": _time(machine.get("creationDate")),
            "Logs": str(logging),
            "Role": machine["roleArn"],
            "Policies": _policies(environment, machine["roleArn"]),
        },
    )


def _function(environment: Environment, name: str) -> Card:
    function = environment.client("lambda").get_function_configuration(FunctionName=name)
    role = function["Role"]
    return Card(
        name,
        {
            "Runtime": f"{function.get('Runtime', '')}, {', '.join(function.get('Architectures', []))}",
            "Memory": f"{function.get('MemorySize')} MB, {function.get('Timeout')} s at most",
            "Code": f"{function.get('CodeSize', 0):,} bytes, SHA-256 {function.get('CodeSha256', '')}",
            "Changed": str(function.get("LastModified", ""))[:19].replace("T", " "),
            "Role": role,
            "Policies": _policies(environment, role),
        },
        _pairs("Environment", (function.get("Environment") or {}).get("Variables") or {}),
    )


def _policies(environment: Environment, role_arn: str) -> str:
    """Return the names of a role's policies, or why they are not known."""
    iam, role = environment.client("iam"), role_arn.rsplit("/", maxsplit=1)[-1]

    def read() -> str:
        inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return ", ".join([*inline, *(one["PolicyName"] for one in attached)]) or "none"

    found = attempt(read)
    return f"could not be read: {found.reason}" if isinstance(found, Unread) else found


def _alarms(environment: Environment, start: str) -> Card:
    if not start:
        raise SconesError("the names of what is deployed have no start in common to find the alarms by")
    pages = (
        environment.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=start, PaginationConfig={"MaxItems": MOST_ALARMS})
    )
    rows = [
        (one["AlarmName"], one["StateValue"], one.get("AlarmDescription", ""))
        for page in pages
        for one in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
    ]
    return Card(
        f"{len(rows)} alarms", {}, [Table("Alarms", ("Alarm", "State", "About"), rows)] if rows else []
    )


def _queue(environment: Environment, url: str) -> Card:
    if not url:
        raise SconesError("the workflow names none")
    answer = environment.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    found = answer.get("Attributes", {})
    return Card(
        url.rsplit("/", maxsplit=1)[-1],
        {
            "Waiting": str(found.get("ApproximateNumberOfMessages", "")),
            "Being looked at": str(found.get("ApproximateNumberOfMessagesNotVisible", "")),
            "Kept for": f"{int(found.get('MessageRetentionPeriod', 0)) // 86400} days",
            "Address": url,
        },
    )


def _topic(environment: Environment, arn: str) -> Card:
    if not arn:
        raise SconesError("the workflow names none")
    found = environment.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return Card(
        arn.rsplit(":", maxsplit=1)[-1],
        {
            "Subscriptions": str(found.get("SubscriptionsConfirmed", "")),
            "Not confirmed": str(found.get("SubscriptionsPending", "")),
            "Topic": arn,
        },
    )


# --- Values ------------------------------------------------------------------------------------------


def _pairs(title: str, values: Mapping[str, Any]) -> list[Table]:
    rows = [(str(name), shown(str(name), str(value))) for name, value in sorted(values.items())]
    return [Table(title, ("Name", "Value"), rows)] if rows else []


def shown(name: str, value: str) -> str:
    """Return a value as a page may show it: not when its name or its form is that of a secret."""
    plain = name.lower().replace("-", "_")
    is_named = bool(NAMED.search(plain)) and not ABOUT.search(plain)
    return HIDDEN if value and (is_named or ANY_FORM.search(value)) else value


def _time(value: Any) -> str:
    return f"{value:%-d %B %Y, %H:%M:%S %Z}" if value else ""


def _common_start(names: Sequence[str]) -> str:
    """Return what all the names begin with, up to a hyphen."""
    if len(names) < 2:
        return ""
    first, last = min(names), max(names)
    same = next(
        (place for place, letter in enumerate(first) if last[place : place + 1] != letter), len(first)
    )
    return first[:same].rpartition("-")[0]
