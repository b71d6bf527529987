"""One working copy and one deployed workflow for all tests of plans: they review, they do not deploy."""

from collections.abc import Iterator

import pytest

from plans.workspace import Workspace


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A copy of the repository with a local AWS of its own."""
    workspace = Workspace.copy(tmp_path_factory.mktemp("workspace"))
    workspace.must("up")
    try:
        yield workspace
    finally:
        workspace.must("down")


@pytest.fixture(scope="session")
def deployed(copy: Workspace) -> Workspace:
    """The copy with its workflow deployed, as the README's everyday sequence leaves it."""
    copy.must("stage")
    copy.must("train", "ARGS=--set epochs=1")  # on drawn pictures one is enough for every gate
    copy.must("apply")
    return copy


@pytest.fixture
def workspace(deployed: Workspace) -> Iterator[Workspace]:
    """The deployed copy; what a test edits is put back."""
    with deployed.edits():
        yield deployed
