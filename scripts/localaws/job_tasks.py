"""Tasks that run a SageMaker job and wait for it: `sagemaker:createTrainingJob.sync` and its like.

Imported by engine.mend only. Real: training, processing and transform jobs as the service has them, the
job's description as the result, its failure as States.TaskFailed with the description as the cause, a stopped
execution or a timeout that stops the job. Not real: the `.sync` of other SageMaker operations, which are
refused when a state machine is made.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_factory,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils import boto_client

# Operation: the job's kind, as the names of its operations and members have it.
_KINDS = {
    "createTrainingJob": "TrainingJob",
    "createProcessingJob": "ProcessingJob",
    "createTransformJob": "TransformJob",
}
_MODELLED = ("ConflictException", "ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound")


class SageMakerTask(state_task_service_callback.StateTaskServiceCallback):
    def __init__(self) -> None:
        # The engine wants a token of every task with a callback, also of those that wait for none.
        patterns: Any = {ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
        super().__init__(patterns)

    def _validate_service_integration_is_supported(self) -> None:
        condition = self.resource.condition
        waits = condition == ResourceCondition.Sync and self.resource.api_action in _KINDS
        if condition is not None and not waits:
            raise ValueError(f"local AWS does not run {self.resource.resource_arn}")

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
        answer = getattr(client, self._get_boto_service_action())(**normalised_parameters)
        answer.pop("ResponseMetadata", None)
        env.stack.append(_plain(answer))

    def _client(self, resource_runtime_part: Any, state_credentials: Any) -> Any:
        return boto_client.boto_client_for(
            region=resource_runtime_part.region, service="sagemaker", state_credentials=state_credentials
        )

    def _build_sync_resolver(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> Callable[[], Any]:
        """What is asked until it answers; it is also what stops a job that nobody waits for any more."""
        env.stack.pop()  # the answer of the call
        kind = _KINDS[self.resource.api_action]
        named = {f"{kind}Name": normalised_parameters[f"{kind}Name"]}
        client = self._client(resource_runtime_part, state_credentials)
        action = self._get_boto_service_action().removeprefix("create_")

        def resolve() -> Any:
            told = _plain(getattr(client, f"describe_{action}")(**named))
            told.pop("ResponseMetadata", None)
            status = told[f"{kind}Status"]
            if status in ("InProgress", "Stopping"):
                return None
            if status == "Completed":
                return told
            raise self._failed(env, StatesErrorName(StatesErrorNameType.StatesTaskFailed), json.dumps(told))

        def stop() -> None:
            with contextlib.suppress(ClientError):  # it may have ended in this moment
                getattr(client, f"stop_{action}")(**named)

        resolve.stop = stop  # type: ignore[attr-defined]
        return resolve

    def _eval_sync(self, env: Any, sync_resolver: Any, *more: Any, **settings: Any) -> Any:
        told = super()._eval_sync(env, sync_resolver, *more, **settings)
        if told is None:
            sync_resolver.stop()
        return told

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        code = ex.response["Error"]["Code"]
        name = (
            f"{code.removesuffix('Exception')}Exception" if code in _MODELLED else "AmazonSageMakerException"
        )
        meta = ex.response["ResponseMetadata"]
        cause = (
            f"{ex.response['Error']['Message']} (Service: AmazonSageMaker; Status Code: "
            f"{meta['HTTPStatusCode']}; Error Code: {code}; Request ID: {meta.get('RequestId')}; Proxy: null)"
        )
        return self._failed(env, CustomErrorName(f"SageMaker.{name}"), cause).failure_event

    def _failed(self, env: Any, name: Any, cause: str) -> FailureEventException:
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
            error=name.error_name,
            cause=cause,
        )
        event = FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]
        )
        return FailureEventException(event)


def _plain(told: Any) -> Any:
    """Without dates, which Step Functions gives in milliseconds."""
    if isinstance(told, dict):
        return {key: _plain(value) for key, value in told.items()}
    if isinstance(told, list):
        return [_plain(value) for value in told]
    return int(told.timestamp() * 1000) if isinstance(told, datetime) else told


@cache
def install() -> None:
    task_for = state_task_service_factory.state_task_service_for

    def state_task_service_for(service_name: str) -> Any:
        return SageMakerTask() if service_name == "sagemaker" else task_for(service_name)

    for module in (state_task_service_factory, state_task_factory):
        module.state_task_service_for = state_task_service_for  # type: ignore[attr-defined]
