"""What the workflow's roles do lies within the boundary that jobs on GitHub have to give them."""

import json
import re
from collections.abc import Iterator
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
