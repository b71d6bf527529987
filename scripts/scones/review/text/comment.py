"""The comment of a pull request that shows what it would do to one environment, and which plans those are."""

import re
from collections.abc import Mapping, Sequence

from scones.review.text.cutting import cut, length

LIMIT = 65_000  # characters; GitHub refuses more than 65,536
DIGEST_LINE = re.compile(r"<!-- scones-digest:([0-9a-f]{64}) -->")


def marker(environment: str) -> str:
    """Return the line that the comment begins with, by which it is found again. It is not shown."""
    return f"<!-- scones-review:{environment} -->"


def comment(
    environment: str,
    digest: str,
    reviews: Mapping[str, str],
    run: str,
    agreements: Sequence[str] = (),
    foundation_changes: bool = False,
    limit: int = LIMIT,
) -> str:
    """Return the comment: the reviews, and what is done with the plans of this digest.

    `reviews` are Markdown by root; `run` is the address of the workflow's run, which has them whole.
    `agreements` are the lines that agree to the gates which trip, one each.
    """
    head = f"{marker(environment)}\n<!-- scones-digest:{digest} -->"
    outcome = (
        f"**Merging applies nothing in {environment}: the foundation changes**, and no job may change it. "
        f"A person applies it: `make apply ENV={environment} ARGS='--root foundation'`. Digest: `{digest}`."
        if foundation_changes
        else f"Merging applies exactly these plans or nothing: `{digest}`."
    )
    tail = "\n\n".join(
        [
            f"---\n\n{outcome} [All of the review]({run}).",
            *([_agreeing(agreements)] if agreements else []),
            f"By hand: `python scripts/plan_store.py --env {environment} --fetch {digest}` gets the plans.",
        ]
    )
    room = limit - length(f"{head}\n\n\n\n{tail}\n")
    return "\n\n".join([head, *_fitted(list(reviews.values()), room), tail]) + "\n"


def _agreeing(agreements: Sequence[str]) -> str:
    lines = "\n".join(agreements)
    return (
        "Gates trip. To agree, somebody who maintains the repository, and has not made this pull request, "
        f"writes a comment with the lines that hold, and does not edit it:\n\n```text\n{lines}\n```"
    )


def failure(environment: str, run: str) -> str:
    """Return the comment that says that there is nothing to apply."""
    return (
        f"{marker(environment)}\n\n## {environment} could not be planned\n\n"
        f"[The run]({run}) says why. Merging now would change nothing in {environment}: there is no plan.\n"
    )


def digest_in(text: str, environment: str) -> str | None:
    """Return the digest that a comment shows, None when it says that there is no plan.

    Only the second line counts: what follows is made of what a plan holds, and may say anything.
    """
    lines = text.splitlines()
    if len(lines) < 2 or lines[0] != marker(environment):
        return None
    found = DIGEST_LINE.fullmatch(lines[1])
    return found[1] if found else None


def _fitted(reviews: list[str], room: int) -> list[str]:
    """Return the reviews in at most `room` characters: the short ones whole, of the others a fair share."""
    reviews = [review.strip() for review in reviews]
    left = room - 2 * (len(reviews) - 1)
    shortest_first = sorted(range(len(reviews)), key=lambda place: length(reviews[place]))
    for done, place in enumerate(shortest_first):
        share = left // (len(reviews) - done)
        if length(reviews[place]) > share:
            reviews[place] = cut(reviews[place], share)
        left -= length(reviews[place])
    return reviews
