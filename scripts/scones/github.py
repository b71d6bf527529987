"""GitHub, through its own program `gh`: a workflow's runner has it, and GH_TOKEN is all that it needs."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scones.errors import SconesError

PAGE = 100  # the most that GitHub gives at once
SECONDS = 60  # for one answer
BOT = "github-actions[bot]"  # whom a workflow's own token writes as


class NotFound(SconesError):
    """GitHub has no such thing, or does not show it to whoever asks."""


class Repository:
    """A repository on GitHub: its pull requests and what is said in them."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def here(cls) -> "Repository":
        """Return the repository that a workflow runs for. SconesError outside of a workflow."""
        name = os.environ.get("GITHUB_REPOSITORY", "")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            raise SconesError("GITHUB_REPOSITORY names no repository: this is for GitHub's workflows")
        return cls(name)

    def say_once(self, number: int, marker: str, text: str) -> str:
        """Write a comment into a pull request, over the one that has the same marker; return its address.

        Only comments of workflows are written over: anybody can write a marker.
        """
        mine = self.comment(number, marker)
        if mine:
            path, method = f"issues/comments/{mine['id']}", "PATCH"
        else:
            path, method = f"issues/{number}/comments", "POST"
        return str(self._ask(path, method, {"body": text})["html_url"])

    def comment(self, number: int, marker: str) -> dict[str, Any] | None:
        """Return the comment of a workflow that begins with the marker, None when there is none."""
        mine = [
            one
            for one in self.comments(number)
            if (one["user"] or {}).get("login") == BOT and one["body"].startswith(marker)
        ]
        return mine[-1] if mine else None

    def comments(self, number: int) -> list[dict[str, Any]]:
        """Return what was said below a pull request, the oldest first."""
        return list(self._pages(f"issues/{number}/comments"))

    def reviews(self, number: int) -> list[dict[str, Any]]:
        """Return the reviews of a pull request, the oldest first."""
        return list(self._pages(f"pulls/{number}/reviews"))

    def merged_by(self, commit: str) -> dict[str, Any] | None:
        """Return the pull request whose merge made this commit, None when none did."""
        found = self._pages(f"commits/{commit}/pulls")
        made = [one for one in found if one.get("merged_at") and one.get("merge_commit_sha") == commit]
        return made[0] if made else None

    def may_write(self, person: str) -> bool:
        """Say whether somebody may write to the repository."""
        return self._permission(person).get("permission") in ("admin", "write")

    def may_maintain(self, person: str) -> bool:
        """Say whether somebody has the role `maintain` or `admin`. GitHub calls the former `write`, too."""
        found = self._permission(person)
        return found.get("permission") == "admin" or found.get("role_name") == "maintain"

    # --- Asking --------------------------------------------------------------------------------------

    def _permission(self, person: str) -> dict[str, Any]:
        try:
            return dict(self._ask(f"collaborators/{quote(person, safe='')}/permission"))
        except NotFound:
            return {}  # nobody who has anything to do with the repository

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        number = 1
        while True:
            page = self._ask(f"{path}?per_page={PAGE}&page={number}")
            yield from page
            if len(page) < PAGE:
                return
            number += 1

    def _ask(self, path: str, method: str = "GET", body: dict[str, Any] | None = None) -> Any:
        command = ["gh", "api", f"repos/{self.name}/{path}", "--method", method]
        text = None
        if body is not None:
            command += ["--input", "-"]
            text = json.dumps(body)
        try:
            done = subprocess.run(
                command, input=text, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except FileNotFoundError:
            raise SconesError("gh, GitHub's program, is not on PATH: install it") from None
        except subprocess.TimeoutExpired:
            raise SconesError(f"GitHub did not answer within {SECONDS} s: run it again") from None
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            kind = NotFound if "(HTTP 404)" in said else SconesError
            raise kind(f"GitHub refused {method} {path}: {said}")
        return json.loads(done.stdout)
