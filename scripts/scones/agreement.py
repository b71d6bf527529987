"""What people have agreed to in a pull request: its plans by merging and approving, a gate by a comment.

A comment agrees to a gate with a line of its own, `allow:<environment>:<gate> <digest>`. Labels would not do:
whoever may write to a repository can set and rename them. A comment counts when it names the very plans, was
never edited, and is by a person who maintains the repository and has not made the pull request.
"""

import re
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from scones.errors import SconesError
from scones.github import Repository

LINE = re.compile(r"`?allow:(?P<environment>[a-z0-9-]+):(?P<gate>[a-z][a-z-]*) (?P<digest>[0-9a-f]{64})`?")


def line(environment: str, gate: str, digest: str) -> str:
    """Return the line with which a comment agrees to a gate."""
    return f"allow:{environment}:{gate} {digest}"


def check_order(repository: Repository, pull: dict[str, Any], shown: dict[str, Any]) -> None:
    """Raise SconesError when the plans were shown after the merge, or after the last approval if any.

    `pull` and `shown` are the pull request and the comment with its plans, as GitHub gives them. Only
    approvals of others who may write to the repository count. Times are whole seconds: the same one is late.
    """
    number, seen = pull["number"], _time(shown["updated_at"])
    approvals = [
        _time(review["submitted_at"])
        for review in repository.reviews(number)
        if review["state"] == "APPROVED" and _is_another(review, pull) and _may_write(repository, review)
    ]
    again = "nobody has agreed to these plans; make a new pull request, or plan and apply by hand"
    if approvals and seen >= max(approvals):
        raise SconesError(f"the plans of pull request {number} changed after its last approval: {again}")
    if seen >= _time(pull["merged_at"]):
        raise SconesError(f"the plans of pull request {number} changed after its merge: {again}")


def gates(
    repository: Repository,
    pull: dict[str, Any],
    comments: Iterable[dict[str, Any]],
    environment: str,
    digest: str,
) -> list[str]:
    """Return the gates that comments agree to for these plans. Why one does not count goes to stderr."""
    agreed = set()
    for comment in comments:
        named = _named(comment["body"], environment, digest)
        reason = _objection(repository, pull, comment) if named else None
        if reason:
            print(
                f"does not count: {', '.join(sorted(named))} in {comment['html_url']}: {reason}",
                file=sys.stderr,
            )
        else:
            agreed |= named
    return sorted(agreed)


def _named(text: str, environment: str, digest: str) -> set[str]:
    found = [LINE.fullmatch(one.strip()) for one in text.splitlines()]
    wanted = (environment, digest)
    return {one["gate"] for one in found if one and (one["environment"], one["digest"]) == wanted}


def _objection(repository: Repository, pull: dict[str, Any], comment: dict[str, Any]) -> str | None:
    """Return why a comment does not count, None when it does."""
    if comment["updated_at"] != comment["created_at"]:
        return "it was edited, and others than its author may do that"
    if not _is_another(comment, pull):
        return "it is no other person's than the author of the pull request"
    if not repository.may_maintain(comment["user"]["login"]):
        return f"{comment['user']['login']} does not maintain the repository"
    return None


def _is_another(said: dict[str, Any], pull: dict[str, Any]) -> bool:
    """Say whether something was said by a person who has not made the pull request."""
    user = said["user"] or {}  # null when the account is gone
    return user.get("type") == "User" and user["id"] != (pull["user"] or {}).get("id")


def _may_write(repository: Repository, said: dict[str, Any]) -> bool:
    return repository.may_write(said["user"]["login"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
