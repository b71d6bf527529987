"""What a classification costs beyond what stands there anyway: the way of one picture through the workflow.

What it is assumed to need stands in prices.toml.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scones.review.money.prices import Prices
from scones.review.money.standing import Resource, architecture, configuration_of, of_type
from scones.review.values import at, listed

INVOKE = ("arn:aws:states:::lambda:invoke", "arn:aws:states:::lambda:invoke.waitForTaskToken")
NOT_COUNTED = "stored bytes, log lines, traces, key requests and data transfer"


@dataclass(frozen=True)
class Share:
    """What one service takes for 1,000 classifications, in US dollars; None is unknown."""

    what: str
    amount: float | None
    how: str


def shares(resources: Sequence[Resource], prices: Prices) -> list[Share]:
    """Return what 1,000 classifications cost, by service; nothing where no state machine is."""
    machines = of_type(resources, "aws_sfn_state_machine")
    if not machines:
        return []
    found = [share for machine in machines for share in _machine(machine, resources, prices)]
    found += [share for endpoint in of_type(resources, "aws_sagemaker_endpoint")
              for share in _serverless(endpoint, resources, prices)]  # fmt: skip
    return [*found, *_requests(resources, prices)]


# --- The state machine -------------------------------------------------------------------------------


def _machine(machine: Resource, resources: Sequence[Resource], prices: Prices) -> list[Share]:
    name = machine["attributes"].get("name", "?")
    path = happy_path(machine["attributes"].get("definition"))
    if path is None:
        return [Share(f"state machine {name}", None, "its definition is not known yet")]
    if machine["attributes"].get("type") == "EXPRESS":
        return [Share(f"state machine {name}", None, "no price of express workflows")]
    transitions = _times(len(path), prices.of("state_transition"))
    how = f"{len(path)} transitions a picture: {' → '.join(state for state, _ in path)}"
    called = [state for _, state in path if state.get("Resource") in INVOKE]
    return [Share("Step Functions", transitions, how), *_functions(called, resources, prices)]


def happy_path(definition: Any) -> list[tuple[str, Mapping[str, Any]]] | None:
    """Return the states that an untroubled execution enters, in order; None where it cannot be read.

    Entering a state is one transition, the first included. A choice takes its first way.
    """
    try:
        machine = json.loads(definition)
        states, name = machine["States"], machine["StartAt"]
        path: list[tuple[str, Mapping[str, Any]]] = []
        while name is not None and name not in {entered for entered, _ in path}:
            state = states[name]
            path.append((name, state))
            name = state.get("Next") or next((way["Next"] for way in state.get("Choices", [])), None)
    except (TypeError, ValueError, KeyError):
        return None
    return path


def _functions(
    called: Sequence[Mapping[str, Any]], resources: Sequence[Resource], prices: Prices
) -> list[Share]:
    if not called:
        return []
    milliseconds = prices.assumptions["function_milliseconds"]
    amounts, sizes = [], []
    for state in called:
        function = _function(str(state.get("Parameters", {}).get("FunctionName", "")), resources)
        amount, size = _call(function, milliseconds, prices)
        amounts.append(amount)
        sizes.append(size)
    total = None if None in amounts else sum(amount for amount in amounts if amount is not None)
    how = f"{len(called)} calls a picture of {milliseconds:g} ms each, {', '.join(dict.fromkeys(sizes))}"
    return [Share("Lambda", total, how)]


def _function(wanted: str, resources: Sequence[Resource]) -> Mapping[str, Any]:
    name = wanted.split(":function:")[-1].split(":")[0]
    for function in of_type(resources, "aws_lambda_function"):
        if function["attributes"].get("function_name") == name:
            found: Mapping[str, Any] = function["attributes"]
            return found
    return {}


def _call(function: Mapping[str, Any], milliseconds: float, prices: Prices) -> tuple[float | None, str]:
    """Return what 1,000 calls cost, and the memory that they take."""
    memory = function.get("memory_size")
    if not isinstance(memory, int | float):
        return None, "unknown memory"
    second = prices.of(f"lambda_gb_second_{architecture(function)}")
    request = prices.of("lambda_request")
    size = f"{memory:g} MB"
    if second is None or request is None:
        return None, f"{size} on {architecture(function)}: no price in {prices.region or 'an unknown region'}"
    return 1000 * (request + memory / 1024 * milliseconds / 1000 * second), size


# --- The rest ----------------------------------------------------------------------------------------


def _serverless(endpoint: Resource, resources: Sequence[Resource], prices: Prices) -> list[Share]:
    configuration = configuration_of(endpoint, resources)
    memories = [
        at(settings, "memory_size_in_mb")
        for variant in listed(at(configuration, "attributes.production_variants"))
        for settings in listed(at(variant, "serverless_config"))
    ]
    milliseconds = prices.assumptions["endpoint_milliseconds"]
    price = prices.of("serverless_gb_second")
    found = []
    for memory in memories:
        is_known = isinstance(memory, int | float) and price is not None
        amount = 1000 * memory / 1024 * milliseconds / 1000 * (price or 0) if is_known else None
        found.append(Share("serverless endpoint", amount, f"{memory} MB for {milliseconds:g} ms a picture"))
    return found


def _requests(resources: Sequence[Resource], prices: Prices) -> list[Share]:
    assumed = prices.assumptions
    gets, puts = assumed["picture_gets"], assumed["capture_puts"]
    found = [
        Share(
            "S3",
            _sum(_times(gets, prices.of("s3_get")), _times(puts, prices.of("s3_put"))),
            f"{gets:g} GET and {puts:g} PUT a picture",
        )
    ]
    if of_type(resources, "aws_cloudwatch_event_rule"):
        events = assumed["events"]
        found.append(Share("EventBridge", _times(events, prices.of("event")), f"{events:g} event a picture"))
    if of_type(resources, "aws_sqs_queue"):
        share, requests = assumed["review_share"], assumed["queue_requests_a_review"]
        how = f"{requests:g} requests for {share:.0%} of the pictures"
        found.append(Share("SQS", _times(share * requests, prices.of("sqs_request")), how))
    return found


def _times(number: float, price: float | None) -> float | None:
    """Return what a number of things for each of 1,000 pictures cost."""
    return None if price is None else 1000 * number * price


def _sum(*amounts: float | None) -> float | None:
    return None if None in amounts else sum(amount for amount in amounts if amount is not None)
