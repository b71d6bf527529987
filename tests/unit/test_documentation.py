"""The page about plans names every gate and every refusal that there is, and none that there is not."""

import re

from scones.infrastructure import seal
from scones.review.gates import GATES
from scones.settings import REPOSITORY

PAGE = (REPOSITORY / "docs" / "plans.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def names(text: str) -> set[str]:
    """What stands in backquotes in the first column of a table."""
    first = re.findall(r"^\| (`[^|]+?) \|", text, re.MULTILINE)
    return {name for column in first for name in re.findall(r"`([a-z-]+)`", column)}


def test_every_gate_is_on_the_page_with_who_has_to_agree() -> None:
    text = section("Gates")

    assert names(text) == {gate.name for gate in GATES}
    assert [gate.name for gate in GATES if f"| {gate.approver} |" not in text] == []


def test_every_refusal_is_on_the_page() -> None:
    code = "".join(path.read_text() for path in (REPOSITORY / "scripts").glob("*.py"))
    code += "".join(path.read_text() for path in (REPOSITORY / "scripts/scones").rglob("*.py"))
    raised = set(re.findall(r'Refusal\(\s*"([a-z-]+)"', code))
    of_files = {reason for _, reason, _ in seal.KINDS} | {"input-changed"}

    assert names(section("Refusals")) == raised | of_files
