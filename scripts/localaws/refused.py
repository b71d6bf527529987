"""Operations that moto accepts and nothing here follows: a schedule that never fires, a function URL that
nobody serves. They answer 501 by name, as operations do that are not there at all; a success would be a lie.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from .settings import Settings

# Response class of moto: (operations, why)
_REFUSED: dict[str, list[tuple[str, str]]] = {
    "awslambda.responses.LambdaResponse": [
        ("CreateFunctionUrlConfig UpdateFunctionUrlConfig", "no function URL is served"),
        ("CreateEventSourceMapping UpdateEventSourceMapping", "no queue or stream is read for a function"),
        ("InvokeAsync", "it is obsolete; use Invoke with the invocation type Event"),
        ("AddLayerVersionPermission", "permissions of layers are not checked"),
    ],
    "stepfunctions.responses.StepFunctionResponse": [
        ("CreateActivity", "no worker could get an activity's task"),
        ("CreateStateMachineAlias UpdateStateMachineAlias", "nothing can be started through an alias"),
        ("UpdateMapRun", "a map run keeps the limits it began with"),
    ],
    "events.responses.EventsHandler": [
        ("CreateConnection UpdateConnection", "no request is sent to other hosts"),
        ("CreateApiDestination UpdateApiDestination", "no request is sent to other hosts"),
        ("CreateArchive UpdateArchive StartReplay CancelReplay", "events are not kept"),
        ("CreatePartnerEventSource PutPartnerEvents", "there are no partners"),
        ("PutPermission", "event buses are the account's own"),
    ],
    "scheduler.responses.EventBridgeSchedulerResponse": [
        ("CreateSchedule UpdateSchedule CreateScheduleGroup", "it would never fire; a rule's schedule does"),
    ],
    "logs.responses.LogsResponse": [
        ("PutMetricFilter", "it would find nothing; the embedded metric format does"),
        ("StartQuery", "there is no Logs Insights; use FilterLogEvents"),
        ("StartLiveTail CreateExportTask", "nothing would come of it"),
        ("PutDeliverySource PutDeliveryDestination CreateDelivery PutDestination", "nothing is delivered"),
    ],
    "cloudwatch.responses.CloudWatchResponse": [
        ("PutInsightRule EnableInsightRules DisableInsightRules", "there is no Contributor Insights"),
    ],
}


def _refusal(why: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise NotImplementedError(why)

    return refuse


def install(_settings: Settings) -> None:
    for place, refused in _REFUSED.items():
        module, _, name = place.rpartition(".")
        responses = getattr(import_module(f"moto.{module}"), name)
        for operations, why in refused:
            for operation in operations.split():
                method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
                if not hasattr(responses, method):
                    raise LookupError(f"{place} has no {method}: moto lacks {operation}")
                setattr(responses, method, _refusal(why))
