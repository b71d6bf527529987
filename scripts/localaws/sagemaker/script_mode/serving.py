"""The `serve` command of AWS's PyTorch container: code/inference.py behind /ping and /invocations.

Run by path: `python -P serving.py serve`. The functions are found, called and answered for as AWS's
sagemaker-inference toolkit does (model_fn; transform_fn, or input_fn, predict_fn and output_fn; each may take
the context as one argument more). The model is loaded before the port is opened. Nothing here imports more
than the standard library, so what it costs is what the user's functions cost.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

JSON, ANY = "application/json", "*/*"
TEXT_TYPES = (JSON, "text/csv")  # given to input_fn as text
MAX_BODY = 6_553_500  # bytes: TorchServe's own limit
IDLE_SECONDS = 60


class Context:
    """One request, as TorchServe shows it to a function that asks for it."""

    def __init__(self, model_folder: str, headers: dict[str, str] | None = None) -> None:
        self.system_properties = {"model_dir": model_folder, "gpu_id": None}
        self.status, self.headers = 200, {}  # type: int, dict[str, str]
        self._asked = {name.lower(): text for name, text in (headers or {}).items()}

    # The index is that of a request in a batch, and a batch here is one request.

    def get_request_header(self, index: int, key: str) -> str | None:  # noqa: ARG002
        return self._asked.get(key.lower())

    def set_response_header(self, index: int, key: str, value: str) -> None:  # noqa: ARG002
        self.headers[key] = value

    def set_response_content_type(self, index: int, value: str) -> None:  # noqa: ARG002
        self.headers["Content-Type"] = value

    def set_response_status(self, code: int = 200, phrase: str = "", index: int = 0) -> None:  # noqa: ARG002
        self.status = code


class Handler:
    """The user's functions."""

    def __init__(self, module: ModuleType, model_folder: str) -> None:
        self.model_folder = model_folder
        self.transform = getattr(module, "transform_fn", None)
        steps = [getattr(module, name, None) for name in ("input_fn", "predict_fn", "output_fn")]
        if self.transform and any(steps):
            raise ValueError("transform_fn cannot be used together with input_fn, predict_fn or output_fn")
        if not self.transform and not all(steps):
            raise ValueError("local AWS has no default handlers: define input_fn, predict_fn and output_fn")
        self.input, self.predict, self.output = steps
        self.model = _call(module.model_fn, Context(model_folder), model_folder)

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[Context, bytes]:
        """Status and headers (in the context) and the body of an answer; an error is answered, not raised."""
        context = Context(self.model_folder, headers)
        kind = context.get_request_header(0, "Content-Type")
        accept = context.get_request_header(0, "Accept")
        if not accept or accept == ANY:
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        try:
            result = self._transform(body.decode() if kind in TEXT_TYPES else body, kind, accept, context)
        except Exception as error:
            # The toolkit's own errors say which status they want; every other one is the server's fault.
            context.status = getattr(error, "status_code", 500)
            message = getattr(error, "message", None) or str(error)
            context.headers.setdefault("Content-Type", "text/plain")
            return context, f"{message}\n{traceback.format_exc()}".encode()
        if isinstance(result, tuple):
            result, accept = result
        context.set_response_content_type(0, accept)
        return context, _encoded(result)

    def _transform(self, data: Any, kind: str | None, accept: str, context: Context) -> Any:
        if self.transform:
            return _call(self.transform, context, self.model, data, kind, accept)
        given = _call(self.input, context, data, kind)
        return _call(self.output, context, _call(self.predict, context, given, self.model), accept)


def _call(function: Callable[..., Any] | None, context: Context, *given: Any) -> Any:
    """Call a function with the context when it takes one argument more."""
    assert function is not None
    wanted = len(inspect.signature(function).parameters)
    if wanted == len(given) + 1:
        return function(*given, context)
    if wanted != len(given):
        raise TypeError(f"{function.__name__} takes {wanted} arguments but {len(given)} were given.")
    return function(*given)


def _encoded(result: Any) -> bytes:
    if isinstance(result, bytes | bytearray):
        return bytes(result)
    return (result if isinstance(result, str) else json.dumps(result)).encode()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Handler) -> None:
        self.handler = handler
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which can take seconds where there is no DNS.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


class Connection(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave as one packet
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/ping" else 404, {}, b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/invocations" or not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            status = 404 if self.path != "/invocations" else 413 if length.isdigit() else 411
            return self._answer(status, {}, b"")
        context, body = self.server.handler.answer(self.rfile.read(int(length)), dict(self.headers.items()))
        return self._answer(context.status, context.headers, body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, " ".join(text.splitlines()))
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        if str(code) != "200":
            super().log_request(code, size)


def main() -> None:
    model = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model"
    code = model / "code"
    if (code / "requirements.txt").is_file():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-r", "requirements.txt"], cwd=code, check=True
        )
    sys.path.insert(0, str(code))
    program = os.environ.get("SAGEMAKER_PROGRAM", "inference.py").removesuffix(".py")
    handler = Handler(importlib.import_module(program), str(model))
    address = os.environ["SAGEMAKER_BIND_TO_ADDRESS"], int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    with Server(address, handler) as server:
        # shutdown() waits for the serving loop, which is the thread that handles the signal.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
