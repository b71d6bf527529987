"""python scripts/report.py: one page that needs nothing else, from AWS or from a folder of files."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

import real_data
from scones import notebook
from scones.inference.captures import Reading, read_captures_in
from scones.labelling.labels import LabelStore
from scones.reporting.charts import MOST_POINTS
from scones.reporting.report import Subject, write_report
from scones.reporting.sources import read_deployed
from scones.settings import REPOSITORY
from unit.report.records import NOON, picture, record, series, write
from unit.report.workflow import ANSWERS, BUCKET, REVIEW, Deployed

SUBJECT = Subject("Inferences", 0.93, ["bicycle", "motorcycle"], {"Endpoint": "scones-unit"})


class Document(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._is_code = False
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._is_code = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self.text += data

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.elements if (value := attrs.get(attribute)) is not None]

    def with_class(self, name: str) -> int:
        return sum(name in classes.split() for classes in self.values("class"))


def report(*words: str, deployed: Deployed | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/report.py", *words],
        cwd=REPOSITORY,
        env=deployed.variables() if deployed else None,
        capture_output=True,
        text=True,
    )


def page_of(folder: Path, subject: Subject = SUBJECT) -> Document:
    write_report(read_captures_in(folder), subject, folder / "out", lambda: NOON)
    return Document(folder / "out" / "report.html")


# --- The command -------------------------------------------------------------------------------------


def test_a_folder_of_captures_is_reported_without_aws(tmp_path: Path) -> None:
    write(tmp_path / "in/a.jsonl", series([0.99, 0.93, 0.5]), tail=b'{"cut')

    result = report(
        f"--captures={tmp_path / 'in'}", "--threshold=0.93", f"--out={tmp_path / 'out'}", "--json"
    )

    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "confidence-bars.png",
        "confidence-histogram.png",
        "confidence-over-time.png",
        "counts.png",
        "gallery.png",
        "report.html",
    ]
    numbers = json.loads(result.stdout)
    assert (numbers["inferences"], numbers["accepted"], numbers["unreadable_records"]) == (3, 2, 1)
    assert "could not be read: a.jsonl, line 4: not JSON" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--captures=none"], 1, "there is no .jsonl file in none: give a folder of capture files"),
        (
            ["--captures=.", "--out-of-domain-limit=9"],
            2,
            "--out-of-domain-limit is 9: expected a score from 0 to 1",
        ),
        (
            ["--out-of-domain-limit=0.5"],
            2,
            "--out-of-domain-limit and --class-threshold go with --captures; AWS tells its own",
        ),
        (
            ["--captures=.", "--class-threshold=bicycle"],
            2,
            "--class-threshold is 'bicycle': expected CLASS=CONFIDENCE, such as bicycle=0.9",
        ),
        (
            ["--captures=.", "--class-threshold=bus=0.5"],
            2,
            "--class-threshold names bus: expected one of --class-names",
        ),
        (["--captures=.", "--threshold=93"], 2, "--threshold is 93: expected a confidence from 0 to 1"),
    ],
)
def test_what_cannot_be_reported_is_one_line(words: list[str], code: int, message: str) -> None:
    result = report(*words)

    assert (result.returncode, result.stderr) == (code, f"error: {message}\n")


def test_a_deployed_workflow_is_reported_with_the_labels_of_its_staged_pictures(deployed: Deployed) -> None:
    for key in ANSWERS:
        deployed.capture(key)

    result = report("--json", deployed=deployed)

    assert result.returncode == 0, result.stderr
    numbers = json.loads(result.stdout)
    assert (numbers["labelled"], numbers["accuracy"], numbers["accuracy_when_accepted"]) == (3, 2 / 3, 1)
    text = Document(deployed.home / "report.html").text
    assert all(key in text for key in ANSWERS)
    assert "wrong: labelled motorcycle" in text
    assert "drawn, 9 training and 3 test pictures" in text


def test_a_label_by_a_person_is_the_truth_of_the_picture_that_it_names(deployed: Deployed) -> None:
    unstaged = {"incoming/a.png": picture("black"), "incoming/b.png": picture("white")}
    labels = LabelStore(deployed.client("s3"), BUCKET, ["bicycle", "motorcycle"], by="ada")
    for key, name in zip(unstaged, ("motorcycle", "neither"), strict=True):
        deployed.capture(REVIEW, unstaged[key], key)
        labels.write(hashlib.sha256(unstaged[key]).hexdigest(), name, key)

    result = report("--json", deployed=deployed)

    assert result.returncode == 0, result.stderr
    numbers = json.loads(result.stdout)
    assert {name: number for name, number in numbers.items() if name.startswith("labelled")} == {
        "labelled": 2, "labelled_by_people": 2, "labelled_neither": 1, "labelled_neither_accepted": 0,
    }  # fmt: skip
    text = Document(deployed.home / "report.html").text
    assert "wrong: a person labelled it motorcycle" in text
    assert "neither: a person labelled it neither" in text
    assert "0 in the staged test list; 2 by people; 1 show neither, 0 of these accepted" in text


def test_a_picture_that_was_overwritten_since_it_was_staged_is_not_known(deployed: Deployed) -> None:
    deployed.client("s3").put_object(Bucket=BUCKET, Key=REVIEW, Body=b"another picture")
    deployed.capture(REVIEW)

    _, subject = read_deployed(deployed.environment)

    assert REVIEW not in subject.keys.values()


def test_an_execution_tells_the_key_of_a_picture_that_is_not_staged(deployed: Deployed) -> None:
    (first, second, _) = ANSWERS
    deployed.run(first)
    deployed.capture(first, b"another picture")
    deployed.capture(second, b"asked without an execution")

    _, subject = read_deployed(deployed.environment)

    assert subject.keys[f"inference of {first}"] == first
    assert f"inference of {second}" not in subject.keys


def test_a_workflow_that_has_captured_nothing_says_so(deployed: Deployed) -> None:
    reading, subject = read_deployed(deployed.environment)

    write_report(reading, subject, deployed.home)

    assert "No inference has been captured yet." in Document(deployed.home / "report.html").text


def test_the_last_hours_leave_out_what_is_older(deployed: Deployed) -> None:
    deployed.capture("test/bike_s_000001.png")
    key = f"data_capture/scones-unit/AllTraffic/{NOON:%Y/%m/%d/%H}/old.jsonl"
    body = json.dumps(record("old")).encode()
    deployed.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)

    everything, _ = read_deployed(deployed.environment)
    recent, subject = read_deployed(deployed.environment, hours=2)

    assert (len(everything.captures), len(recent.captures)) == (2, 1)
    assert "Only the last 2 hours." in subject.notes


def test_older_executions_than_were_looked_up_are_mentioned(deployed: Deployed) -> None:
    deployed.run(*ANSWERS)
    deployed.capture(REVIEW, b"another picture")

    _, subject = read_deployed(deployed.environment, executions=2)

    assert "the newest 2 executions; there are older ones" in "".join(subject.notes)


# --- The page ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Two accepted, one of them wrong; two for review; two that are no pictures; sixty unreadable lines."""
    folder = tmp_path_factory.mktemp("captures")
    no_pictures = [record("text", image=b"<svg/>"), record("none", image=b"")]
    write(folder / "a.jsonl", [*series([0.99, 0.98, 0.5, 0.6]), *no_pictures], tail=b"oops\n" * 60)
    keys = {f"i{i}": f"{i}" for i in range(4)}
    labels = {"0": 0, "1": 1, "2": 0, "3": 0}
    return page_of(folder, Subject("t", 0.93, ["bicycle", "motorcycle"], {}, keys, labels))


