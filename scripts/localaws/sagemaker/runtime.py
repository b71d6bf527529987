"""InvokeEndpoint: the bytes go to the model's process as they came, and its answer comes back as it gave it.

Real: content and accept types, custom attributes, inference ids, weights and target variants, errors as AWS
words them, throttling of serverless variants, and the metrics of a variant: Invocations,
InvocationsPerInstance, ModelLatency, OverheadLatency, Invocation4XXErrors, Invocation5XXErrors,
InvocationModelErrors. Not real: asynchronous and streamed invocations, inference components, target models
and sessions; asynchronous ones are refused by name, the rest is passed over.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import unquote

from moto.core.common_types import TYPE_RESPONSE
from moto.core.request import Request
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from .. import metrics
from .capture import Payload
from .endpoints import Endpoint
from .fleets import Variant
from .serving import Answer, InvocationError, ThrottledError

# bytes: the maximum of `Body` in the service model that botocore carries (sagemaker-runtime, InvokeEndpoint)
BODY_LIMIT = 6_291_456
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class RuntimeFault(Exception):
    """An error answer: HTTP status, AWS's code (none for what AWS's front door refuses) and the members."""

    def __init__(self, status: int, code: str | None, message: str, **members: Any) -> None:
        super().__init__(message)
        self.status, self.code = status, code
        self.members = {"Message": message, "message": message, **members}

    def answer(self) -> TYPE_RESPONSE:
        headers = {"status": self.status, "Content-Type": "application/json"}
        if self.code:
            headers["x-amzn-ErrorType"] = self.code
        return self.status, headers, json.dumps(self.members)


class LiveRuntimeResponse(SageMakerRuntimeResponse):
    def _dispatch(self, request: Request, full_url: str | None = None, headers: Any = None) -> TYPE_RESPONSE:
        self._begun = time.monotonic()
        self.setup_class(request, full_url, headers, use_raw_body=True)  # a picture is not UTF-8
        return self.call_action()

    def invoke_endpoint(self) -> TYPE_RESPONSE:
        try:
            endpoint = self._endpoint(unquote(self.path.split("/")[2]))
            return self._invoke(endpoint)
        except RuntimeFault as error:
            return error.answer()

    def invoke_endpoint_async(self) -> TYPE_RESPONSE:
        raise NotImplementedError("asynchronous inference; use InvokeEndpoint")

    def _endpoint(self, name: str) -> Endpoint:
        endpoint: Any = sagemaker_backends[self.current_account][self.region].endpoints.get(name)
        if endpoint is None or not endpoint.traffic:  # AWS says the same of one that is still being created
            raise self._not_found(name)
        assert isinstance(endpoint, Endpoint)
        return endpoint

    def _not_found(self, name: str) -> RuntimeFault:
        message = f"Endpoint {name} of account {self.current_account} not found."
        return RuntimeFault(400, "ValidationError", message)

    def _invoke(self, endpoint: Endpoint) -> TYPE_RESPONSE:
        if len(self.body) > BODY_LIMIT:
            raise RuntimeFault(413, None, f"HTTP content length exceeded {BODY_LIMIT} bytes.")
        target = self.headers.get("X-Amzn-SageMaker-Target-Variant")
        try:
            with endpoint.traffic.variant(target) as variant:
                return self._ask(endpoint, variant)
        except ThrottledError as error:
            raise RuntimeFault(400, "ThrottlingException", "Rate exceeded") from error
        except KeyError as error:
            if not target:  # deleted a moment ago
                raise self._not_found(endpoint.endpoint_name) from error
            message = f"Variant {target} not found for Endpoint {endpoint.endpoint_name}."
            raise RuntimeFault(400, "ValidationError", message) from error

    def _ask(self, endpoint: Endpoint, variant: Variant) -> TYPE_RESPONSE:
        passed_on = {name: self.headers.get(name) for name in ("Content-Type", "Accept", ATTRIBUTES)}
        asked = time.monotonic()
        try:
            headers = {name: text for name, text in passed_on.items() if text}
            answer = variant.server.invoke(self.body, headers)
            self._count(endpoint, variant, answer.status, asked)
        except InvocationError as error:
            self._count(endpoint, variant, 500, asked)
            raise self._model_error(endpoint, 0, str(error)) from error
        if answer.status >= 400:
            raise self._model_error(endpoint, answer.status, answer.body.decode(errors="replace"))
        self._capture(variant, answer)
        return self._answer(variant, answer)

    def _count(self, endpoint: Endpoint, variant: Variant, status: int, asked: float) -> None:
        """`asked` is when the model was. Bodies are captured afterwards, which is no part of the overhead."""
        now = time.monotonic()
        counts = {
            "Invocations": 1.0,
            "ModelLatency": (now - asked) * 1e6,
            "OverheadLatency": (asked - self._begun) * 1e6,
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500),
            "InvocationModelErrors": float(not 200 <= status < 300),
        }
        if not variant.serverless:
            counts["InvocationsPerInstance"] = 1 / max(1, variant.instances)
        dimensions = {"EndpointName": endpoint.endpoint_name, "VariantName": variant.name}
        metrics.put(self.current_account, self.region, "AWS/SageMaker", dimensions, counts)

    def _capture(self, variant: Variant, answer: Answer) -> None:
        if variant.capture:
            asked = Payload(self.headers.get("Content-Type") or "", self.body)
            answered = Payload(answer.headers.get("Content-Type", ""), answer.body)
            variant.capture.record(asked, answered, self.headers.get("X-Amzn-SageMaker-Inference-Id"))

    def _answer(self, variant: Variant, answer: Answer) -> TYPE_RESPONSE:
        headers = {
            "Content-Type": answer.headers.get("Content-Type", "application/octet-stream"),
            "x-Amzn-Invoked-Production-Variant": variant.name,
        }
        if attributes := answer.headers.get(ATTRIBUTES):
            headers[ATTRIBUTES] = attributes
        return 200, headers, answer.body

    def _model_error(self, endpoint: Endpoint, status: int, message: str) -> RuntimeFault:
        region, account, group = self.region, self.current_account, endpoint.log_group
        side = "client" if 400 <= status < 500 else "server"
        return RuntimeFault(
            424,
            "ModelError",
            f'Received {side} error ({status}) from primary with message "{message}". See '
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logEventViewer:group={group} in account {account} for more information.",
            OriginalStatusCode=status,
            OriginalMessage=message,
            LogStreamArn=f"arn:aws:logs:{region}:{account}:log-group:{group}",
        )
