"""Asynchronous invocation: retries, dead-letter queue and destinations.

Real: two retries unless the function's event invoke configuration says otherwise, the dead letter with its
attributes, the destination record. Not real: the waits before a retry are a second and two, where AWS waits a
minute and two.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from . import metrics, targets
from .pools import TooManyRequests
from .runtime_api import Outcome
from .targets import Delivery, Sender

if TYPE_CHECKING:
    from .functions import LiveFunction

RETRY_SECONDS = (1.0, 2.0)
THROTTLE_ATTEMPTS = 60


def invoke(function: LiveFunction, event: bytes) -> None:
    """Run the event to success or through all attempts, then tell whoever is to be told."""
    request_id = str(uuid.uuid4())
    config = function.event_invoke_config[-1].config if function.event_invoke_config else {}
    attempts = 1 + config.get("MaximumRetryAttempts", len(RETRY_SECONDS))
    for attempt in range(attempts):
        outcome = _run(function, event, request_id)
        if not outcome.failed:
            break
        if attempt + 1 < attempts:
            time.sleep(RETRY_SECONDS[attempt])
    _report(function, event, request_id, outcome, attempt + 1, config.get("DestinationConfig") or {})


def _run(function: LiveFunction, event: bytes, request_id: str) -> Outcome:
    """Throttled events go back to the queue, on AWS for up to six hours."""
    for _ in range(THROTTLE_ATTEMPTS):
        try:
            return function.run(event, request_id)
        except TooManyRequests:
            time.sleep(1)
    throttled = {"errorType": "TooManyRequestsException", "errorMessage": "Rate Exceeded."}
    return Outcome(json.dumps(throttled).encode(), True, [], 0.0, None, 0)


def _report(
    function: LiveFunction,
    event: bytes,
    request_id: str,
    outcome: Outcome,
    attempts: int,
    destinations: dict[str, Any],
) -> None:
    sender = Sender("lambda.amazonaws.com", function.function_arn, function.role)
    side = "OnFailure" if outcome.failed else "OnSuccess"
    destination = (destinations.get(side) or {}).get("Destination")
    if destination:
        record = _record(function, event, request_id, outcome, attempts)
        _deliver(function, Delivery(sender, destination, json.dumps(record)), "DestinationDeliveryFailures")
    dead_letters = (function.dead_letter_config or {}).get("TargetArn")
    if outcome.failed and dead_letters:
        message = json.loads(outcome.payload).get("errorMessage", "")[:1024]
        attributes = {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": message}
        _deliver(function, Delivery(sender, dead_letters, event.decode(), attributes), "DeadLetterErrors")


def _deliver(function: LiveFunction, delivery: Delivery, failures: str) -> None:
    """What cannot be delivered is lost, and counted."""
    try:
        targets.deliver(delivery)
    except targets.UndeliverableError:
        named = {"FunctionName": function.function_name}
        metrics.put(function.account_id, function.region, "AWS/Lambda", named, {failures: 1.0})
        raise


def _record(
    function: LiveFunction, event: bytes, request_id: str, outcome: Outcome, attempts: int
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    context = {
        "requestId": request_id,
        "functionArn": f"{function.function_arn}:$LATEST",
        "condition": "RetriesExhausted" if outcome.failed else "Success",
        "approximateInvokeCount": attempts,
    }
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    if outcome.failed:
        response["functionError"] = "Unhandled"
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z",
        "requestContext": context,
        "requestPayload": json.loads(event),
        "responseContext": response,
        "responsePayload": json.loads(outcome.payload),
    }
