"""One deployed model for the session; each test finds it as it was deployed."""

from collections.abc import Iterator

import pytest

from unit.evaluation.deployed import BUCKET, Deployed, served


@pytest.fixture(scope="session")
def session_deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with served(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("job")) as deployed:
        yield deployed


@pytest.fixture
def deployed(session_deployed: Deployed) -> Iterator[Deployed]:
    """The deployed model. What a test changes in the bucket is put back; its files go from the home."""
    s3 = session_deployed.client("s3")

    def objects() -> dict[str, bytes]:
        listed = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [entry["Key"] for page in listed for entry in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    before = objects()
    files = set(session_deployed.home.iterdir())
    session_deployed.set_outputs()
    yield session_deployed
    after = objects()
    for key in after.keys() - before.keys():
        s3.delete_object(Bucket=BUCKET, Key=key)
    for key, body in before.items():
        if after.get(key) != body:
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    for path in set(session_deployed.home.iterdir()) - files:
        if path.is_file():
            path.unlink()
