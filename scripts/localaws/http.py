"""The HTTP front of local AWS: keep-alive connections into moto's WSGI application, and plain words for what
it cannot do.

werkzeug's own handler closes the connection after every request, because it does not read the request's body
itself. This one does, so that a client (Terraform makes thousands of calls) keeps its connections.
"""

from __future__ import annotations

import io
import json
import logging
import socket
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from . import clock, faults
from .permissions import enforcement
from .permissions.enforcement import RefusedError

log = logging.getLogger("localaws")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class KeepAliveHandler(MotoRequestHandler):
    """One request after another on one connection; bodies are read whole and answers are sent whole."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a small answer waits 40 ms for the client's delayed ACK

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        body = self._read_body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["werkzeug.socket"] = None
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
            answer.update(status=status, headers=headers)
            return lambda _: None  # WSGI's write(), which moto does not use

        chunks = self.server.app(environ, start_response)
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        self._send(answer["status"], answer["headers"], content)

    def _read_body(self, environ: Environ) -> bytes:
        if environ.get("wsgi.input_terminated"):  # chunked: werkzeug's reader knows where it ends
            body: bytes = environ["wsgi.input"].read()
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        names = set()
        for name, value in headers:
            names.add(name.lower())
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or code in ("204", "304")
        if "content-length" not in names and not (bodiless and code != "200"):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(content)
        self.wfile.flush()


class Application:
    """moto's application; an operation it lacks, or fails in, answers once and in words.

    moto answers such a call with a 500, which every SDK retries, some for minutes. A 501 is not retried.
    """

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if _is_a_browsers(environ):
            message = "local AWS answers programs on this machine, not web pages: ask 127.0.0.1 or localhost"
            return _refuse(environ, start_response, "AccessDenied", message, "403 Forbidden")
        if control := CONTROLS.get(environ["PATH_INFO"]):
            return _controlled(control, environ, start_response)
        answer: dict[str, Any] = {}

        def remember(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            answer.update(status=status, headers=headers)

        try:
            enforcement.check(environ)
            chunks = self.moto(environ, remember)
        except RefusedError as error:
            return _refuse(environ, start_response, error.code, str(error), error.status)
        except NotImplementedError as error:
            return _refuse(
                environ, start_response, "NotImplemented", f"local AWS lacks {_operation(environ)}: {error}"
            )
        except Exception as error:
            log.error("%s failed\n%s", _operation(environ), traceback.format_exc())
            message = f"local AWS failed in {_operation(environ)}: {type(error).__name__}: {error}"
            return _refuse(environ, start_response, "LocalAwsFault", message)
        not_routed = answer["status"].startswith("404") and _is_html(answer["headers"])
        if not_routed and environ["REQUEST_METHOD"] != "HEAD":
            # No route: the operation is unknown. A HEAD that answers so asked for a bucket that is not there.
            return _refuse(
                environ, start_response, "NotImplemented", f"local AWS lacks {_operation(environ)}"
            )
        start_response(answer["status"], answer["headers"])
        return chunks


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes a free one. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


def make(listener: socket.socket) -> BaseWSGIServer:
    """A threaded server on a bound socket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line per request
    host, port = listener.getsockname()
    app = faults.injected(Application(), _refuse)
    return make_server(host, port, app, threaded=True, request_handler=KeepAliveHandler, fd=listener.fileno())


def _controlled(
    control: Callable[[dict[str, Any]], dict[str, Any]], environ: Environ, start_response: StartResponse
) -> list[bytes]:
    """What a control answers to a POST's JSON object, a DELETE, or a GET, which is like an empty POST."""
    status = "200 OK"
    try:
        method = environ["REQUEST_METHOD"]
        asked = json.loads(environ["wsgi.input"].read() or b"{}") if method == "POST" else {}
        answer = control(faults.REMOVE if method == "DELETE" else asked)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        status, answer = "400 Bad Request", {"message": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def _clock(asked: dict[str, Any]) -> dict[str, Any]:
    """What the clock shows, once it was moved (clock.py)."""
    if asked:
        clock.move(float(asked.get("advance", 0)), asked.get("rate"))
    return {"now": clock.now(), "rate": clock.rate()}


# What a test may ask of local AWS itself, by path. Services add their own when they are installed. A control
# raises ValueError for what it cannot do.
CONTROLS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "/_localaws/clock": _clock,
    "/_localaws/faults": faults.control,
}


def _is_a_browsers(environ: Environ) -> bool:
    """Whether a web page asks: local AWS runs code, and any page may send requests to 127.0.0.1, also under a
    name of its own that it makes stand for that address."""
    host = environ.get("HTTP_HOST", "").partition(":")[0]
    return "HTTP_ORIGIN" in environ or not (host in ("127.0.0.1", "localhost") or host.endswith(".localhost"))


def _operation(environ: Environ) -> str:
    """The call's name as far as the request tells it: the target header, the Action parameter, or method and
    path."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target)
    return f"{_service(environ)} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _service(environ: Environ) -> str:
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
    return scope[3] if len(scope) > 3 else "?"


def _is_html(headers: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "content-type" and value.startswith("text/html") for name, value in headers)


def _refuse(
    environ: Environ,
    start_response: StartResponse,
    code: str,
    message: str,
    status: str = "501 Not Implemented",
) -> list[bytes]:
    """An error in the protocol the client speaks: XML for S3 and query APIs, JSON for the rest."""
    request_id = str(uuid.uuid4())
    if _service(environ) == "s3" or environ.get("CONTENT_TYPE", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        body, kind = f"<Error>{error}</Error>", "text/xml"
        if _service(environ) != "s3":
            body = f"<ErrorResponse>{body}<RequestId>{request_id}</RequestId></ErrorResponse>"
    else:
        body, kind = json.dumps({"__type": code, "message": message}), "application/json"
    headers = [("Content-Type", kind), ("X-Amzn-ErrorType", code), ("X-Amzn-RequestId", request_id)]
    start_response(status, headers)
    return [body.encode()]
