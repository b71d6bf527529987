"""Take a demonstration's refused pictures back out of the review queue: nobody has to look at them."""

from __future__ import annotations

import json

from scones.labelling.claims import Claim, ReviewQueue

MOST_OTHERS = 500  # messages of other pictures that are passed over before the rest is left to people


def withdraw(queue: ReviewQueue, folder: str, expected: int) -> int:
    """Remove up to `expected` messages about pictures below `folder`; return how many there were.

    Messages about other pictures are claimed meanwhile, and given back at the end.
    """
    removed, others = 0, list[Claim]()
    try:
        while removed < expected and len(others) < MOST_OTHERS and (claims := queue.claim(10)):
            for claim in claims:
                if _key(claim.body).startswith(folder):
                    queue.remove(claim)
                    removed += 1
                else:
                    others.append(claim)
    finally:
        queue.give_back(others)
    return removed


def _key(body: str) -> str:
    """The key of the picture that a message is about; empty where it is about none."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    key = message.get("s3_key") if isinstance(message, dict) else None
    return key if isinstance(key, str) else ""
