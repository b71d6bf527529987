"""From an HTTP request to the operation it asks for and its parameters, under AWS's names, by moto's routers
and parsers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.utils import get_service_model

# The service in a signature's scope, where the SDK calls it otherwise
_SDK_NAMES = {"states": "stepfunctions", "monitoring": "cloudwatch"}
_CREDENTIAL = re.compile(r"Credential=([^/,\s&]+)/\d*/([^/]*)/([^/]*)/")


class UnderivableError(Exception):
    """What a call is about cannot be told, so nobody can say whether it is allowed."""


@dataclass(frozen=True)
class Signature:
    """Whose call it is, as far as the request says so itself."""

    access_key_id: str
    region: str
    service: str
    session_token: str


@dataclass(frozen=True)
class Operation:
    """A call's name and parameters; `shape` is its input's in the service model."""

    service: str  # as the SDK calls it
    region: str
    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    shape: Any = None


def signature(environ: dict[str, Any]) -> Signature | None:
    """From the header or a presigned URL, of S3's older kind as well. None for a call that is not signed."""
    token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")
    query = environ.get("QUERY_STRING", "")
    if "X-Amz-Credential" in query or "AWSAccessKeyId" in query:
        asked = {name.lower(): value for name, value in parse_qsl(query)}
        token = token or asked.get("x-amz-security-token", "")
        if "awsaccesskeyid" in asked:
            return Signature(asked["awsaccesskeyid"], "us-east-1", "s3", token)
        written = f"Credential={asked['x-amz-credential']}/"
    else:
        written = environ.get("HTTP_AUTHORIZATION", "")
    found = _CREDENTIAL.search(written)
    return Signature(found[1], found[2], found[3], token) if found else None


def sdk_name(signed_as: str) -> str:
    """The SDK's name of the service in a signature's scope."""
    return _SDK_NAMES.get(signed_as, signed_as)


def read(environ: dict[str, Any], signed: Signature) -> Operation:
    """Raises UnderivableError for an operation that the service model does not know."""
    service = sdk_name(signed.service)
    target = environ.get("HTTP_X_AMZ_TARGET")
    if service == "sagemaker" and not target:
        service = "sagemaker-runtime"
    request = Request(environ, populate_request=False)
    try:
        if target:
            operation = get_service_model(service).operation_model(target.rpartition(".")[2])
            given = json.loads(environ["wsgi.input"].getvalue() or b"{}")
        else:
            operation, in_path = get_service_router(service).match(request)
            given = _parameters(operation, request, in_path)
    except (NotFound, NotImplementedError, OperationNotFoundError, UnknownServiceError, ValueError) as error:
        asked = target or f"{request.method} {request.path}"
        raise UnderivableError(f"local AWS knows no operation of {service} for {asked}") from error
    finally:
        environ["wsgi.input"].seek(0)  # moto reads it again
    named = {name: value for name, value in given.items() if value is not None}
    return Operation(service, signed.region, operation.name, named, operation.input_shape)


def _parameters(operation: Any, request: Request, in_path: dict[str, Any]) -> dict[str, Any]:
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    if protocol.startswith("rest") and operation.name != "DeleteObjects":
        return _rest_parameters(operation.input_shape, request, in_path, protocol == "rest-json")
    asked: Any = {
        "body": request.environ["wsgi.input"].getvalue(),
        "headers": request.headers,
        "method": request.method,
        "url_path": request.path,
        "url_params": in_path,
        "values": request.values,
    }
    found: dict[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(asked)
    return found


def _rest_parameters(
    shape: Any, request: Request, in_path: dict[str, Any], json_body: bool
) -> dict[str, Any]:
    """What path, query and headers say, and a JSON body that is no payload.

    moto's parser asks for each of an operation's headers, of which S3's have eighty.
    """
    if shape is None:
        return {}
    named = _members(shape)
    found = {named["uri", name]: value for name, value in in_path.items() if ("uri", name) in named}
    found |= {named["query", name]: value for name, value in request.args.items() if ("query", name) in named}
    headers = {each.replace("_", "-").lower(): each for each in request.environ if each.startswith("HTTP_")}
    for header, key in headers.items():
        if ("header", header[5:]) in named:
            found[named["header", header[5:]]] = request.environ[key]
    if json_body and "payload" not in shape.serialization:
        found |= json.loads(request.environ["wsgi.input"].getvalue() or b"{}")
    return found


_known: dict[str, dict[tuple[str, str], str]] = {}


def _members(shape: Any) -> dict[tuple[str, str], str]:
    """An input's members by where they are in a request, and their names there."""
    if shape.name not in _known:
        places = {"uri": "uri", "querystring": "query", "header": "header"}
        _known[shape.name] = {
            (places[member.serialization["location"]], member.serialization["name"].lower())
            if member.serialization["location"] == "header"
            else (places[member.serialization["location"]], member.serialization["name"]): name
            for name, member in shape.members.items()
            if member.serialization.get("location") in places
        }
    return _known[shape.name]
