"""Lambda: functions run from their deployed zip, under their own role, and are kept warm.

Real: configuration and code as deployed (a change of either means new processes), the role's own temporary
credentials, warm concurrency, reserved concurrency and throttling, error shapes, START/END/REPORT and output
in CloudWatch Logs, the log tail, asynchronous invocation (asynchronous.py). Not real: runtimes other than
Python, container images, provisioned concurrency, X-Ray, the
platform's own lines as JSON (LogFormat JSON changes only the function's).
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import LambdaClientError

from . import asynchronous, background
from .execution import Program
from .pools import Pools
from .runtime_api import Outcome
from .settings import Settings

LOG_TAIL_BYTES = 4096


class UnsupportedRuntime(LambdaClientError):
    code = 502

    def __init__(self, runtime: str) -> None:
        super().__init__(
            "InvalidRuntimeException", f"local AWS runs Python functions from a zip, not {runtime}"
        )


class LiveFunction(models.LambdaFunction):
    """moto's function, remembering what moto forgets and run by a pool of processes."""

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
        super().__init__(account_id, spec, region, version)
        self.dead_letter_config = spec.get("DeadLetterConfig")
        self.logging_config = spec.get("LoggingConfig") or {}

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        logging_config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        config = super().get_configuration(on_create)
        config["LoggingConfig"] = {**logging_config, **self.logging_config}
        if (self.dead_letter_config or {}).get("TargetArn"):
            config["DeadLetterConfig"] = self.dead_letter_config
        return config

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        self.dead_letter_config = config_updates.get("DeadLetterConfig", self.dead_letter_config)
        self.logging_config = config_updates.get("LoggingConfig", self.logging_config)
        self.tracing_config = config_updates.get("TracingConfig", self.tracing_config)
        self.kms_key_arn = config_updates.get("KMSKeyArn", self.kms_key_arn)
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        self.last_modified = models.iso_8601_datetime_with_nanoseconds()
        super().update_configuration(config_updates)
        return self.get_configuration()

    def invoke(
        self, body: Any, request_headers: Mapping[str, str], response_headers: dict[str, str]
    ) -> str | bytes:
        """A call without an invocation type comes from a service that does not wait (SNS, S3, logs)."""
        kind = request_headers.get("x-amz-invocation-type", "Event")
        event = body.encode() if isinstance(body, str) else body or b"{}"
        if kind == "DryRun":
            return ""
        if kind == "Event":
            background.run(asynchronous.invoke, self, event or b"{}")
            return ""
        outcome = self.run(event or b"{}", str(uuid.uuid4()))
        tail = "".join(line if line.endswith("\n") else line + "\n" for line in outcome.lines).encode()
        response_headers["x-amz-log-result"] = base64.b64encode(tail[-LOG_TAIL_BYTES:]).decode()
        if outcome.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        return outcome.payload

    def run(self, event: bytes, request_id: str) -> Outcome:
        """One synchronous invocation. Raises TooManyRequests, UnsupportedRuntime."""
        if self.package_type != "Zip" or not (self.run_time or "").startswith("python"):
            raise UnsupportedRuntime(self.run_time or self.package_type)
        reserved = None if self.reserved_concurrency is None else int(self.reserved_concurrency)
        return _pools.of(self.program()).invoke(event, request_id, reserved)

    def program(self) -> Program:
        config = self.get_configuration()
        return Program(
            arn=self.function_arn,
            name=self.function_name,
            version=config["Version"],
            region=self.region,
            account_id=self.account_id,
            handler=self.handler or "",
            runtime=self.run_time or "",
            role=self.role,
            kms_key=self.kms_key_arn or "",
            memory=int(self.memory_size),
            timeout=float(self.timeout),
            code_sha=self.code_digest.removeprefix("sha256:"),
            variables=tuple(sorted(self.environment_vars.items())),
            layers=tuple((layer["Arn"], self._layer(layer["Arn"])) for layer in self.layers),
            log_group=config["LoggingConfig"]["LogGroup"],
            log_format=config["LoggingConfig"]["LogFormat"],
            code=self.code_bytes,
        )

    def _layer(self, arn: str) -> bytes:
        layer = models.lambda_backends[self.account_id][self.region].layers_versions_by_arn(arn)
        return layer.code_bytes if layer else b""


class LiveLambdaBackend(models.LambdaBackend):
    """moto's backend, where a synchronous call waits for the function and a deleted function's processes
    end."""

    @property
    def _url_module(self) -> Any:
        from moto.awslambda import urls

        return urls

    def invoke(
        self, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> str | bytes | None:
        function = self.get_function(function_name, qualifier)
        if "x-amz-invocation-type" not in headers:
            headers = {"x-amz-invocation-type": "RequestResponse"}
        return function.invoke(body, headers, response_headers)

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        function = self.get_function(function_name, qualifier)
        super().delete_function(function_name, qualifier)
        _pools.forget(function.function_arn)


_pools: Pools


def install(settings: Settings) -> None:
    """Functions created from now on are live."""
    global _pools
    _pools = Pools(settings)
    models.LambdaFunction = LiveFunction  # type: ignore[misc]  # create_function makes this class
    models.lambda_backends.backend = LiveLambdaBackend
