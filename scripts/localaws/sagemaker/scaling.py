"""The parts of Application Auto Scaling that Terraform asks for and moto lacks.

Real: tags, and the name of the error when something is not there, which a client goes by that repeats a
deletion because it did not hear the answer.
Not real, and moto's: targets and policies are kept, and nothing scales.
"""

from __future__ import annotations

import json

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

_tags: dict[str, dict[str, str]] = {}  # by the target's ARN


class TaggedScalingResponse(ApplicationAutoScalingResponse):
    def register_scalable_target(self) -> str:
        answer = super().register_scalable_target()
        _tags.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
        return answer

    def deregister_scalable_target(self) -> str:
        try:
            return super().deregister_scalable_target()
        except AWSValidationException as error:
            raise _not_found(error) from None

    def delete_scaling_policy(self) -> str:
        try:
            return super().delete_scaling_policy()
        except AWSValidationException as error:
            raise _not_found(error) from None

    def list_tags_for_resource(self) -> str:
        return json.dumps({"Tags": _tags.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self) -> str:
        _tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        for key in self._get_param("TagKeys"):
            _tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"


def _not_found(error: AWSValidationException) -> JsonRESTError:
    """moto calls it a ValidationException; AWS says ObjectNotFoundException."""
    if "found for service namespace" not in str(error.message):
        return error
    return JsonRESTError("ObjectNotFoundException", str(error.message))
