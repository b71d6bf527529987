"""What is said of roles' grants: used, unused with a reason, unused without one, needless, stale."""

from pathlib import Path
from typing import Any

import pytest

from scones.errors import SconesError
from scones.infrastructure.grants import judge, read_reasons

CALL = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/a", "count": 3}
TOLD: dict[str, Any] = {
    "used": [CALL],
    "denied": [{"action": "s3:PutObject", "resource": "arn:aws:s3:::b/a", "count": 1, "why": "because"}],
    "unused": [{"statement": "own/Read", "action": "s3:GetObjectVersion"}],
    "statements": {"own/Read": CALL},
}


def of(told: dict[str, Any], **reasons: dict[str, str]) -> list[tuple[str, str, bool]]:
    return [(each.kind, each.what, each.is_wrong) for each in judge({"x-reader": told}, reasons, "x-")]


def test_an_unused_grant_is_wrong_until_a_line_excuses_it() -> None:
    unused = "own/Read s3:GetObjectVersion"

    assert ("unused", unused, True) in of(TOLD)
    assert ("unused", unused, False) in of(TOLD, reader={unused: "for old pictures"})
    assert ("unused", unused, False) in of(TOLD, reader={"own/Read": "for old pictures"})


def test_what_is_used_or_denied_is_told_and_not_wrong() -> None:
    assert of(TOLD)[:2] == [("used", "s3:GetObject", False), ("denied", "s3:PutObject", False)]


def test_a_statement_that_no_call_needs_is_wrong_though_it_is_used() -> None:
    told = {**TOLD, "unused": [], "statements": {"own/Read": CALL, "own/Again": None}}

    assert ("needless", "own/Again", True) in of(told)
    assert not any(wrong for _, _, wrong in of(told, reader={"own/Again": "says it once more"}))


def test_a_reason_for_what_is_used_or_not_there_is_stale() -> None:
    told = {**TOLD, "unused": []}

    assert ("stale", "own/Read", True) in of(told, reader={"own/Read": "no more"})
    assert ("stale", "role", True) in of(told, writer={"own/Write": "a role that has gone"})


def test_roles_of_others_are_not_judged() -> None:
    assert judge({"somebody": TOLD}, {}, "x-") == []


@pytest.mark.parametrize("text", ["[reader]\n'a' = ''\n", "reader = 1\n", "[", "[reader]\n'a' = 1\n"])
def test_a_file_of_reasons_that_gives_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "unused_grants.toml"
    path.write_text(text)

    with pytest.raises(SconesError, match="unused_grants.toml"):
        read_reasons(path)
