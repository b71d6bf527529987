"""KMS: a key's rotation period. Nothing rotates; encryption by S3, SQS and the rest is declared and not
done."""

from __future__ import annotations

import json
from typing import Any

from moto.kms import responses, urls

from .settings import Settings

DEFAULT_DAYS = 365


class LiveResponse(responses.KmsResponse):
    def enable_key_rotation(self) -> str:
        answer = super().enable_key_rotation()
        self._key().rotation_days = self._get_param("RotationPeriodInDays") or DEFAULT_DAYS
        return answer

    def get_key_rotation_status(self) -> str:
        told = json.loads(super().get_key_rotation_status())
        if told["KeyRotationEnabled"]:
            told["RotationPeriodInDays"] = getattr(self._key(), "rotation_days", DEFAULT_DAYS)
        return json.dumps(told)

    def _key(self) -> Any:
        return self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]


def install(_settings: Settings) -> None:
    urls.url_paths = {"{0}/$": LiveResponse.dispatch}
