"""Tags of scalable targets: the part of Application Auto Scaling that Terraform asks for and moto lacks.

Real: tags. Not real, and moto's: targets and policies are kept and shown, and nothing scales.
"""

from __future__ import annotations

import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

_tags: dict[str, dict[str, str]] = {}  # by the target's ARN


class TaggedScalingResponse(ApplicationAutoScalingResponse):
    def register_scalable_target(self) -> str:
        answer = super().register_scalable_target()
        _tags.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
        return answer

    def list_tags_for_resource(self) -> str:
        return json.dumps({"Tags": _tags.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self) -> str:
        _tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        for key in self._get_param("TagKeys"):
            _tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"
