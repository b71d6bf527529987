"""The tables in READMEs are written from code and tests, and are never behind them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks import conformance, hcl, readme
from scones.errors import SconesError
from scones.settings import REPOSITORY, TERRAFORM

FILES = {
    "variables.tf": """\
variable "name" {
  description = "Name | of it, \\"quoted\\"."
  type        = string
  nullable    = false

  validation {
    condition     = !strcontains(var.name, "$${")
    error_message = "A condition = \\"like an argument\\"."
  }
}

variable "capacity" {
  description = <<-EOT
    How many.
    - minimum: the fewest.
  EOT
  type = list(object({
    minimum = optional(number, 1)
    inner   = optional(object({ deep = string }), {})
  }))
  default = []
}

variable "bays" {
  description = "Bays."
  type        = map(string)
  default = {
    a = "1"
    b = "2"
  }
}
""",
    "outputs.tf": """\
output "secret" {
  description = "A secret."
  value       = var.name
  sensitive   = true
}
""",
    "main.tf": """\
data "aws_partition" "current" {}

resource "aws_sqs_queue" "this" {
  count = var.name == "" ? 0 : 1

  name = var.name
}

module "function" {
  source   = "../function"
  for_each = local.functions
}
""",
    "backend_override.tf": 'output "override" {}\n',
}
TABLES = """\
## Variables

| variable | type | default | what it is |
| --- | --- | --- | --- |
| `name` | `string` | required | Name \\| of it, "quoted". |
| `capacity` | `list(object)` | `[]` | How many.<br>- minimum: the fewest. |
| `bays` | `map(string)` | `{ a = "1", b = "2" }` | Bays. |

## Outputs

| output | what it is |
| --- | --- |
| `secret` | A secret. Sensitive. |

## Resources

| resource | how many | in |
| --- | --- | --- |
| `data.aws_partition.current` | 1 | [main.tf](main.tf) |
| `aws_sqs_queue.this` | `var.name == "" ? 0 : 1` | [main.tf](main.tf) |

## Modules

| module | how many | source |
| --- | --- | --- |
| `function` | one each of `local.functions` | [function](../function) |"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "queue"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    return folder


def document(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/document.py", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_committed_readmes_are_as_their_code_says() -> None:
    done = document("--check")

    assert (done.returncode, done.stderr) == (0, "")


def test_every_table_says_what_the_code_says(module: Path) -> None:
    assert readme.generated(module) == TABLES


def test_what_people_wrote_around_the_tables_stays(module: Path) -> None:
    written = f"# queue\n\nWhy.\n\n{readme.BEGIN}\nstale\n{readme.END}\n\n## More\n"
    (module / "README.md").write_text(written)

    assert readme.readme(module) == written.replace("stale", TABLES)


def test_a_readme_without_tables_gets_them_at_its_end(module: Path) -> None:
    (module / "README.md").write_text("# queue\n\nWhy.\n")

    assert readme.readme(module).startswith(f"# queue\n\nWhy.\n\n{readme.BEGIN}\n## Variables\n")


def test_writing_twice_changes_nothing(module: Path) -> None:
    (module / "README.md").write_text(readme.readme(module))

    assert readme.readme(module) == (module / "README.md").read_text()


def test_a_changed_variable_is_noticed_named_and_mended(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns(".terraform", "tests", "*_override.tf")
    terraform = shutil.copytree(TERRAFORM, tmp_path / "terraform", ignore=ignored)
    variables = terraform / "modules" / "bucket" / "variables.tf"
    variables.write_text(variables.read_text().replace("Name of the bucket", "Name of the pail"))

    refused = document("--check", "--terraform", str(terraform))
    written = document("--terraform", str(terraform))
    checked = document("--check", "--terraform", str(terraform))

    assert refused.returncode == 1
    assert refused.stderr == (
        "error: not as the code says: terraform/modules/bucket/README.md: run 'make docs'\n"
    )
    assert written.stdout.startswith("written: terraform/modules/bucket/README.md\n1 of ")
    assert checked.returncode == 0


def test_a_folder_without_terraform_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SconesError, match="has no Terraform files"):
        hcl.read_blocks(tmp_path)


def test_local_awss_table_tells_what_reaches_it_in_a_row_a_module(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(scope='session')\ndef aws(endpoint_url): ...\n"
        "@pytest.fixture\ndef home(tmp_path): ...\n"
    )
    (tmp_path / "test_queues.py").write_text(
        '"""Queues: they wait.\n\nMore."""\nimport pytest\n@pytest.fixture\ndef queue(aws): ...\n'
        "def test_a_message_waits_in_sqs(queue): ...\ndef test_it_has_awss_name(aws): ...\n"
        "def test_a_folder_is_made(home): ...\ndef helper(aws): ...\n"
    )
    (tmp_path / "test_rules.py").write_text('"""Rules."""\ndef test_nothing_of_the_server(): ...\n')

    assert conformance.table(tmp_path).splitlines() == [
        "| suite | it holds that |",
        "| --- | --- |",
        "| Queues: they wait ([test_queues.py](../../tests/localaws/test_queues.py)) | "
        "a message waits in SQS<br>it has AWS's name |",
    ]
