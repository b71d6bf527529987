"""The deployed workflow that the live checks need; without one they are skipped."""

import os
import uuid
from collections.abc import Callable, Iterator

import pytest

from e2e.live import LiveWorkflow
from scones.errors import SconesError
from scones.settings import Environment


@pytest.fixture(scope="session")
def live() -> LiveWorkflow:
    environment = Environment.load(os.environ.get("ENV", "local"))
    try:
        return LiveWorkflow(environment, environment.workflow)
    except SconesError as reason:
        pytest.skip(f"no workflow to check: {reason}")


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
