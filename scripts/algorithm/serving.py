"""The endpoint's container: GET /ping and POST /invocations over HTTP/1.1, one picture a request.

The model is loaded before the port is opened, so that an answered ping means ready. Refusals:
400 undecodable, 404 other path, 406 unanswerable Accept, 411 no length, 413 too large, 415 other type.
"""

import json
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch

from algorithm import artifact, images, inference
from algorithm.container import Container
from algorithm.errors import AlgorithmError
from algorithm.model import Classifier

# SageMaker's own limit for the body of a real-time request, 6 MB at the time of the built-in algorithm.
MAX_BODY = 6 * 1024 * 1024
# What a batch transform job asks for before it sends pictures.
EXECUTION_PARAMETERS = {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 6}
# The header that SageMaker hands on to whoever invoked the endpoint.
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
MAX_DISCARDED = 10 * MAX_BODY
# A client that stops in the middle of a request holds a thread no longer than this.
IDLE_SECONDS = 60


class RefusedError(Exception):
    """A request that cannot be answered: HTTP status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Server(ThreadingHTTPServer):
    """A server that owns the classifier and refuses nobody while another is being answered."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], classifier: Classifier) -> None:
        self.classifier = classifier
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which can take seconds where there is no DNS.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(200, b"", "text/plain")
        elif self.path == "/execution-parameters":
            self._answer(200, json.dumps(EXECUTION_PARAMETERS).encode(), inference.JSON)
        else:
            self._answer(404, b"unknown path\n", "text/plain")

    def do_POST(self) -> None:
        try:
            content = self._body()
            if self.path != "/invocations":
                raise RefusedError(404, "unknown path")
            body, kind, attributes = self._invoke(content)
            self._answer(200, body, kind, attributes)
        except RefusedError as refusal:
            self._answer(refusal.status, f"{refusal.reason}\n".encode(), "text/plain")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            raise RefusedError(411, "the request needs a Content-Length")
        if int(length) > MAX_BODY:
            self._discard(int(length))
            raise RefusedError(413, f"the body has {int(length):,} bytes; at most {MAX_BODY:,} are accepted")
        return self.rfile.read(int(length))

    def _discard(self, length: int) -> None:
        """Read a body to throw it away: a client still sending would miss the refusal if we just closed."""
        self.close_connection = length > MAX_DISCARDED
        while length > 0 and not self.close_connection:
            length -= len(self.rfile.read(min(length, 65_536))) or length

    def _invoke(self, content: bytes) -> tuple[bytes, str, str]:
        content_type = inference.media_type(self.headers.get("Content-Type", ""))
        if content_type not in inference.CONTENT_TYPES:
            known = ", ".join(sorted(inference.CONTENT_TYPES))
            raise RefusedError(415, f"content type {content_type or '(none)'} is not one of {known}")
        accept = self.headers.get("Accept", "")
        kind = inference.response_type(accept)
        if kind is None:
            raise RefusedError(406, f"cannot answer {accept}; only {', '.join(inference.KINDS)}")
        try:
            prediction = inference.predict(self.server.classifier, content)
        except images.TooManyPixelsError as error:
            raise RefusedError(413, str(error)) from None
        except images.BadImageError as error:
            raise RefusedError(400, str(error)) from None
        attributes = f"out-of-domain={prediction.out_of_domain:.6f}"
        return inference.encode(prediction, kind), inference.media_type(kind), attributes

    def _answer(self, status: int, body: bytes, kind: str, attributes: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if attributes:
            self.send_header(CUSTOM_ATTRIBUTES, attributes)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Log what an operator may want to see: no pings, and no successes."""
        if str(code) != "200":
            super().log_request(code, size)


def run(container: Container) -> None:
    """Load the model and serve it until SIGTERM or SIGINT. Raises AlgorithmError if either is impossible."""
    classifier = artifact.load(container.model)
    try:
        server = Server((container.address, container.port), classifier)
    except OSError as error:
        raise AlgorithmError(f"cannot listen on {container.address}:{container.port}: {error}") from None
    for name in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the serving loop, which is the thread that handles the signal.
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    # One small picture a request: a second thread costs more to wake than it computes.
    torch.set_num_threads(1)
    print(f"serving on {container.address}:{server.server_port}", file=sys.stderr, flush=True)
    with server:
        server.serve_forever(poll_interval=0.05)
