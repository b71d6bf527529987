"""Step Functions: state machines really run, on moto's engine (descended from LocalStack's), under their own
role.

This module is what can be loaded at once; the engine takes a second to import and is loaded by the first call
(executions.py). Real besides what the engine does: definitions checked by statelint, unnamed executions,
history pages in both directions, stopping with error and cause, redrive, express machines and their
synchronous start, `.sync` of SageMaker's jobs, distributed maps (distributed_map.py), execution logs in
CloudWatch Logs, status change events on the default event bus. Not real: redrive of one iteration of a map or
one branch (the whole state runs again), the five minutes of an express execution that is not waited for,
activities.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions import responses, urls
from moto.stepfunctions.exceptions import ValidationException

from . import engine
from .definitions import diagnostics
from .settings import Settings

MAX_INPUT_BYTES = 262_144
_settings: Settings
_loading = threading.Lock()


def backend(account_id: str, region: str) -> Any:
    """The live backend (executions.LiveBackend) of an account and region."""
    with _loading:
        engine.mend(_settings.endpoint_url)
        from . import executions

    return executions.backends[account_id][region]


class LiveResponse(responses.StepFunctionResponse):
    """moto's operations, and those it lacks or cuts short."""

    @property
    def stepfunction_backend(self) -> Any:
        return backend(self.current_account, self.region)

    def start_execution(self) -> ActionResult:
        given = self._get_param("input", if_none="{}")
        if len(given.encode()) > MAX_INPUT_BYTES:
            raise ValidationException(
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_INPUT_BYTES}"
            )
        return super().start_execution()

    def describe_execution(self) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        return ActionResult(execution.describe())

    def list_executions(self) -> ActionResult:
        if run := self._get_param("mapRunArn"):
            children = self.stepfunction_backend.children(run, self._get_param("statusFilter"))
            return ActionResult(self._page("executions", [child.summary(run) for child in children]))
        arn = self._get_param("stateMachineArn")
        self.stepfunction_backend.only("STANDARD", arn)
        found, token = self.stepfunction_backend.list_executions(
            arn,
            status_filter=self._get_param("statusFilter"),
            max_results=self._get_int_param("maxResults"),
            next_token=self._get_param("nextToken"),
        )
        return ActionResult({"executions": [each.summary() for each in found], "nextToken": token})

    def stop_execution(self) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        execution.abort(self._get_param("error"), self._get_param("cause"))
        return ActionResult({"stopDate": execution.stop_date})

    def get_execution_history(self) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        events = execution.history(self._get_param("includeExecutionData", True))
        if self._get_param("reverseOrder"):
            events.reverse()
        return ActionResult(self._page("events", events))

    def start_sync_execution(self) -> ActionResult:
        arn = self._get_param("stateMachineArn")
        self.stepfunction_backend.only("EXPRESS", arn)
        execution = self.stepfunction_backend.start_execution(
            arn, self._get_param("name"), self._get_param("input"), self._get_param("traceHeader")
        )
        return ActionResult(execution.wait())

    def redrive_execution(self) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        execution.redrive()
        return ActionResult({"redriveDate": execution.redrive_date})

    def _page(self, name: str, items: list[Any]) -> dict[str, Any]:
        first = int(self._get_param("nextToken") or 0)
        beyond = first + (self._get_int_param("maxResults") or 100)
        token = str(beyond) if beyond < len(items) else None
        return {name: items[first:beyond], "nextToken": token}

    def validate_state_machine_definition(self) -> ActionResult:
        limit = self._get_int_param("maxResults") or 100
        engine.mend(_settings.endpoint_url)
        found = diagnostics(self._get_param("definition"), self._get_param("type") or "STANDARD")
        return ActionResult(
            {
                "result": "FAIL" if found else "OK",
                "diagnostics": found[:limit],
                "truncated": len(found) > limit,
            }
        )

    def list_state_machine_versions(self) -> ActionResult:
        machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
        versions = sorted(machine.versions.values(), key=lambda version: version.version, reverse=True)
        listed = [
            {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
            for version in versions
        ]
        return ActionResult({"stateMachineVersions": listed})

    def publish_state_machine_version(self) -> ActionResult:
        machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
        machine.publish(self._get_param("description"))
        version = machine.latest_version
        return ActionResult({"stateMachineVersionArn": version.arn, "creationDate": version.creation_date})

    def delete_state_machine_version(self) -> ActionResult:
        arn, _, number = self._get_param("stateMachineVersionArn").rpartition(":")
        self.stepfunction_backend.describe_state_machine(arn).versions.pop(int(number), None)
        return EmptyResult()


def install(settings: Settings) -> None:
    """Every call goes to the live backend; the engine is told to execute."""
    global _settings
    _settings = settings
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    responses.get_backend = backend  # type: ignore[assignment]
    urls.url_paths = {"{0}/$": LiveResponse.dispatch}
