"""What the foundation hands over is what the workflow takes."""

import re

from scones.infrastructure.variables import HANDED_OVER
from scones.settings import TERRAFORM


def block(name: str, file: str) -> str:
    text = (TERRAFORM / file).read_text()
    return text.split(f'variable "{name}" {{')[1].split("\n}\n")[0]


def test_the_workflow_takes_everything_that_is_handed_over() -> None:
    kind = block("foundation", "workflow/variables.tf").split("type = object({")[1].split("\n  })")[0]
    taken = re.findall(r"^    (\w+)\s+=", kind, re.MULTILINE)

    assert set(taken) <= set(HANDED_OVER)
    outputs = re.findall(r'^output "(\w+)"', (TERRAFORM / "foundation/outputs.tf").read_text(), re.MULTILINE)
    assert set(HANDED_OVER) & set(outputs) == set(taken)
