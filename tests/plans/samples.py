"""Make the sample reviews in docs/reviews/: a first plan and three typical changes, on local AWS.

PYTHONPATH=scripts:tests python -m plans.samples

They are real plans of a copy of the repository; what differs between two runs (digests, times) is left as
it came.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from plans.workspace import Workspace
from scones.settings import REPOSITORY

OUT = REPOSITORY / "docs" / "reviews"
ROOT = "ARGS=--root workflow"
LOCAL = "terraform/environments/workflow/local.tfvars"


def new_model(workspace: Workspace) -> None:
    workspace.must("train")


def threshold(workspace: Workspace) -> None:
    workspace.append(LOCAL, "confidence_threshold = 0.8")


def replaced_endpoint(workspace: Workspace) -> None:
    name = "  name                 = var.name\n"
    workspace.edit("terraform/modules/endpoint/main.tf", name, name.replace("var.name", '"${var.name}-blue"'))


CHANGES: dict[str, Callable[[Workspace], None]] = {
    "threshold": threshold,
    "replaced-endpoint": replaced_endpoint,
    "new-model": new_model,  # last: it changes more than files
}


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.copy(Path(folder))
        workspace.must("up")
        try:
            make_all(workspace)
        finally:
            workspace.must("down")


def make_all(workspace: Workspace) -> None:
    workspace.must("stage")
    workspace.must("train", "ARGS=--set epochs=2")  # one that is not sure of everything yet
    workspace.must("plan", ROOT)
    keep(workspace, "fresh-create")
    workspace.must("apply")
    for name, change in CHANGES.items():
        with workspace.edits():
            change(workspace)
            workspace.must("plan", ROOT)
            keep(workspace, name)


def keep(workspace: Workspace, name: str) -> None:
    (OUT / f"{name}.md").write_text(workspace.review())
    print(f"{name}.md: {workspace.review().splitlines()[0]}")


if __name__ == "__main__":
    main()
