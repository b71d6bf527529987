"""The labelling page's server: what the page asks for, and all that others are refused."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from unit.labelling.pages import JSON, Page, served
from unit.labelling.review import CAUSE, Review, sha256


@pytest.fixture
def page(review: Review) -> Iterator[Page]:
    with served(review.session()) as page:
        yield page


def test_the_state_holds_all_that_the_page_shows(review: Review, page: Page) -> None:
    review.doubt("a.png", "a.png", out_of_domain=0.5)

    state = page.state()

    item = state["item"]
    assert (item["key"], item["cause"], item["problem"], item["can_drop"]) == ("a.png", CAUSE, None, False)
    assert item["confidences"] == [["bicycle", 0.61], ["motorcycle", 0.39]]
    assert state["classes"] == [{"name": "bicycle", "key": "1"}, {"name": "motorcycle", "key": "2"}]
    assert (state["waiting"], state["with_others"]) == (1, 0)
    status, data, headers = page.ask("GET", page.path + item["picture"])
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(data)).size == (32, 32)


def test_a_decision_labels_and_answers_with_the_next_picture(review: Review, page: Page) -> None:
    review.doubt("a.png", "b.png")
    first = page.state()["item"]["id"]

    status, state = page.decide(id=first, decision="label", **{"class": "motorcycle"})

    assert (status, state["said"], state["tally"]["labelled"]) == (200, "Labelled motorcycle.", 1)
    assert state["item"]["id"] != first
    assert list(review.classes().values()) == ["motorcycle"]


def test_a_decision_that_is_sent_twice_counts_once(review: Review, page: Page) -> None:
    review.doubt("a.png", "b.png")
    decision = {"id": page.state()["item"]["id"], "decision": "label", "class": "bicycle"}

    assert [page.decide(**decision)[0] for _ in range(2)] == [200, 409]
    assert (len(review.labels()), review.left()) == (1, (0, 1))


def test_a_label_of_somebody_else_is_told(review: Review, page: Page) -> None:
    (data,) = review.doubt("a.png")
    item = page.session.current()
    assert item is not None
    with review.session(by="grace") as other:
        other.label(item, "motorcycle")

    _, state = page.decide(id=item.id, decision="label", **{"class": "bicycle"})

    assert (
        state["said"] == "It was labelled motorcycle already, and that stays: your bicycle was not written."
    )
    assert review.classes() == {sha256(data): "motorcycle"}


def test_skipped_pictures_come_again_when_asked_for(review: Review, page: Page) -> None:
    review.doubt("a.png")
    _, state = page.decide(id=page.state()["item"]["id"], decision="skip")
    assert (state["item"], state["tally"]["skipped"], review.left()) == (None, 1, (1, 0))

    _, state = page.post("again", {})
    assert state["item"]["key"] == "a.png"


def test_a_picture_that_is_gone_can_be_dropped(review: Review, page: Page) -> None:
    review.send(review.message("a.png"))
    item = page.state()["item"]
    assert (item["picture"], item["problem"], item["can_drop"]) == (None, "the picture is gone from S3", True)

    assert page.decide(id=item["id"], decision="label", **{"class": "bicycle"})[0] == 409
    assert page.decide(id=item["id"], decision="drop")[1]["said"] == "Dropped."
    assert (review.labels(), review.left()) == ({}, (0, 0))


@pytest.mark.parametrize(
    "words", [{"decision": "label"}, {"decision": "label", "class": "bus"}, {"decision": "delete"}, {}]
)
def test_a_decision_that_is_none_does_nothing(review: Review, page: Page, words: dict[str, str]) -> None:
    review.doubt("a.png")

    assert page.decide(id=page.state()["item"]["id"], **words)[0] == 409
    assert (review.labels(), review.left()) == ({}, (0, 1))


def test_the_end_gives_the_picture_back(review: Review) -> None:
    review.doubt("a.png")
    with served(review.session()) as page:
        page.state()
        assert review.left() == (0, 1)

    assert review.left() == (1, 0)


# --- Others are refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/x/state", "/state", "//", "/%2e%2e/state"])
def test_without_the_secret_there_is_nothing(page: Page, path: str) -> None:
    assert page.ask("GET", path)[0] == 404


@pytest.mark.parametrize("path", ["../web.py", "page/page.html", "web.py", "pictures/x.png", "state/"])
def test_only_what_the_page_needs_is_served(page: Page, path: str) -> None:
    assert page.ask("GET", page.path + path)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example:1", "", "0.0.0.0:1"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_refused_also_when_its_name_leads_here(page: Page, method: str, host: str) -> None:
    assert page.ask(method, f"{page.path}state", headers={"Host": host})[0] == 421


def test_a_forwarded_port_is_served(page: Page) -> None:
    headers = {**JSON, "Host": "localhost:9999", "Origin": "http://localhost:9999"}

    assert page.ask("POST", f"{page.path}again", {}, headers)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Content_Type": None},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
    ],
    ids=str,
)
def test_a_post_that_is_not_the_pages_own_is_refused(
    review: Review, page: Page, headers: dict[str, str | None]
) -> None:
    review.doubt("a.png")
    decision = {"id": page.state()["item"]["id"], "decision": "label", "class": "bicycle"}

    assert page.post("decisions", decision, **headers)[0] == 403
    assert review.labels() == {}


def test_another_sites_pictures_and_frames_are_refused(page: Page) -> None:
    assert page.ask("GET", page.path, headers={"Sec-Fetch-Site": "cross-site"})[0] == 403


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"[]", 400), (b"{", 400), (b"[" * 4000, 400), (b"x" * 5000, 413)]
)
def test_a_body_that_is_no_small_object_is_refused(page: Page, body: bytes, status: int) -> None:
    assert page.post("decisions", body)[0] == status


def test_every_answer_forbids_what_the_page_does_not_need(page: Page) -> None:
    for path in (page.path, f"{page.path}page.js", "/nothing"):
        headers = page.ask("GET", path)[2]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in headers


def test_every_run_has_another_secret(review: Review) -> None:
    with served(review.session()) as one, served(review.session()) as another:
        assert one.path != another.path
        assert len(one.path) > 20
