"""What waits, without deciding anything. SQS shows nothing unclaimed, so it is given back at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scones.labelling.claims import AT_ONCE, Claim, ReviewQueue
from scones.labelling.labels import LabelStore
from scones.labelling.looking import Item, Picture, Problem, look
from scones.labelling.messages import NotAReview, read_review

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Listed:
    """A picture that waits, and the class that it is labelled with already, if it is."""

    item: Item
    labelled: str | None


@dataclass
class Listing:
    """Some of what waits; `waiting` and `claimed` are SQS's approximate counts of all."""

    waiting: int
    claimed: int
    pictures: list[Listed] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def list_waiting(
    queue: ReviewQueue, labels: LabelStore, s3: S3Client, data_bucket: str, at_most: int
) -> Listing:
    """Return at most so many of the messages that wait, with their pictures."""
    listing = Listing(*queue.count())
    claims: list[Claim] = []
    try:
        while len(claims) < at_most and (more := queue.claim(min(AT_ONCE, at_most - len(claims)))):
            claims += more
    finally:
        queue.give_back(claims)
    for claim in {claim.message_id: claim for claim in claims}.values():
        try:
            item = look(s3, data_bucket, claim, read_review(claim.body))
        except NotAReview as error:
            listing.foreign.append(f"message {claim.message_id} is no review: {error}")
            continue
        known = labels.find(item.content.sha256) if isinstance(item.content, Picture) else None
        listing.pictures.append(Listed(item, known))
    return listing


def as_json(listing: Listing, class_names: Sequence[str]) -> dict[str, Any]:
    """Return a listing for programs."""
    return {
        "waiting": listing.waiting,
        "claimed": listing.claimed,
        "pictures": [_row(one, class_names) for one in listing.pictures],
        "foreign": listing.foreign,
    }


def _row(listed: Listed, class_names: Sequence[str]) -> dict[str, Any]:
    review, content = listed.item.review, listed.item.content
    return {
        "message_id": listed.item.id,
        "bucket": review.bucket,
        "key": review.key,
        "sha256": content.sha256 if isinstance(content, Picture) else None,
        "confidences": dict(named(review.confidences, class_names)),
        "out_of_domain": review.out_of_domain,
        "cause": review.cause,
        "execution": review.execution,
        "problem": content.reason if isinstance(content, Problem) else None,
        "labelled": listed.labelled,
    }


def named(confidences: Sequence[float], class_names: Sequence[str]) -> list[tuple[str, float]]:
    """Return the confidences with their classes, the largest first."""
    names = [*class_names, *(f"class {i}" for i in range(len(class_names), len(confidences)))]
    pairs = zip(names, confidences, strict=False)
    return sorted(pairs, key=lambda pair: -pair[1])
