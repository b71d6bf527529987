"""What people have agreed to in a pull request: whom it takes, to which plans, and when."""

from typing import Any

import pytest

from scones import agreement
from scones.errors import SconesError
from scones.github import BOT, Repository

DIGEST = "0123456789abcdef" * 4
ROLES = {"owner": "admin", "keeper": "maintain", "writer": "write", "author": "admin", "reader": "read"}
PULL = {"number": 12, "merged_at": "2026-01-02T12:00:00Z"}


class Held(Repository):
    """A repository whose reviews and roles are known, so that GitHub is not asked."""

    def __init__(self, reviews: list[dict[str, Any]]) -> None:
        super().__init__("owner/scones")
        self._reviews = reviews

    def reviews(self, number: int) -> list[dict[str, Any]]:
        return self._reviews

    def _permission(self, person: str) -> dict[str, Any]:
        role = ROLES.get(person, "none")
        return {"permission": {"maintain": "write"}.get(role, role), "role_name": role}


def person(login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": sum(login.encode()), "type": kind}


def pull() -> dict[str, Any]:
    return PULL | {"user": person("author")}


def agreed(gate: str = "destroys-endpoint", environment: str = "prod", digest: str = DIGEST) -> str:
    return agreement.line(environment, gate, digest)


def comment(body: str, login: str = "owner", edited: bool = False) -> dict[str, Any]:
    return {
        "user": person(login),
        "body": body,
        "html_url": "https://github.com/owner/scones/pull/12#2",
        "created_at": "2026-01-02T10:00:00Z",
        "updated_at": "2026-01-02T10:00:05Z" if edited else "2026-01-02T10:00:00Z",
    }


def review(login: str = "writer", at: str = "11:00:00", state: str = "APPROVED") -> dict[str, Any]:
    return {"user": person(login), "state": state, "submitted_at": f"2026-01-02T{at}Z"}


def check_order(shown_at: str, reviews: list[dict[str, Any]]) -> None:
    shown = {"updated_at": f"2026-01-02T{shown_at}Z"}
    agreement.check_order(Held(reviews), pull(), shown)


def gates(*comments: dict[str, Any]) -> list[str]:
    return agreement.gates(Held([]), pull(), comments, "prod", DIGEST)


# --- Gates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["owner", "keeper"])
def test_whoever_maintains_the_repository_agrees_with_a_line(login: str) -> None:
    assert gates(comment(f"Seen.\r\n\r\n{agreed()}\r\n", login)) == ["destroys-endpoint"]


def test_several_comments_agree_to_several_gates() -> None:
    first, second = (
        comment(f"{agreed()}\n`{agreed('widens-iam')}`"),
        comment(agreed("destroys-key"), "keeper"),
    )

    assert gates(first, second) == ["destroys-endpoint", "destroys-key", "widens-iam"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (comment(agreed(), "author"), "author of the pull request"),
        (comment(agreed(), "writer"), "writer does not maintain the repository"),
        (comment(agreed(), "reader"), "reader does not maintain the repository"),
        (comment(agreed(), "stranger"), "stranger does not maintain the repository"),
        (comment(agreed(), BOT), "no other person"),
        (comment(agreed()) | {"user": None}, "no other person"),
        (comment(agreed(), edited=True), "it was edited"),
    ],
    ids=["author", "writer", "reader", "stranger", "bot", "gone", "edited"],
)
def test_a_comment_that_does_not_count_says_why(
    said: dict[str, Any], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gates(said) == []
    told = capsys.readouterr().err
    assert told.startswith(f"does not count: destroys-endpoint in {said['html_url']}: ")
    assert why in told


@pytest.mark.parametrize(
    "body",
    [
        agreed(digest="f" * 64),
        agreed(digest=DIGEST[:12]),
        agreed(environment="dev"),
        f"never {agreed()}",
        f"> {agreed()}",
        "allow:destroys-endpoint",
        f"allow:prod:x,y {DIGEST}",
        f"allow:prod:* {DIGEST}",
        "",
    ],
)
def test_what_is_not_the_line_for_these_plans_is_talk(body: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert gates(comment(body)) == []
    assert capsys.readouterr().err == ""


# --- Order ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [review()],
        [review(at="09:00:00"), review("keeper")],
        [review(at="09:00:00", state="COMMENTED")],
        [review(at="09:00:00", state="DISMISSED")],
        [review("reader", at="09:00:00")],
    ],
    ids=["none", "newer", "one of them newer", "comment", "dismissed", "nobody's"],
)
def test_plans_that_were_shown_before_they_were_approved_pass(reviews: list[dict[str, Any]]) -> None:
    check_order("10:00:00", reviews)


@pytest.mark.parametrize(
    ("shown_at", "reviews", "when"),
    [
        ("11:00:01", [review()], "last approval"),
        ("11:00:00", [review()], "last approval"),
        ("11:00:01", [review(), review("reader", at="11:30:00")], "last approval"),
        ("11:00:01", [review(), review("author", at="11:30:00")], "last approval"),
        ("11:00:01", [review(), review(BOT, at="11:30:00")], "last approval"),
        ("11:00:01", [review(), review(at="11:30:00") | {"user": None}], "last approval"),
        ("12:00:01", [], "merge"),
        ("12:00:00", [], "merge"),
        ("12:00:01", [review(at="13:00:00")], "merge"),
    ],
    ids=[
        *(
            "after",
            "same second",
            "then by a reader",
            "then by the author",
            "then by a bot",
            "then by nobody",
        ),
        *("after the merge", "with the merge", "approved after the merge"),
    ],
)
def test_plans_that_changed_after_they_were_agreed_to_are_refused(
    shown_at: str, reviews: list[dict[str, Any]], when: str
) -> None:
    with pytest.raises(SconesError, match=f"pull request 12 changed after its {when}: nobody has agreed"):
        check_order(shown_at, reviews)
