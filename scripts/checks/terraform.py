"""Checks of Terraform's files, made on a copy of them, so that Terraform leaves nothing in the tree."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks import hcl
from checks.check import Found, Place, once
from checks.programs import Command, accepts, answer
from scones.errors import SconesError
from scones.infrastructure.toolchain import cli_environment, terraform_program

ROOTS = ("foundation", "workflow")
NOT_OURS = shutil.ignore_patterns("*_override.tf", ".terraform", "*.tfstate", "*.tfstate.*")

# Variables that no environment sets and that bring policies with them: in HCL, by root.
OPTIONAL = {"foundation": {"github": '{ repository = "example/routing" }'}}

# Attributes that hold a policy or a definition, and may not be left unknown until something is applied.
ALWAYS_KNOWN = {
    "aws_iam_role": ("assume_role_policy",),
    "aws_iam_role_policy": ("policy",),
    "aws_iam_policy": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_kms_key_policy": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_sqs_queue_policy": ("policy",),
    "aws_sns_topic_policy": ("policy",),
    "aws_sfn_state_machine": ("definition",),
}


@dataclass(frozen=True)
class Document:
    """A JSON document of a plan: the resource and attribute it stands in, and its text."""

    address: str
    kind: str
    attribute: str
    text: str

    @property
    def is_policy(self) -> bool:
        return '"Statement"' in self.text


# --- The checks -----------------------------------------------------------------------------------------


def fmt(place: Place) -> None:
    """Terraform's one way to lay out its files."""
    accepts([terraform_program(), "fmt", "-check", "-recursive", "-diff", "-no-color"], copy(place))


def validate(place: Place) -> None:
    """Names, types and arguments, against the provider's schema."""
    for root in ROOTS:
        accepts([terraform_program(), "validate", "-no-color"], copy(place) / root, initialised(place, root))


def variables(place: Place) -> None:
    """Every environment's files of variables, for names that their root does not declare."""
    # Terraform itself warns of them in a plan only, and there nobody looks any more.
    said = [line for root in ROOTS for line in _undeclared(place.terraform, root)]
    if said:
        raise Found("\n".join(dict.fromkeys(said)))


def _undeclared(terraform: Path, root: str) -> Iterator[str]:
    declared = {block.name for block in hcl.read_blocks(terraform / root) if block.kind == "variable"}
    environments = terraform / "environments"
    for file in sorted([*environments.glob("*.tfvars"), *(environments / root).glob("*.tfvars")]):
        for name in re.findall(r"^(\w+)\s*=", file.read_text(), re.MULTILINE):
            if name not in declared:
                yield f"{file.relative_to(terraform.parent)}: {root} declares no variable {name!r}"


@once
def rendered(place: Place) -> list[Document]:
    """Return every policy and definition of every environment's plan, without AWS: the provider is a mock.

    Raises Found when an environment cannot be planned, or leaves one of them unknown.
    """
    environments = sorted(path.stem for path in (place.terraform / "environments").glob("*.tfvars"))
    documents = {
        document
        for root in ROOTS
        for environment in environments
        for document in documents_in(_plan(place, root, environment))
    }
    return sorted(documents, key=lambda document: (document.address, document.attribute, document.text))


# --- A plan without AWS ---------------------------------------------------------------------------------


def _plan(place: Place, root: str, environment: str) -> list[dict[str, Any]]:
    """Return the planned changes of a root's resources, as `terraform test` shows them."""
    files = [f"../environments/{environment}.tfvars", f"../environments/{root}/{environment}.tfvars"]
    options = ["-json", "-verbose", "-test-directory=tests/environment"]
    options += [f"-var-file={file}" for file in files] + _turned_on(place, root, environment)
    command: Command = [terraform_program(), "test", *options]
    done = answer(command, copy(place) / root, initialised(place, root))
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0:
        said = [_words(message) for message in messages if message["@level"] == "error"]
        raise Found("\n".join([f"{root} cannot be planned for {environment}", *said, done.stderr.strip()]))
    plans = [message["test_plan"] for message in messages if message["type"] == "test_plan"]
    if not plans:
        raise SconesError(f"{root}/tests/environment plans nothing for {environment}")
    return [change for plan in plans for change in plan["resource_changes"]]


def _turned_on(place: Place, root: str, environment: str) -> list[str]:
    """Return options that make an account's plan hold what no environment here turns on."""
    is_account = (place.terraform / "environments" / f"{environment}.s3.tfbackend").is_file()
    return [f"-var={name}={value}" for name, value in OPTIONAL.get(root, {}).items() if is_account]


def _words(message: dict[str, Any]) -> str:
    diagnostic = message.get("diagnostic", {})
    return f"{message['@message']} {diagnostic.get('detail', '')}".strip()


def documents_in(changes: list[dict[str, Any]]) -> list[Document]:
    """Return the policies and definitions of planned changes; Found when one that has to be is not known."""
    found = []
    for change in changes:
        always = ALWAYS_KNOWN.get(change["type"], ())
        for attribute in always:
            if change["change"]["after_unknown"].get(attribute):
                raise Found(f"{change['address']}: {attribute} is not known before something is applied")
        for attribute, value in (change["change"]["after"] or {}).items():
            document = Document(change["address"], change["type"], attribute, value)
            if isinstance(value, str) and (attribute in always or document.is_policy):
                found.append(document)
    return found


# --- The copy -------------------------------------------------------------------------------------------


@once
def copy(place: Place) -> Path:
    """Return a copy of the Terraform folder that has the state machine beside it."""
    tree = place.work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(place.terraform, tree / "terraform", ignore=NOT_OURS)
    shutil.copytree(place.repository / "statemachine", tree / "statemachine")
    mock = tree / "terraform" / "testing" / "aws" / "defaults.tfmock.hcl"
    # A key's ARN is AWS's to choose. Known in the plan, it lets policies that name it be read.
    known = re.sub(
        r'^mock_resource "aws_kms_key" {', r"\g<0>\n  override_during = plan", mock.read_text(), flags=re.M
    )
    mock.write_text(known)
    return tree / "terraform"


@once
def initialised(place: Place, root: str) -> dict[str, str]:
    """Return the environment variables under which a root of the copy has its provider and its modules."""
    variables = {**cli_environment(place.work), "TF_DATA_DIR": str(place.work / "data" / root)}
    command: Command = [terraform_program(), "init", "-backend=false", "-lockfile=readonly", "-no-color"]
    accepts(command, copy(place) / root, variables)
    return variables
