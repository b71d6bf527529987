"""The deployed workflow that the live checks need; without one they are skipped.

When every one of them has passed, the release that runs is marked so: `make rollback` can go back to it.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from e2e.live import LiveWorkflow
from e2e.passing import PassedChecks
from scones.errors import SconesError
from scones.infrastructure import releases
from scones.settings import Environment

BEGAN_WITH = pytest.StashKey[str | None]()  # the id of the release that ran when the checks began


def pytest_configure(config: pytest.Config) -> None:
    def mark(checks: int) -> str:
        began_with = config.stash.get(BEGAN_WITH, None)
        if began_with is None:
            raise SconesError("none was known to run when the checks began: apply a plan, then check again")
        release = releases.mark_passed(the_environment(), checks, began_with)
        return f"Release {release} has passed e2e ({checks} checks)"

    config.pluginmanager.register(PassedChecks(Path(__file__).parent, mark), "passed-checks")


def the_environment() -> Environment:
    return Environment.load(os.environ.get("ENV", "local"))


@pytest.fixture(scope="session")
def live(pytestconfig: pytest.Config) -> LiveWorkflow:
    environment = the_environment()
    try:
        found = LiveWorkflow(environment, environment.workflow)
    except SconesError as reason:
        pytest.skip(f"no workflow to check: {reason}")
    pytestconfig.stash[BEGAN_WITH] = running_release(environment)
    return found


def running_release(environment: Environment) -> str | None:
    """Return the release that runs; None where that is unknown, which must not keep checks from running."""
    try:
        return releases.applied_id(environment)
    except (SconesError, ClientError):
        return None


@pytest.fixture
def upload(live: LiveWorkflow) -> Iterator[Callable[[bytes, str], str]]:
    """Put an object into the data bucket, under a key that is new; it goes when the check has ended."""
    s3, bucket, keys = live.client("s3"), live.workflow.data_bucket, []

    def put(content: bytes, suffix: str, prefix: str = "test/checks-") -> str:
        key = f"{prefix}{uuid.uuid4()}{suffix}"
        s3.put_object(Bucket=bucket, Key=key, Body=content)
        keys.append(key)
        return key

    yield put
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)
