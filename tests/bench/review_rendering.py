"""Measure the review of a large plan, from its JSON to the finished text, the search for secrets included.

    python -m bench.review_rendering                    500 resources, goal 1 s
    python -m bench.review_rendering --resources 2000

The plan is made by code: functions with roles, policies and logs, alarms, buckets, keys, queues, one endpoint
and one state machine. A third of it changes; a tenth of that is only tags.
"""

import argparse
import base64
import copy
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from scones.review.findings import Context
from scones.review.plan import Plan
from scones.review.review import build
from scones.review.secrets.masking import leaks, secret_values, suspicious, without_secrets
from scones.review.text.rendering import render
from scones.settings import REPOSITORY

GOAL = 1.0  # seconds
RUNS = 5
ACCOUNT = "123456789012"
TAGS = {"Environment": "bench", "Project": "scones", "ManagedBy": "terraform"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--resources", type=int, default=500)
    Console().print(measure(parser.parse_args().resources))


def measure(number: int = 500) -> Table:
    """Return the medians of every step, for a plan of so many resources."""
    content = json.dumps(large_plan(number))
    steps = [timed(content) for _ in range(RUNS)]
    table = Table(f"review of {number} resources, {len(content) / 1e6:.1f} MB", "ms", show_edge=False)
    for name in steps[0]:
        table.add_row(name, f"{1000 * statistics.median(run[name] for run in steps):.0f}")
    table.add_section()
    total = statistics.median(sum(run.values()) for run in steps)
    table.add_row(f"all, median of {RUNS} (goal {1000 * GOAL:.0f})", f"{1000 * total:.0f}")
    return table


def timed(content: str) -> dict[str, float]:
    """Return the seconds of every step."""
    seconds: dict[str, float] = {}

    def step(name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        found = work()
        seconds[name] = time.perf_counter() - started
        return found

    plan = step("read the JSON", lambda: Plan.from_json(content))
    secrets = step("find secrets", lambda: (suspicious(plan), secret_values(plan))[1])
    masked = step("mask them", lambda: without_secrets(plan))
    context = Context("bench", accuracy_floor=0.9)
    review = step("look at the plan", lambda: build(masked, context, folder="build/bench/plans/workflow"))
    rendered = step("render", lambda: render(review))
    as_json = step("as JSON", lambda: json.dumps(review.as_json(), default=str))
    found = step("search for secrets", lambda: leaks(rendered.markdown, secrets) + leaks(as_json, secrets))
    if found:
        raise SystemExit(f"secrets came through: {found}")
    return seconds


# --- The plan ----------------------------------------------------------------------------------------


def large_plan(number: int) -> dict[str, Any]:
    """Return a plan of so many resources as `terraform show -json` gives it."""
    entries = []
    for index, (kind, attributes) in zip(range(number), resources(), strict=False):
        entries.append(entry(index, kind, attributes))
    values = [
        {"address": one["address"], "mode": "managed", "type": one["type"], "name": one["name"],
         "values": one["change"]["before"], "sensitive_values": one["change"]["before_sensitive"]}
        for one in entries if one["change"]["before"]
    ]  # fmt: skip
    return {
        "format_version": "1.2",
        "variables": {"region": {"value": "us-east-1"}, "token": {"value": "a-token-that-nobody-may-read"}},
        "configuration": {"root_module": {"variables": {"token": {"sensitive": True}}}},
        "resource_changes": entries,
        "planned_values": {"root_module": {"resources": values}},
        "prior_state": {"values": {"root_module": {"resources": copy.deepcopy(values)}}},
        "output_changes": {},
    }


def entry(index: int, kind: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a change of a resource: a third changes, in turn, the others stay."""
    before, after = attributes, attributes
    actions = ["no-op"]
    turn = index % 30
    if turn == 0:
        before, actions = None, ["create"]
    elif turn == 3:
        after, actions = None, ["delete"]
    elif turn == 6:
        after, actions = {**attributes, "name_prefix": "changed"}, ["delete", "create"]
    elif turn % 3 == 0:
        after, actions = changed(kind, attributes, turn), ["update"]
    sensitive: dict[str, Any] = {}
    if kind == "aws_lambda_function":
        sensitive = {"environment": [{"variables": {"TOKEN": True}}]}
    return {
        "address": f'module.part["{index // 10}"].{kind}.this[{index}]',
        "module_address": f'module.part["{index // 10}"]',
        "mode": "managed",
        "type": kind,
        "name": "this",
        "index": index,
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": sensitive if before else False,
            "after_sensitive": sensitive if after else False,
            "replace_paths": [["name_prefix"]] if len(actions) == 2 else [],
        },
    }


def changed(kind: str, attributes: dict[str, Any], turn: int) -> dict[str, Any]:
    after = copy.deepcopy(attributes)
    if turn == 9:
        after["tags_all"] = TAGS | {"CostCenter": "routing"}
    elif kind == "aws_lambda_function":
        after["source_code_hash"] = digest(f"{turn}")
    elif "policy" in after:
        policy = json.loads(after["policy"])
        policy["Statement"][0]["Action"].append("s3:PutObject")
        after["policy"] = json.dumps(policy)
    else:
        after["description"] = f"changed in turn {turn}"
    return after


def resources() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield types and attributes, in the shares that a real workflow has."""
    yield from endpoint()
    yield "aws_sfn_state_machine", state_machine()
    index = 0
    while True:
        index += 1
        name = f"scones-bench-{index}"
        arn = f"arn:aws:%s:us-east-1:{ACCOUNT}:{name}"
        tagged = {"tags": {}, "tags_all": TAGS, "name": name}
        yield "aws_lambda_function", function(name) | tagged
        yield (
            "aws_iam_role",
            tagged | {"assume_role_policy": policy("sts:AssumeRole", "*"), "arn": arn % "iam"},
        )
        yield (
            "aws_iam_role_policy",
            {"role": name, "name": "own", "policy": policy("s3:GetObject", arn % "s3")},
        )
        yield "aws_cloudwatch_log_group", tagged | {"retention_in_days": 30, "arn": arn % "logs"}
        for metric in ("errors", "throttles", "duration"):
            yield "aws_cloudwatch_metric_alarm", tagged | alarm(f"{name}-{metric}")
        yield "aws_sqs_queue", tagged | {"policy": policy("sqs:SendMessage", arn % "sqs"), "arn": arn % "sqs"}
        yield (
            "aws_s3_bucket",
            tagged | {"bucket": name, "force_destroy": False, "arn": f"arn:aws:s3:::{name}"},
        )
        yield "aws_kms_key", tagged | {"policy": policy("kms:Decrypt", "*"), "enable_key_rotation": True}


def function(name: str) -> dict[str, Any]:
    return {
        "function_name": name,
        "arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}",
        "architectures": ["arm64"],
        "memory_size": 256,
        "timeout": 60,
        "runtime": "python3.12",
        "source_code_hash": digest(name),
        "environment": [
            {"variables": {"TOKEN": f"secret-of-{name}-q7Zk2Lp9", "ENDPOINT_NAME": "scones-bench"}}
        ],
    }


def alarm(name: str) -> dict[str, Any]:
    return {
        "alarm_name": name,
        "alarm_actions": [f"arn:aws:sns:us-east-1:{ACCOUNT}:scones-failures"],
        "metric_query": [],
        "period": 300,
        "threshold": 1,
        "description": "",
    }


def endpoint() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "aws_sagemaker_endpoint", {"name": "scones-bench", "endpoint_config_name": "scones-bench-1"}
    variant = {
        "variant_name": "AllTraffic",
        "model_name": "scones-bench",
        "instance_type": "ml.m5.large",
        "initial_instance_count": 2,
    }
    yield "aws_sagemaker_endpoint_configuration", {"name": "scones-bench-1", "production_variants": [variant]}


def state_machine() -> dict[str, Any]:
    definition = (REPOSITORY / "statemachine/classify-vehicle.asl.json").read_text()
    return {"name": "scones-bench", "definition": definition, "type": "STANDARD"}


def policy(action: str, resource: str) -> str:
    statement = {"Sid": "One", "Effect": "Allow", "Action": [action], "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def digest(words: str) -> str:
    return base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()


if __name__ == "__main__":
    main()
