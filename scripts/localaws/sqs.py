"""SQS: queue attributes keep what they were given, and queues have metrics. Everything else (delivery,
visibility, dead letters) is moto's.

How much waits, and since when, is looked at once a minute, and soon after a message came when an alarm
watches it. While there is neither an alarm nor a schedule nobody looks.
"""

from __future__ import annotations

import json
from typing import Any

from moto.sqs import models

from . import clock, metrics
from .settings import Settings


class LiveQueue(models.Queue):
    """Setting one attribute leaves the others; RedriveAllowPolicy is one; a KMS key ends SQS-managed
    encryption."""

    BASE_ATTRIBUTES = [*models.Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]  # noqa: RUF012 - as in moto
    redrive_allow_policy: str | None = None
    gauged = 0.0  # the minute

    def _set_attributes(self, attributes: dict[str, Any], now: float | None = None) -> None:
        # moto takes a call that sets no policy for one that removes it
        attributes = {"Policy": getattr(self, "policy", None), **attributes}
        super()._set_attributes(attributes, now)

    @property
    def attributes(self) -> dict[str, Any]:
        told = {name: value for name, value in super().attributes.items() if value not in (None, "")}
        if told.get("KmsMasterKeyId"):
            told["SqsManagedSseEnabled"] = "false"
        if self.redrive_policy:  # as it is sent, so that Terraform sees no difference in white space
            told["RedrivePolicy"] = json.dumps(self.redrive_policy, separators=(",", ":"))
        for moment in ("CreatedTimestamp", "LastModifiedTimestamp"):
            told[moment] = int(told[moment])
        return told

    def add_message(self, message: models.Message) -> None:
        super().add_message(message)
        self.gauged = 0.0
        if not message.approximate_receive_count:  # AWS does not count what a redrive policy moves
            message.sent_at = clock.now()  # type: ignore[attr-defined]
            self._count({"NumberOfMessagesSent": 1})
        watched = metrics.stores[self.account_id, self.region].watched
        if ("AWS/SQS", "ApproximateNumberOfMessagesVisible") in watched:
            clock.stir()

    def gauge(self, now: float) -> None:
        """Put what waits, unless that was done in this minute and nothing has come since."""
        if self.gauged != now // 60:
            self.gauged = now // 60
            waiting: list[Any] = [each for each in list(self._messages) if each.visible and not each.delayed]
            age = now - min((each.sent_at for each in waiting), default=now)
            told = {"ApproximateNumberOfMessagesVisible": len(waiting), "ApproximateAgeOfOldestMessage": age}
            self._count(told)

    def _count(self, values: dict[str, float]) -> None:
        metrics.put(self.account_id, self.region, "AWS/SQS", {"QueueName": self.name}, values)


def _gauge_all(now: float) -> None:
    for regions in list(models.sqs_backends.values()):
        for backend in list(regions.values()):
            for queue in list(backend.queues.values()):
                assert isinstance(queue, LiveQueue)
                queue.gauge(now)


def install(_settings: Settings) -> None:
    """Queues made from now on remember."""
    models.Queue = LiveQueue  # type: ignore[misc]  # create_queue makes this class
    clock.attend(_gauge_all)
