"""A running labelling server, and what its page asks of it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from scones.labelling.session import Session
from scones.labelling.web import LabellingServer

JSON = {"Content-Type": "application/json"}


class Page:
    """What a page of a running server can ask."""

    def __init__(self, server: LabellingServer, session: Session) -> None:
        self.session = session
        self.port = server.server_port
        self.path = urlsplit(server.url).path
        self.origin = f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, content, headers or {})
            answer = connection.getresponse()
            data = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            return answer.status, json.loads(data) if is_json else data, answer.headers
        finally:
            connection.close()

    def state(self) -> dict[str, Any]:
        status, state, _ = self.ask("GET", f"{self.path}state")
        assert status == 200
        return state

    def post(self, path: str, body: Any, **headers: str | None) -> tuple[int, Any]:
        sent = {**JSON, "Origin": self.origin} | {
            name.replace("_", "-"): v for name, v in headers.items() if v
        }
        sent = {
            name: value for name, value in sent.items() if headers.get(name.replace("-", "_"), "") is not None
        }
        status, answer, _ = self.ask("POST", self.path + path, body, sent)
        return status, answer

    def decide(self, **words: Any) -> tuple[int, Any]:
        return self.post("decisions", words)


@contextmanager
def served(session: Session) -> Iterator[Page]:
    with session, LabellingServer(session) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Page(server, session)
        finally:
            server.shutdown()
            thread.join()
