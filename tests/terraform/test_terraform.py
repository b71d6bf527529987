"""`terraform test` in every module and both roots, and rules of the project that Terraform does not know.

Nothing here speaks to AWS: the provider is a mock, and only its schema is real. Terraform runs on a copy of
the tree, so that no lock file and no override is left in it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scones.infrastructure import toolchain
from scones.settings import REPOSITORY

TERRAFORM = REPOSITORY / "terraform"
ROOTS = ("foundation", "workflow")
MODULES = tuple(sorted(path.name for path in (TERRAFORM / "modules").iterdir()))
FOLDERS = (*ROOTS, *(f"modules/{module}" for module in MODULES))
LOCK_FILE = ".terraform.lock.hcl"

# The file that the commands write for local AWS, and Terraform's own data: not the repository's.
NOT_OURS = shutil.ignore_patterns("backend_override.tf", ".terraform")


@dataclass(frozen=True)
class Workspace:
    """A copy of the tree in which both roots are initialised."""

    program: Path
    environment: Mapping[str, str]
    tree: Path

    def run(self, folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # No module calls another, so each finds the provider in the data folder of a root.
        data = self.tree / (folder if folder in ROOTS else ROOTS[-1]) / ".terraform"
        return subprocess.run(
            [self.program, *arguments, "-no-color"],
            cwd=self.tree / folder,
            env={**self.environment, "TF_DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    place = tmp_path_factory.mktemp("terraform")
    tree = shutil.copytree(TERRAFORM, place / "terraform", ignore=NOT_OURS)
    shutil.copytree(REPOSITORY / "statemachine", place / "statemachine")
    for module in MODULES:
        shutil.copy(tree / ROOTS[-1] / LOCK_FILE, tree / "modules" / module / LOCK_FILE)
    environment = {**os.environ, **toolchain.cli_environment(place)}
    made = Workspace(toolchain.terraform_program(), environment, Path(tree))
    for root in ROOTS:
        succeeded(made.run(root, "init", "-backend=false", "-lockfile=readonly"))
    return made


def succeeded(finished):
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


# --- Terraform's own tests -------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_keeps_its_promises(workspace, folder):
    assert "Success!" in succeeded(workspace.run(folder, "test"))


# --- The project's own rules -------------------------------------------------------------------------------


def variables(folder):
    """The variables of a folder: name to the text of its block."""
    text = (TERRAFORM / folder / "variables.tf").read_text()
    return dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_variable_has_a_type_a_description_and_a_word_on_null(folder):
    for name, block in variables(folder).items():
        assert re.search(r"^  type +=", block, re.MULTILINE), name
        assert re.search(r"^  description +=", block, re.MULTILINE), name
        assert re.search(r"^  (nullable += false|default += null)", block, re.MULTILINE), name


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_validation_has_a_case_that_it_refuses(folder):
    tests = "\n".join(path.read_text() for path in (TERRAFORM / folder / "tests").glob("*.tftest.hcl"))
    expected = " ".join(re.findall(r"expect_failures = \[(.*?)\]", tests, re.DOTALL))
    refused = re.findall(r"var\.(\w+)", expected)
    for name, block in variables(folder).items():
        assert block.count("  validation {") <= refused.count(name), name


@pytest.mark.parametrize("root", ROOTS)
def test_the_lock_file_knows_the_provider_on_every_platform(root):
    lock = (TERRAFORM / root / LOCK_FILE).read_text()
    assert re.findall(r'^provider "(.*)"', lock, re.MULTILINE) == ["registry.terraform.io/hashicorp/aws"]
    assert 'version     = "5.100.0"' in lock
    assert len(set(re.findall(r'"zh:[0-9a-f]{64}"', lock))) == 14


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_knows_which_aws_it_speaks_to(folder):
    for path in (TERRAFORM / folder).glob("*.tf"):
        assert not re.search(r"localhost|127\.0\.0\.1|localaws|endpoint_url", path.read_text()), path


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is_for(module):
    readme = (TERRAFORM / "modules" / module / "README.md").read_text()
    assert readme.startswith(f"# {module}\n")
