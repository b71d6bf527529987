"""Downloading from a server on this machine that does what servers do: answer ranges, hang up, lie."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scones.errors import SconesError
from scones.staging.download import fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `hang_up_after` bytes it ends each answer, `status` replaces the answer."""

    content = CONTENT
    hang_up_after: int | None = None
    status: int | None = None
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_port}/archive.tar.gz"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.server.status:
            self.send_error(self.server.status)
            return
        start = int(asked[6:-1]) if asked and self.server.ranges else 0
        if start >= len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.hang_up_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "archive.tar.gz"


def is_intact(path: Path) -> bool:
    return path.read_bytes() == CONTENT


def part_of(target: Path) -> Path:
    return target.with_name("archive.tar.gz.part")


def download(server: Server, target: Path, **options: object) -> None:
    fetch(server.url, target, is_intact, pause=lambda _seconds: None, **options)  # type: ignore[arg-type]


def test_a_file_is_downloaded_once(server: Server, target: Path) -> None:
    download(server, target)
    download(server, target)

    assert target.read_bytes() == CONTENT
    assert [target] == list(target.parent.iterdir())
    assert server.asked == [None]


def test_progress_tells_the_bytes_that_are_there_and_all(server: Server, target: Path) -> None:
    told: list[tuple[int, int]] = []
    download(server, target, progress=lambda here, total: told.append((here, total)))

    assert (len(CONTENT), len(CONTENT)) == told[-1]
    assert told == sorted(told)


def test_a_download_goes_on_where_an_earlier_run_stopped(server: Server, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:1000])
    download(server, target)

    assert server.asked == ["bytes=1000-"]
    assert target.read_bytes() == CONTENT


def test_a_connection_that_breaks_again_and_again_is_taken_up_again(server: Server, target: Path) -> None:
    server.hang_up_after = 300_000
    download(server, target)

    assert server.asked == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]
    assert target.read_bytes() == CONTENT


def test_a_server_without_ranges_is_asked_for_the_whole(server: Server, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(b"x" * 1000)
    server.ranges = False
    download(server, target)

    assert target.read_bytes() == CONTENT


def test_a_file_that_had_arrived_whole_is_only_checked(server: Server, target: Path) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT)
    download(server, target)

    assert target.read_bytes() == CONTENT


def test_a_rest_that_does_not_fit_its_beginning_is_fetched_again_from_the_start(
    server: Server, target: Path
) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(b"of another file")
    download(server, target)

    assert server.asked == ["bytes=15-", None]
    assert target.read_bytes() == CONTENT


def test_a_corrupt_file_is_removed_and_never_kept_as_the_target(server: Server, target: Path) -> None:
    server.content = CONTENT[:-1] + b"!"

    with pytest.raises(SconesError, match="wrong checksum"):
        download(server, target)
    assert list(target.parent.iterdir()) == []


def test_a_refusal_is_final_and_a_failing_server_is_asked_four_times(server: Server, target: Path) -> None:
    server.status = 404
    with pytest.raises(SconesError, match="the server answers 404 Not Found"):
        download(server, target)
    assert len(server.asked) == 1

    server.status = 503
    with pytest.raises(SconesError, match="the server answers 503"):
        download(server, target)
    assert len(server.asked) == 1 + 4


def test_what_has_arrived_is_kept_when_there_is_no_server_any_more(target: Path) -> None:
    with Server() as gone:
        url = gone.url
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:1000])

    with pytest.raises(SconesError, match=r"cannot download http.*refused.*1,000 bytes are kept"):
        fetch(url, target, is_intact, pause=lambda _seconds: None)
    assert part_of(target).read_bytes() == CONTENT[:1000]
