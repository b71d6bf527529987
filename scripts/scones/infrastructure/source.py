"""Which source a plan was made from: commit, content, and whether something is not committed."""

import subprocess
from dataclasses import dataclass

from scones.settings import REPOSITORY


@dataclass(frozen=True)
class Source:
    """A working copy of the repository. Empty names: it is none of git's, and nobody knows what is in it.

    `tree` names the content: commits with the same content, such as a merge and what was merged, share it.
    """

    head: str = ""
    tree: str = ""
    dirty: bool = False

    @classmethod
    def here(cls) -> "Source":
        head, tree, changed = (
            _git("rev-parse", "--verify", "--quiet", "HEAD"),
            _git("rev-parse", "HEAD^{tree}"),
            _git("status", "--porcelain"),
        )
        if head is None or tree is None or changed is None:
            return cls(dirty=True)
        return cls(head, tree, bool(changed))

    def __str__(self) -> str:
        if not self.head:
            return "no commit"
        return f"{self.head[:12]}{', with changes that are not committed' if self.dirty else ''}"


def _git(*words: str) -> str | None:
    """What git answers, None when it is not there or the folder is not a repository of its own."""
    command = ["git", "-C", str(REPOSITORY), *words]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
