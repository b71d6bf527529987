"""Logs of state machine executions in CloudWatch Logs, at the level that the machine is configured with.

Imported by executions.py only, as it loads a part of the engine.
"""

from __future__ import annotations

import datetime
import json
import time
import uuid
from typing import Any

from moto.stepfunctions.parser.asl.eval.event import logging

from . import logs


def logging_session(execution_arn: str, machine: Any) -> Any:
    """The engine's logging session for a machine's logging configuration, or None at level OFF."""
    configuration: Any = logging.CloudWatchLoggingConfiguration.from_logging_configuration(
        machine.arn, {"includeExecutionData": False, **machine.loggingConfiguration}
    )
    if configuration is None:
        return None
    minute = time.strftime("%Y-%m-%d-%H-%M", time.gmtime())
    configuration.log_stream_name = f"states/{machine.name}/{minute}/{uuid.uuid4().hex[:8]}"
    return Session(execution_arn, configuration)


class Session(logging.CloudWatchLoggingSession):
    """History events in CloudWatch Logs as AWS writes them: a JSON object each, times in milliseconds."""

    redrive_count = 0

    def publish_history_log(self, history_log: Any) -> None:
        to = self.configuration
        moment = datetime.datetime.fromisoformat(history_log["event_timestamp"]).timestamp()
        event = {
            **history_log,
            "event_timestamp": str(int(moment * 1000)),
            "redrive_count": str(self.redrive_count),
        }
        message = json.dumps(event, default=str)
        logs.put(
            to.log_account_id,
            to.log_region,
            to.log_group_name,
            to.log_stream_name,
            [message],
            moment,
            make_group=False,  # what ends after its group was deleted must not bring the group back
        )