def test_the_page_needs_nothing_else(page: Document) -> None:
    sources = [*page.values("src"), *page.values("srcset"), *page.values("href")]
    policy = "".join(page.values("content"))

    assert all(source.startswith(("data:", "#")) for source in sources)
    assert page.values("style") == []
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_picture_has_words_for_those_who_cannot_see_it(page: Document) -> None:
    images = [attrs["alt"] for tag, attrs in page.elements if tag == "img"]
    drawings = [attrs["aria-label"] for _, attrs in page.elements if attrs.get("role") == "img"]

    assert len(images) == 4
    assert all(images)
    assert all(drawings)
    assert "4 accepted, 2 refused, threshold 0.93. The lowest is 0.500." in "".join(map(str, drawings))


def test_the_numbers_stand_with_their_interval_and_count(page: Document) -> None:
    text = page.text.replace("\u202f", " ")

    assert "75.0 %" in text
    assert "3 of 4 pictures; 95 % interval 30.1–\u206095.4 %" in text
    assert "coverage 66.7 %" in text


def test_what_is_no_picture_is_said_in_its_place(page: Document) -> None:
    assert page.with_class("missing") == 2
    assert page.text.count("no picture: not a PNG or JPEG") == 2


def test_unreadable_records_are_listed(page: Document) -> None:
    assert "60 records could not be read" in page.text
    assert page.text.count("a.jsonl, line ") == 50
    assert "The first 50 are shown; 10 are not." in page.text


def test_text_from_outside_is_shown_as_text(tmp_path: Path) -> None:
    hostile = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&'\u202e\ud800"
    write(tmp_path / "a.jsonl", series([0.99]), tail=b"<b>bold</b>\n")
    subject = Subject(
        hostile, 0.93, [hostile, "b"], {hostile: hostile}, {"i0": hostile}, {hostile: 0}, [hostile]
    )

    page = page_of(tmp_path, subject)

    tags = [tag for tag, _ in page.elements]
    assert (tags.count("script"), tags.count("b")) == (2, 0)  # the data's and the page's own
    assert page.values("onerror") == []
    assert "<script>alert(1)</script>" in page.text


def test_more_than_three_classes_show_the_three_likeliest(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [record(answer=(0.1, 0.05, 0.6, 0.25))])

    text = page_of(tmp_path).text

    assert text.index("class 2") < text.index("class 3") < text.index("bicycle")
    assert "0.0500" not in text


def test_very_many_captures_are_reported_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [record()])
    (one,) = read_captures_in(tmp_path).captures
    reading = Reading([one] * (MOST_POINTS + 1), [], files=1)

    summary = write_report(reading, SUBJECT, tmp_path, lambda: datetime.now(UTC))

    page = Document(tmp_path / "report.html")
    assert summary.inferences == MOST_POINTS + 1
    assert page.with_class("card") == 48
    assert "The first 48 are shown; 19,953 are not." in page.text
    assert "One in 2 of the 20,001 inferences is drawn." in page.text


@real_data.needs_real_captures
def test_captures_of_real_endpoints_are_reported(tmp_path: Path) -> None:
    result = report(f"--captures={real_data.CAPTURES}", "--threshold=0.93", f"--out={tmp_path}", "--json")

    numbers = json.loads(result.stdout)
    page = Document(tmp_path / "report.html")
    assert (numbers["inferences"], numbers["accepted"], numbers["labelled"]) == (13, 4, 0)
    assert Counter(page.values("class"))["picture"] == 13


# --- The notebook ------------------------------------------------------------------------------------


def test_the_notebooks_functions_have_their_own_names() -> None:
    assert all(callable(getattr(notebook, name)) for name in notebook.__all__)
    assert len(notebook.__all__) == 10
