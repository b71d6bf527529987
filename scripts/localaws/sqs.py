"""SQS: queue attributes keep what they were given. Everything else (delivery, visibility, dead letters) is
moto's."""

from __future__ import annotations

import json
from typing import Any

from moto.sqs import models

from .settings import Settings


class LiveQueue(models.Queue):
    """Setting one attribute leaves the others; RedriveAllowPolicy is one; a KMS key ends SQS-managed
    encryption."""

    BASE_ATTRIBUTES = [*models.Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]  # noqa: RUF012 - as in moto
    redrive_allow_policy: str | None = None

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


def install(_settings: Settings) -> None:
    """Queues made from now on remember."""
    models.Queue = LiveQueue  # type: ignore[misc]  # create_queue makes this class
