"""make review-queue as a user runs it: the list, a real terminal, and the page's server."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from scones.settings import LOCAL_HOME_VARIABLE, REPOSITORY, Workflow, write_json
from unit.labelling.review import CLASSES, Review, sha256


@pytest.fixture
def home(review: Review, tmp_path: Path) -> Path:
    """The folder of an environment whose workflow has this queue."""
    workflow = dict.fromkeys(Workflow.__dataclass_fields__, "")
    workflow |= {"review_queue_url": review.url, "data_bucket": review.name, "class_names": CLASSES}
    write_json(tmp_path / "workflow.outputs.json", workflow)
    state = {"endpoint_url": review.endpoint_url, "pid": os.getpid(), "region": "us-east-1"}
    write_json(tmp_path / "localaws.json", state)
    return tmp_path


def words(*arguments: str) -> list[str]:
    return [sys.executable, str(REPOSITORY / "scripts" / "review_queue.py"), *arguments]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {LOCAL_HOME_VARIABLE: str(home)}
    return subprocess.run(
        words(*arguments),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_list_as_json_says_all_that_is_known(review: Review, home: Path) -> None:
    (data,) = review.doubt("a.png")
    stranger = review.send("hello")

    answer = run(home, "--list", "--json")

    told = json.loads(answer.stdout)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert (told["waiting"], told["claimed"]) == (2, 0)
    assert [one["key"] for one in told["pictures"]] == ["a.png"]
    assert told["pictures"][0]["sha256"] == sha256(data)
    assert told["pictures"][0]["confidences"] == {"bicycle": 0.61, "motorcycle": 0.39}
    assert told["foreign"] == [f"message {stranger} is no review: it is no JSON object"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "error: labelling needs a terminal: use --web for a browser, or --list\n"),
        (["--json"], "error: --json goes with --list\n"),
        (["--port", "8000"], "error: --port goes with --web, and is from 0 to 65535\n"),
        (["--list", "--limit", "0"], "error: --limit goes with --list, and is at least 1\n"),
    ],
)
def test_words_that_do_not_fit_are_refused_in_one_line(home: Path, arguments: list[str], line: str) -> None:
    answer = run(home, *arguments)

    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", line)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def read_until(descriptor: int, wanted: str) -> str:
    """What the terminal shows, until it shows `wanted` after all that was read before."""
    text, deadline = "", time.monotonic() + 30
    while wanted not in plain(text):
        ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
        assert ready, f"no {wanted!r} in {plain(text)!r}"
        text += os.read(descriptor, 65536).decode(errors="replace")
    return plain(text)


def test_a_person_labels_at_a_real_terminal(review: Review, home: Path) -> None:
    review.doubt("a.png", "b.png")
    person, terminal = pty.openpty()
    environment = os.environ | {LOCAL_HOME_VARIABLE: str(home), "COLUMNS": "80", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        words("--by", "grace"), env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    try:
        os.write(person, b"22")  # before there is anything to see: does not count
        read_until(person, "quit")
        os.write(person, b"1")
        shown = read_until(person, "quit")
        assert "→ labelled bicycle" in shown
        os.write(person, b"q")
        read_until(person, "1 labelled, 0 skipped.")
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(person)

    ((_, metadata),) = review.labels().values()
    assert (metadata["class"], metadata["labelled-by"]) == ("bicycle", "grace")
    assert review.left() == (1, 0)


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_server_that_is_ended_gives_the_picture_back(
    review: Review, home: Path, number: signal.Signals, exit_code: int
) -> None:
    review.doubt("a.png")
    environment = os.environ | {LOCAL_HOME_VARIABLE: str(home)}
    with subprocess.Popen(words("--web"), env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with urlopen(url) as answer:
                assert b"<h1>What does it show?</h1>" in answer.read()
            with urlopen(f"{url}state") as answer:
                assert json.load(answer)["item"]["key"] == "a.png"
            assert review.left() == (0, 1)
            process.send_signal(number)
            assert process.wait(timeout=30) == exit_code
        finally:
            process.kill()

    assert review.left() == (1, 0)


def test_a_port_that_is_taken_is_told_in_one_line(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run(home, "--web", "--port", str(port))

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"error: port {port} cannot be served: Address already in use; choose another --port\n"
    )
