"""CloudWatch: composite alarms, and an alarm whose state is set tells its actions.

Not real: nothing evaluates alarms. They are kept as declared, stay as they are until SetAlarmState, and
metrics are only those that are put.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from moto.cloudwatch import responses, urls
from moto.core.responses import ActionResult, EmptyResult

from . import background, targets
from .settings import Settings

_ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


class LiveResponse(responses.CloudWatchResponse):
    def put_composite_alarm(self) -> ActionResult:
        return self.put_metric_alarm()  # moto's understands AlarmRule

    def set_alarm_state(self) -> ActionResult:
        alarm = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
        before = alarm.state_value if alarm else None
        super().set_alarm_state()
        if alarm and alarm.actions_enabled and alarm.state_value != before:
            text = json.dumps(self._notice(alarm, before))
            for action in getattr(alarm, _ACTIONS[alarm.state_value]):
                background.run(targets.deliver, targets.Delivery(action, text))
        return EmptyResult()

    def _notice(self, alarm: Any, before: str | None) -> dict[str, Any]:
        """What CloudWatch sends to a topic."""
        now = datetime.datetime.now(datetime.UTC)
        return {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": self.current_account,
            "AlarmArn": alarm.alarm_arn,
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "OldStateValue": before,
            "StateChangeTime": now.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Region": self.region,
        }


def install(_settings: Settings) -> None:
    urls.url_paths = {"{0}/$": LiveResponse.dispatch}
