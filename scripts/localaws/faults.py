"""Faults on demand: what AWS does to its callers on a bad day, seeded, by service, operation, rate and count.

`POST /_localaws/faults` with `{"kind": "throttle", "service": "s3", "operation": "GetObject", "rate": 0.2,
"count": 10, "seed": 7}` adds one, a GET shows them with how often each struck, a DELETE takes all away and
shows them for the last time. All but the kind may be left out: then any service or operation, at every call,
without end, seed 0. The kinds:

throttle     the service's own error of a rate exceeded
error        the service's own internal error
expire       a session's token has expired
latency      `seconds` pass before the work begins
drop         the connection ends, and nothing was done
lose-answer  the work is done, and nobody is told
kill-worker  the process that serves an endpoint is killed, under an InvokeEndpoint

Services and operations are named as the SDK names them. Calls that do not come over HTTP (events to their
targets, for one) meet no fault.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

from .permissions import operations
from .permissions.operations import Operation, UnderivableError

REMOVE = {"remove": True}  # what a DELETE asks
KINDS = ("throttle", "error", "latency", "drop", "lose-answer", "expire", "kill-worker")

# Error code, HTTP status and message by service; the first is every other service's. From the service models'
# error shapes, S3's list of error responses, and AWS's common errors.
_RATE = "Rate exceeded"
_FAILED = "The request processing has failed because of an unknown error, exception or failure."
_EXPIRED = "The security token included in the request is expired"
_ERRORS: dict[str, dict[str, tuple[str, str, str]]] = {
    "throttle": {
        "": ("ThrottlingException", "400 Bad Request", _RATE),
        "iam": ("Throttling", "400 Bad Request", _RATE),
        "lambda": ("TooManyRequestsException", "429 Too Many Requests", _RATE),
        "s3": ("SlowDown", "503 Slow Down", "Please reduce your request rate."),
        "sns": ("Throttled", "429 Too Many Requests", _RATE),
        "sqs": ("RequestThrottled", "403 Forbidden", "Request is throttled."),
        "sts": ("Throttling", "400 Bad Request", _RATE),
    },
    "error": {
        "": ("InternalFailure", "500 Internal Server Error", _FAILED),
        "events": ("InternalException", "500 Internal Server Error", _FAILED),
        "kms": ("KMSInternalException", "500 Internal Server Error", _FAILED),
        "lambda": ("ServiceException", "500 Internal Server Error", _FAILED),
        "logs": ("ServiceUnavailableException", "503 Service Unavailable", _FAILED),
        "s3": (
            "InternalError",
            "500 Internal Server Error",
            "We encountered an internal error. Please try again.",
        ),
    },
    "expire": {
        "": ("ExpiredTokenException", "400 Bad Request", _EXPIRED),
        "iam": ("ExpiredToken", "403 Forbidden", _EXPIRED),
        "lambda": ("ExpiredTokenException", "403 Forbidden", _EXPIRED),
        "s3": ("ExpiredToken", "400 Bad Request", "The provided token has expired."),
        "sns": ("ExpiredToken", "403 Forbidden", _EXPIRED),
        "sts": ("ExpiredToken", "403 Forbidden", _EXPIRED),
    },
}

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
Refuse = Callable[[Environ, Any, str, str, str], Iterable[bytes]]


@dataclass
class Fault:
    """One kind of fault, where and how often it strikes. Raises ValueError for what cannot be."""

    kind: str
    service: str | None = None
    operation: str | None = None
    rate: float = 1.0
    count: int | None = None
    seed: int = 0
    seconds: float = 0.0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no kind of fault is called {self.kind!r}: there are {', '.join(KINDS)}")
        if self.kind == "kill-worker":
            self.service, self.operation = "sagemaker-runtime", "InvokeEndpoint"
        if self.operation and not self.service:
            raise ValueError(f"whose operation is {self.operation}? Give its service too")
        if self.service and self.operation not in (None, *_operations_of(self.service)):
            raise ValueError(f"{self.service} has no operation {self.operation!r}")
        if not 0 < self.rate <= 1 or (self.count is not None and self.count < 1) or self.struck:
            raise ValueError("the rate is above 0 and at most 1, the count at least 1, and struck is counted")
        if (self.kind == "latency") != (self.seconds > 0):
            raise ValueError("a latency, and nothing else, has seconds")
        self._random = random.Random(self.seed)  # noqa: S311 - the same faults again for the same seed

    def strikes(self, operation: Operation, in_session: bool) -> bool:
        """Whether this call is hit, which counts it."""
        if self.service not in (None, operation.service) or self.operation not in (None, operation.name):
            return False
        if (self.kind == "expire" and not in_session) or self.struck == self.count:
            return False
        hit = self._random.random() < self.rate
        self.struck += hit
        return hit


_faults: list[Fault] = []
_lock = threading.Lock()


def control(asked: dict[str, Any]) -> dict[str, Any]:
    """What /_localaws/faults answers. Raises ValueError or TypeError for a fault that cannot be."""
    with _lock:
        if asked and asked != REMOVE:
            _faults.append(Fault(**asked))
        told = {"faults": [asdict(fault) for fault in _faults]}
        if asked == REMOVE:
            _faults.clear()
    return told


def injected(application: Application, refuse: Refuse) -> Application:
    """`application` where faults strike; `refuse` writes an error in the protocol that the client speaks."""

    def faulty(environ: Environ, start_response: Any) -> Iterable[bytes]:
        struck = _striking(environ) if _faults else []
        for fault, operation in struck:
            if fault.kind == "latency":
                time.sleep(fault.seconds)
            elif fault.kind == "kill-worker":
                _kill_workers(operation)
            elif fault.kind == "drop":
                raise ConnectionAbortedError
            elif fault.kind in _ERRORS:
                errors = _ERRORS[fault.kind]
                code, status, message = errors.get(operation.service, errors[""])
                return refuse(environ, start_response, code, message, status)
        answer = application(environ, start_response)
        if any(fault.kind == "lose-answer" for fault, _ in struck):
            raise ConnectionAbortedError
        return answer

    return faulty


def _striking(environ: Environ) -> list[tuple[Fault, Operation]]:
    signed = operations.signature(environ)
    if signed is None:
        return []
    try:
        operation = operations.read(environ, signed)
    except UnderivableError:
        operation = Operation(operations.sdk_name(signed.service), signed.region, "")
    with _lock:
        return [
            (fault, operation) for fault in _faults if fault.strikes(operation, bool(signed.session_token))
        ]


def _kill_workers(operation: Operation) -> None:
    """Every process of the endpoint, without a wait for its end: this call and others are under way."""
    from moto.sagemaker.models import sagemaker_backends

    for account in sagemaker_backends.values():
        endpoint: Any = account[operation.region].endpoints.get(operation.parameters["EndpointName"])
        for variant in endpoint.variants.values() if endpoint else ():
            variant.server.signal(signal.SIGKILL)


def _operations_of(service: str) -> list[str]:
    try:
        return list(get_service_model(service).operation_names)
    except UnknownServiceError as error:
        raise ValueError(f"the SDK knows no service {service!r}") from error
