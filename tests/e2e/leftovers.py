"""What a destroyed environment has left behind: resources in AWS, and processes on this machine."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scones.settings import Environment

# SageMaker makes this log group itself, once for an account; every training job in it writes there.
OF_THE_ACCOUNT = ("/aws/sagemaker/TrainingJobs",)


def resources(environment: Environment, prefix: str) -> list[str]:
    """Return every resource with the prefix in its name, as AWS itself lists them, not as a state does."""
    return [f"{kind} {name}" for kind, name in _inventory(environment) if prefix in name]


def _inventory(environment: Environment) -> Iterator[tuple[str, str]]:
    client = environment.client
    for kind, service, operation, items, name in (
        ("function", "lambda", "list_functions", "Functions", "FunctionName"),
        ("state machine", "stepfunctions", "list_state_machines", "stateMachines", "name"),
        ("endpoint", "sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
        ("endpoint configuration", "sagemaker", "list_endpoint_configs", "EndpointConfigs",
         "EndpointConfigName"),
        ("model", "sagemaker", "list_models", "Models", "ModelName"),
        ("model package group", "sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList",
         "ModelPackageGroupName"),
        ("bucket", "s3", "list_buckets", "Buckets", "Name"),
        ("topic", "sns", "list_topics", "Topics", "TopicArn"),
        ("queue", "sqs", "list_queues", "QueueUrls", None),
        ("role", "iam", "list_roles", "Roles", "RoleName"),
        ("alias of a key", "kms", "list_aliases", "Aliases", "AliasName"),
        ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("event rule", "events", "list_rules", "Rules", "Name"),
        ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        ("alarm", "cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName"),
        ("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ):  # fmt: skip
        for item in _all(client(service), operation, items):
            found = item if name is None else item[name]
            if found not in OF_THE_ACCOUNT:
                yield kind, found
    scaling = client("application-autoscaling")
    for target in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        yield "scalable target", target["ResourceId"]


def _all(client: Any, operation: str, items: str) -> Iterator[Any]:
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate():
            yield from page.get(items, [])
    else:
        yield from getattr(client, operation)().get(items, [])


def processes(home: Path) -> list[str]:
    """Return the running processes of a home: it stands in their variables, or they are in it."""
    proc = Path("/proc")
    if not proc.is_dir():
        return []  # not Linux: local AWS's own `stop` has to be trusted
    own = {str(os.getpid()), str(os.getppid())}
    return [
        f"{entry.name} {_words(entry)[:100]}"
        for entry in proc.iterdir()
        if entry.name.isdigit() and entry.name not in own and _belongs(entry, str(home))
    ]


def _belongs(entry: Path, home: str) -> bool:
    try:
        if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return False  # ended; its parent has not asked how yet
        variables = (entry / "environ").read_bytes().decode(errors="replace")
        folder = str((entry / "cwd").readlink())
    except OSError:
        return False  # another user's, or it ended while we looked
    return home in variables or home in folder


def _words(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
