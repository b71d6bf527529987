"""People who label, on local AWS: nothing is lost, and nothing is labelled twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from scones.errors import UsageError
from scones.labelling.looking import Item, Picture, Problem
from scones.labelling.session import Session
from scones.staging.labels import LabelledPicture, list_labels, read_labels
from scones.waiting import Patience, wait_until
from unit.labelling.review import CAUSE, Review, picture, sha256


def shown(session: Session) -> Item:
    item = session.current()
    assert item is not None
    return item


def problem(item: Item) -> Problem:
    assert isinstance(item.content, Problem)
    return item.content


def until_shown(session: Session) -> Item:
    patience = Patience(timeout=20, interval=0.05)
    return wait_until(session.current, patience, "a picture that another session has claimed")


def test_a_label_is_what_staging_expects(review: Review) -> None:
    (data,) = review.doubt("test/a.png")
    with review.session(by="Jürgen") as session:
        item = shown(session)
        assert session.label(item, "motorcycle") is None

    ((key, (content, metadata)),) = review.labels().items()
    assert (key, content) == (f"labels/{sha256(data)}.lst", "0\t1\ttest/a.png\n")
    assert metadata.pop("labelled-at").endswith("+00:00")
    assert metadata == {"class": "motorcycle", "labelled-by": "=?utf-8?q?J=C3=BCrgen?="}
    assert review.left() == (0, 0)


def test_staging_reads_the_labels(review: Review) -> None:
    pictures = review.doubt("incoming/a.png", "incoming/b c.png", "incoming/é.png")
    choices = dict(zip(map(sha256, pictures), ["bicycle", "motorcycle", "neither"], strict=True))
    with review.session() as session:
        while item := session.current():
            assert isinstance(item.content, Picture)
            session.label(item, choices[item.content.sha256])

    read = read_labels(review.s3, review.name, list_labels(review.s3, review.name), workers=1)

    assert {one.sha256: one.class_name for one in read if isinstance(one, LabelledPicture)} == choices


def test_neither_is_one_more_than_the_last_class(review: Review) -> None:
    review.doubt("a.png")
    with review.session() as session:
        session.label(shown(session), "neither")

    ((content, metadata),) = review.labels().values()
    assert (content, metadata["class"]) == ("0\t2\ta.png\n", "neither")


def test_a_person_sees_the_picture_and_what_the_model_said(review: Review) -> None:
    (data,) = review.doubt("a.png", out_of_domain=0.5)
    with review.session() as session:
        item = shown(session)

    assert isinstance(item.content, Picture)
    assert (item.content.sha256, item.content.pixels.shape) == (sha256(data), (32, 32, 3))
    assert (item.review.confidences, item.review.out_of_domain) == ((0.61, 0.39), 0.5)
    assert item.review.cause == CAUSE


def test_one_picture_is_claimed_of_many_that_wait(review: Review) -> None:
    review.doubt(*(f"{i}.png" for i in range(30)))
    with review.session() as session:
        first = shown(session)
        assert review.left() == (29, 1)
        assert shown(session) == first

        session.label(first, "bicycle")
        assert shown(session) != first
        assert review.left() == (28, 1)


def test_what_is_left_at_the_end_is_back_at_once(review: Review) -> None:
    review.doubt("a.png")
    with review.session() as session:
        shown(session)
        assert review.left() == (0, 1)

    assert review.left() == (1, 0)
    assert review.labels() == {}


def test_what_is_skipped_is_others_at_once_and_not_shown_to_the_same_person_again(review: Review) -> None:
    review.doubt("a.png", "b.png")
    with review.session() as session, review.session() as other:
        first = shown(session)
        session.skip(first)
        second = shown(session)
        session.skip(second)
        assert session.current() is None
        assert {first.review.key, second.review.key} == {"a.png", "b.png"}
        assert shown(other).id in {first.id, second.id}

        session.look_again()
        assert shown(session).id in {first.id, second.id}
        assert (session.tally.skipped, session.tally.labelled) == (2, 0)


def test_two_who_label_at_once_label_each_picture_exactly_once(review: Review) -> None:
    keys = [f"{i}.png" for i in range(40)]
    pictures = review.doubt(*keys)
    for key in keys[:10]:
        review.send(review.message(key))  # the same picture once more
    start = threading.Barrier(2)

    def work(by: str) -> int:
        with review.session(by=by) as session:
            start.wait()
            count = 0
            while item := session.current():
                if count % 5 == 4 and not session.tally.skipped:
                    session.skip(item)
                else:
                    session.label(item, "bicycle" if by == "ada" else "motorcycle")
                count += 1
            return session.tally.labelled

    with ThreadPoolExecutor(2) as pool:
        labelled = list(pool.map(work, ["ada", "grace"]))
    with review.session() as session:  # what the one skipped while the other had finished
        rest = 0
        while item := session.current():
            rest += session.label(item, "bicycle") is None

    assert sum(labelled) + rest == len(keys)
    assert set(review.classes()) == set(map(sha256, pictures))
    assert review.left() == (0, 0)
    by = {(metadata["labelled-by"], metadata["class"]) for _, metadata in review.labels().values()}
    assert by <= {("ada", "bicycle"), ("grace", "motorcycle")}


class Failing:
    """A client whose one operation does not reach AWS any more."""

    def __init__(self, client: Any, operation: str) -> None:
        self._client, self._operation = client, operation

    def __getattr__(self, name: str) -> Any:
        if name == self._operation:
            raise EndpointConnectionError(endpoint_url="https://aws.example")
        return getattr(self._client, name)


def test_an_end_between_label_and_removal_loses_nothing_and_labels_once(review: Review) -> None:
    (data,) = review.doubt("a.png")
    with review.session(sqs=Failing(review.client("sqs"), "delete_message")) as session:
        item = shown(session)
        with pytest.raises(EndpointConnectionError):
            session.label(item, "bicycle")
        review.sqs.change_message_visibility(
            QueueUrl=review.url, ReceiptHandle=item.claim.receipt, VisibilityTimeout=0
        )

    assert (review.classes(), review.left()) == ({sha256(data): "bicycle"}, (1, 0))
    with review.session(by="grace") as session:
        assert session.current() is None
        assert (session.tally.labelled, session.tally.already) == (0, 1)
    assert (review.classes(), review.left()) == ({sha256(data): "bicycle"}, (0, 0))


def test_an_end_before_the_label_leaves_the_message(new_review: Callable[..., Review]) -> None:
    review = new_review(claim_seconds=1)
    review.doubt("a.png")
    shown(review.session())  # never entered: nothing keeps the claim, nothing gives it back

    with review.session(by="grace") as session:
        until_shown(session)
        session.label(shown(session), "bicycle")
    assert (list(review.classes().values()), review.left()) == (["bicycle"], (0, 0))


def test_a_claim_is_kept_while_somebody_looks(new_review: Callable[..., Review]) -> None:
    review = new_review(claim_seconds=3)
    review.doubt("a.png")
    with review.session() as session, review.session() as other:
        first = shown(session)
        # Only looking past the time when the claim would have run out shows that it did not.
        end = time.monotonic() + review.claim_seconds + 2
        while time.monotonic() < end:
            assert other.current() is None
            time.sleep(0.1)
        assert shown(session) == first


def test_a_picture_goes_back_when_nobody_looks_any_more(new_review: Callable[..., Review]) -> None:
    review = new_review(claim_seconds=1)
    review.doubt("a.png")
    with review.session(idle_seconds=0) as session, review.session() as other:
        item = shown(session)
        until_shown(other)

        # Both decide: the first one's label counts, and the second one is told.
        assert other.label(shown(other), "bicycle") is None
        assert session.label(item, "motorcycle") == "bicycle"
        assert (session.tally.labelled, session.tally.already) == (0, 1)
    assert (list(review.classes().values()), review.left()) == (["bicycle"], (0, 0))


def test_a_label_of_another_class_stays_and_is_told(review: Review) -> None:
    (data,) = review.doubt("a.png")
    with review.session() as session:
        item = shown(session)
        with review.session(by="grace") as other:
            other.label(item, "motorcycle")
        assert session.label(item, "bicycle") == "motorcycle"

    assert review.classes() == {sha256(data): "motorcycle"}
    ((_, metadata),) = review.labels().values()
    assert metadata["labelled-by"] == "grace"


def test_a_second_message_and_a_copy_of_a_picture_are_removed_unasked(review: Review) -> None:
    data = picture()
    for key in ("a.png", "copy.png"):
        review.put(key, data)
        review.send(review.message(key))
    review.send(review.message("a.png"))
    with review.session() as session:
        session.label(shown(session), "bicycle")
        assert session.current() is None
        assert (session.tally.labelled, session.tally.already) == (1, 2)

    assert (review.classes(), review.left()) == ({sha256(data): "bicycle"}, (0, 0))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "gone"),
        (b"", "cannot be read"),
        (b"text", "cannot be read"),
        (picture()[:60], "cannot be read"),
    ],
)
def test_a_picture_that_nobody_can_see_is_dropped_or_skipped_but_not_labelled(
    review: Review, data: bytes | None, reason: str
) -> None:
    if data is not None:
        review.put("a.png", data)
    review.send(review.message("a.png"))
    with review.session() as session:
        item = shown(session)
        assert reason in problem(item).reason
        with pytest.raises(UsageError, match="cannot be labelled"):
            session.label(item, "neither")
        session.skip(item)
        assert review.left() == (1, 0)

        session.look_again()
        session.drop(shown(session))
        assert session.current() is None
    assert (review.labels(), review.left()) == ({}, (0, 0))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"s3_bucket": "somebody-elses"}, "another bucket"),
        ({"s3_key": "a\tb.png"}, "control character"),
        ({"s3_key": "a\x85b.png"}, "control character"),
    ],
)
def test_a_picture_that_staging_could_not_take_in_is_not_labelled(
    review: Review, fields: dict[str, str], reason: str
) -> None:
    review.send(review.message("a.png") | fields)
    with review.session() as session:
        assert reason in problem(shown(session)).reason


def test_a_picture_that_can_be_labelled_is_not_dropped(review: Review) -> None:
    review.doubt("a.png")
    with review.session() as session, pytest.raises(UsageError, match="not dropped"):
        session.drop(shown(session))

    assert review.left() == (1, 0)


def test_a_message_that_is_no_review_stays_and_is_named_once(review: Review) -> None:
    strangers = [review.send("hello"), review.send({"s3_bucket": "x"})]
    (data,) = review.doubt("a.png")
    with review.session() as session:
        session.label(shown(session), "bicycle")
        for _ in range(3):
            assert session.current() is None
            session.look_again()

    assert sorted(line.split()[1] for line in session.foreign) == sorted(strangers)
    assert (review.classes(), review.left()) == ({sha256(data): "bicycle"}, (2, 0))


def test_what_was_shown_too_often_is_asked_about_last(new_review: Callable[..., Review]) -> None:
    review = new_review(dead_letter_after=1)
    (first,) = review.doubt("a.png")
    with review.session() as session:
        shown(session)
    with review.session() as session:
        assert shown(session).review.key == "a.png"  # out of the dead-letter queue
        assert review.left() == (0, 0)
        session.label(shown(session), "bicycle")
        assert session.waiting() == (0, 0)
    assert review.classes() == {sha256(first): "bicycle"}


def test_a_failure_of_aws_gives_the_picture_back(review: Review) -> None:
    review.doubt("a.png")
    with review.session(s3=Failing(review.client("s3"), "get_object")) as session:
        with pytest.raises(EndpointConnectionError):
            session.current()
        assert review.left() == (1, 0)
