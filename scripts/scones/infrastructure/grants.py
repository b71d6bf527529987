"""What the deployed roles may do and never did, held against the reasons that are given for it.

The report is local AWS's: by role, what was used, denied, granted and unused, and for each statement the
call that would be denied without it. terraform/unused_grants.toml gives a reason for each grant that a run on
local AWS does not use, a line each:

    [sagemaker]                     # the role's name without the environment's
    "logs/WriteOwnLogs logs:DescribeLogStreams" = "…"
    "key/EncryptVolumes" = "…"      # for the whole statement
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scones.errors import SconesError
from scones.settings import TERRAFORM

FILE = TERRAFORM / "unused_grants.toml"

Report = Mapping[str, Mapping[str, Any]]
Reasons = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Line:
    """One thing that is said of a role; `is_wrong` where it needs a reason and has none."""

    role: str
    kind: str  # used | unused | denied | needless | stale
    what: str
    how: str
    is_wrong: bool = False


def read_reasons(path: Path = FILE) -> Reasons:
    """Raises SconesError for a file that is no such table."""
    try:
        found: Any = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SconesError(f"cannot read {path}: {error}") from None
    for role, reasons in found.items():
        if not isinstance(reasons, dict) or not all(
            isinstance(each, str) and each for each in reasons.values()
        ):
            raise SconesError(f"{path}: [{role}] has to give a reason for each grant")
    return dict(found)


def judge(report: Report, reasons: Reasons, prefix: str) -> list[Line]:
    """Everything there is to say of the roles whose names begin with the prefix, wrong or not."""
    found: list[Line] = []
    for name, told in sorted(report.items()):
        if name.startswith(prefix):
            role = name.removeprefix(prefix)
            found += _of_role(role, told, reasons.get(role, {}))
    known = {name.removeprefix(prefix) for name in report}
    return found + [
        Line(role, "stale", "role", "reasons are given for a role that is not there", True)
        for role in reasons
        if role not in known
    ]


def _of_role(role: str, told: Mapping[str, Any], reasons: Mapping[str, str]) -> Iterator[Line]:
    for call in told["used"]:
        yield Line(role, "used", call["action"], f"{call['count']}: {call['resource']}")
    for call in told["denied"]:
        yield Line(role, "denied", call["action"], f"{call['count']}: {call['resource']}")
    excused: dict[str, set[str]] = {}
    for grant in told["unused"]:
        statement, line = grant["statement"], f"{grant['statement']} {grant['action']}"
        key = next((each for each in (line, statement) if each in reasons), "")
        excused.setdefault(statement, set()).add(key)
        yield Line(role, "unused", line, reasons.get(key, "no reason is given"), not key)
    for statement, call in told["statements"].items():
        if call is None and statement not in excused and statement not in reasons:
            yield Line(role, "needless", statement, "every call is allowed without it as well", True)
    used = {key for keys in excused.values() for key in keys}
    used |= {each for each, call in told["statements"].items() if call is None}
    for key in reasons:
        if key not in used:
            yield Line(role, "stale", key, "a reason is given for what is used or not there", True)
