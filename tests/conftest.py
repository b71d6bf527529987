"""How the suite runs; and how it is shared among processes (`pytest -n 3`): file by file, the longest first.

What is expensive is a fixture of a session, and each process has a session of its own.
"""

import os
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Processes that share the cores: threads of PyTorch that wait for each other would spin on them.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Reviews of a deployed workflow: whoever runs one of these files deploys one first, which takes a minute.
DEPLOYED = PurePosixPath("tests/plans")
# Two shares of about the same length; that of test_account.py deploys nothing.
APART = {"test_accidents.py", "test_account.py"}
LONGEST = ("tests/plans", "tests/terraform", "tests/localaws", "tests/browser")


def share(nodeid: str) -> str:
    """Return the name of the share that a test belongs to: a process runs the whole of it."""
    file = PurePosixPath(nodeid.split("::", 1)[0])
    return str(DEPLOYED if file.parent == DEPLOYED and file.name not in APART else file)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # in one process, the order is that of the files
        items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next((rank for rank, folder in enumerate(LONGEST) if nodeid.startswith(folder)), len(LONGEST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByShare(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    return ByShare(config, log)
