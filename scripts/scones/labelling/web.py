"""Label in a browser: a page on 127.0.0.1, for the one person who started it.

The page's address holds a secret, so that other users of the machine do not label with this one's
credentials. Requests for another host (DNS rebinding), from another site, or without the page's own origin
(forged posts) are refused, and the page itself may load nothing but its own files.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scones.errors import SconesError, UsageError
from scones.labelling.keys import DROP_KEY, NEITHER_KEY, SKIP_KEY, class_keys
from scones.labelling.labels import NEITHER
from scones.labelling.listing import named
from scones.labelling.looking import Item, Picture, Problem
from scones.labelling.session import Session
from scones.pictures import png
from scones.stylesheet import stylesheet

HOST = "127.0.0.1"
NAMES = {HOST, "localhost"}  # whatever the port: it may be forwarded to another one
ABSENT_SECONDS = 90.0  # an open page asks every 30 s; after this long without it the picture goes back
MAX_BODY = 4096
SILENCE_SECONDS = 30

PAGE = Path(__file__).with_name("page")
FILES = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class LabellingServer(ThreadingHTTPServer):
    """Serves one session's page. OSError when the port is taken; 0 takes any free one."""

    daemon_threads = True

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session = session
        self.secret = secrets.token_urlsafe(16)
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is none."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/{self.secret}/"


class _Refused(Exception):
    """The request is answered with an error; nothing was done."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: LabellingServer
    server_version, sys_version = "labelling", ""
    timeout = SILENCE_SECONDS

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, respond: Callable[[str], tuple[bytes, str]]) -> None:
        try:
            path = self._checked_path()
            content, media_type = respond(path)
            self._send(HTTPStatus.OK, content, media_type)
        except _Refused as refused:
            self._send_error(refused.status, str(refused))
        except SconesError as error:
            self._send_error(HTTPStatus.CONFLICT, str(error))
        except (ClientError, BotoCoreError) as error:
            self._send_error(HTTPStatus.BAD_GATEWAY, f"AWS refused: {error}")

    # --- Who asks ------------------------------------------------------------------------------------

    def _checked_path(self) -> str:
        """The path below the secret, of a request that the page itself may have made."""
        host = self.headers.get("Host", "")
        if host.rpartition(":")[0] not in NAMES or len(self.headers.get_all("Host", [])) != 1:
            raise _Refused(HTTPStatus.MISDIRECTED_REQUEST, "this server is 127.0.0.1 and nothing else")
        if self.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            raise _Refused(HTTPStatus.FORBIDDEN, "another site's request is refused")
        if self.headers.get("Origin", f"http://{host}") != f"http://{host}":
            raise _Refused(HTTPStatus.FORBIDDEN, "another site's request is refused")
        secret, slash, path = self.path.partition("?")[0].removeprefix("/").partition("/")
        if not slash or not hmac.compare_digest(secret.encode(), self.server.secret.encode()):
            raise _Refused(HTTPStatus.NOT_FOUND, "there is nothing here: open the whole address again")
        return path

    def _body(self) -> dict[str, Any]:
        """The JSON object that the page posts. Another site's form has neither its type nor its origin."""
        if "Origin" not in self.headers or self.headers.get_content_type() != "application/json":
            raise _Refused(HTTPStatus.FORBIDDEN, "only this server's own page may decide")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected at most {MAX_BODY} bytes")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise _Refused(HTTPStatus.BAD_REQUEST, "expected a JSON object")
        return body

    # --- What there is -------------------------------------------------------------------------------

    def _get(self, path: str) -> tuple[bytes, str]:
        if path in FILES:
            name, media_type = FILES[path]
            file = PAGE / name
            return (stylesheet(file).encode() if file.suffix == ".css" else file.read_bytes()), media_type
        if path == "state":
            return self._state()
        item = self.server.session.current() if path.startswith("pictures/") else None
        if item and path == f"pictures/{item.id}.png" and isinstance(item.content, Picture):
            return png(item.content.pixels), "image/png"
        raise _Refused(HTTPStatus.NOT_FOUND, "there is no such thing here")

    def _post(self, path: str) -> tuple[bytes, str]:
        body, session = self._body(), self.server.session
        if path == "again":
            session.look_again()
            return self._state()
        if path != "decisions":
            raise _Refused(HTTPStatus.NOT_FOUND, "there is no such thing here")
        item = session.current()
        if item is None or item.id != body.get("id"):
            raise _Refused(
                HTTPStatus.CONFLICT, "this picture is not yours to decide any more: here is the next"
            )
        return self._state(_decide(session, item, body))

    def _state(self, said: str = "") -> tuple[bytes, str]:
        return json.dumps(state_of(self.server.session) | {"said": said}).encode(), "application/json"

    # --- Answers -------------------------------------------------------------------------------------

    def _send_error(self, status: HTTPStatus, message: str) -> None:
        self._send(status, json.dumps({"error": message}).encode(), "application/json")

    def _send(self, status: HTTPStatus, content: bytes, media_type: str) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal is a person's."""


def _decide(session: Session, item: Item, body: dict[str, Any]) -> str:
    """Carry a decision out, and return what to tell the person."""
    decision, name = body.get("decision"), body.get("class")
    if decision == "skip":
        session.skip(item)
        return "Skipped."
    if decision == "drop":
        session.drop(item)
        return "Dropped."
    if decision != "label" or name not in {*session.class_names, NEITHER}:
        raise UsageError("expected the decision label (with a class), skip or drop")
    before = session.label(item, str(name))
    if before is None:
        return f"Labelled {name}."
    if before == name:
        return f"It was labelled {before} already."
    return f"It was labelled {before} already, and that stays: your {name} was not written."


def state_of(session: Session) -> dict[str, Any]:
    """Return all that the page shows, for JSON."""
    item = session.current()
    waiting, with_others = session.waiting()
    keys = {name: key for key, name in class_keys(session.class_names).items()}
    return {
        "item": _shown(item, session.class_names) if item else None,
        "classes": [{"name": name, "key": keys.get(name)} for name in session.class_names],
        "keys": {"neither": NEITHER_KEY, "skip": SKIP_KEY, "drop": DROP_KEY},
        "tally": vars(session.tally),
        "waiting": waiting,
        "with_others": with_others,
        "notes": session.foreign,
    }


def _shown(item: Item, class_names: list[str]) -> dict[str, Any]:
    content = item.content
    picture = content if isinstance(content, Picture) else None
    return {
        "id": item.id,
        "key": item.review.name,
        "confidences": named(item.review.confidences, class_names),
        "out_of_domain": item.review.out_of_domain,
        "cause": item.review.cause,
        "execution": item.review.execution,
        "picture": f"pictures/{item.id}.png" if picture else None,
        "width": picture.pixels.shape[1] if picture else None,
        "height": picture.pixels.shape[0] if picture else None,
        "problem": content.reason if isinstance(content, Problem) else None,
        "can_drop": isinstance(content, Problem) and content.lasts,
    }
