"""What the roles do lies within the boundary of jobs on GitHub, and stands in a table for people."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from checks.check import Place
from checks.terraform import Document, rendered
from scones.settings import REPOSITORY

ROLES = ("module.function[", "module.drift_function[", "module.state_machine.", "module.incoming_trigger.")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    work: Path = tmp_path_factory.mktemp("boundary")
    return rendered(Place(REPOSITORY, work, work))


def statements(document: Document) -> Iterator[tuple[str, str]]:
    """Yield every action with every resource that a policy allows it on, what is made up renamed."""
    for statement in json.loads(document.text)["Statement"]:
        if statement["Effect"] == "Allow":
            for action in statement["Action"]:
                yield from ((action, renamed(resource)) for resource in statement["Resource"])


def renamed(resource: str) -> str:
    """The two roots' plans are of different made-up accounts: make account, key and data bucket the same."""
    resource = re.sub(r":\d{12}:", ":ACCOUNT:", resource)
    resource = re.sub(r":key/.*", ":key/KEY", resource)
    return re.sub(r":s3:::scones-[a-z0-9-]+", ":s3:::DATA", resource)


def of_prod(documents: list[Document], kind: str, *places: str) -> list[Document]:
    found = [document for document in documents if document.kind == kind and document.attribute == "policy"]
    return [
        document
        for document in found
        if document.address.startswith(places) and "scones-prod" in document.text
    ]


def test_the_workflows_roles_may_do_all_that_they_do(documents: list[Document]) -> None:
    [boundary] = of_prod(documents, "aws_iam_policy", "module.github[0].aws_iam_policy.boundary")
    border: list[tuple[str, str]] = list(statements(boundary))
    policies = of_prod(documents, "aws_iam_role_policy", *ROLES)
    beyond: list[Any] = [
        (policy.address, action, resource)
        for policy in policies
        for action, resource in statements(policy)
        if not any(action == allowed and fnmatchcase(resource, pattern) for allowed, pattern in border)
    ]

    assert len(policies) == 6
    assert beyond == []


def test_nothing_in_the_boundary_is_there_for_no_role(documents: list[Document]) -> None:
    [boundary] = of_prod(documents, "aws_iam_policy", "module.github[0].aws_iam_policy.boundary")
    used = {
        action
        for policy in of_prod(documents, "aws_iam_role_policy", *ROLES)
        for action, _ in statements(policy)
    }

    assert {action for action, _ in statements(boundary)} == used


# --- The table of who may do what ---------------------------------------------------------------------------

README = REPOSITORY / "terraform" / "README.md"
EVERY_FUNCTION, JOBS = "every function", "`<name>-github-"  # a job's two longest lists are a row each
# The first words of a row, and where the policies of that role stand.
PLACES = {
    "`<name>-sagemaker`": ("module.sagemaker_role.",),
    EVERY_FUNCTION: ("module.function[", "module.drift_function["),
    "`<name>-flow-logs`": ("module.network[0].",),
    "`serializeImageData`": ('module.function["serializeImageData"]',),
    "`image-classification`": ('module.function["image-classification"]',),
    "`THRESHOLD_CONFIDENCE`": ('module.function["THRESHOLD_CONFIDENCE"]',),
    "`monitor-drift`": ("module.drift_function[0]",),
    "`<name>-classify-vehicle`": ("module.state_machine.",),
    "`<name>-incoming`": ("module.incoming_trigger.",),
    JOBS: ("module.github[0].aws_iam_policy.this[",),
}
KINDS = ("aws_iam_policy", "aws_iam_role_policy")
SUMMED_UP = ("Read", "Change", "TagScaling")


@dataclass(frozen=True)
class Row:
    """A row of the table: a role by its first words, the statements it tells of, and what it says of them."""

    role: str
    statements: frozenset[str]
    may: str
    on: str

    def actions(self) -> set[str]:
        service, found = "", set[str]()
        for part in re.split("[,;]", self.may):
            if named := re.match(r"(?:([a-z0-9-]+):)?([A-Z][A-Za-z0-9]+)\b", part.strip()):
                service = named[1] or service
                found.add(f"{service}:{named[2]}")
        return found


def table() -> list[Row]:
    rows, role = list[Row](), ""
    section = README.read_text().partition("\n## Who may do what\n")[2]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[0] == "role":
            continue
        role = next((place for place in PLACES if cells[0].startswith(place)), role)
        named = cells[1].rpartition("with a network:")[2]
        rows.append(Row(role, frozenset(re.findall(r"\b[A-Z][A-Za-z0-9]+\b(?!…)", named)), *cells[2:4]))
    return rows


def granted(documents: list[Document], role: str) -> dict[str, tuple[set[str], set[str]]]:
    """Every statement of a role in all environments: its actions, and the objects of buckets it is about."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for document in documents:
        if document.kind not in KINDS or document.attribute != "policy":
            continue
        if not document.address.startswith(PLACES[role]):
            continue
        for statement in json.loads(document.text)["Statement"]:
            actions, objects = found.setdefault(statement["Sid"], (set(), set()))
            actions.update(statement["Action"])
            for resource in statement["Resource"]:
                bucket, _, path = resource.partition(":s3:::")[2].partition("/")
                objects.update([re.sub("scones-(local|dev|prod)", "<name>", path)] if bucket and path else [])
    return found


def test_the_table_has_every_statement_of_every_role(documents: list[Document]) -> None:
    told = {role: {name for row in table() if row.role == role for name in row.statements} for role in PLACES}
    for role in PLACES:
        there, more = set(granted(documents, role)), set[str]()
        if role == EVERY_FUNCTION:
            assert told[role] <= there
            continue
        if "function" in PLACES[role][0]:
            more = told[EVERY_FUNCTION]
        if role == JOBS:
            there = {name for name in there if not name.startswith(SUMMED_UP)}
            more = {name for name in told[role] if name.startswith(SUMMED_UP)}
        assert told[role] - more <= there <= told[role] | more, role


def test_the_table_says_what_each_statement_allows(documents: list[Document]) -> None:
    for row in table():
        there = granted(documents, row.role)
        if row.role == JOBS or not row.statements:
            continue
        actions = set[str]().union(*(there[name][0] for name in row.statements))
        objects = set[str]().union(*(there[name][1] for name in row.statements))
        assert row.actions() == actions, row
        assert {path for path in re.findall("`([^`]+)`", row.on) if objects} == objects, row
