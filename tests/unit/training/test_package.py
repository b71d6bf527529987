"""A package is the algorithm's folder as AWS's container wants it, and is named by what is in it."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.settings import REPOSITORY
from scones.training.package import build_package, upload_package


def members(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "__init__.py": "",
        "model.py": "x = 1",
        "README.md": "text",
        "container.json": "{}",
        ".hidden": "",
        "__pycache__/model.pyc": "",
        "backbone/card.json": "{}",
        "script_mode/train.py": "import algorithm",
        "script_mode/__pycache__/train.pyc": "",
    }
    for name, text in files.items():
        path = tmp_path / "algorithm" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "algorithm"


def test_the_entry_points_lie_beside_the_package(folder: Path) -> None:
    assert members(build_package(folder).content) == {
        "train.py": b"import algorithm",
        "algorithm/__init__.py": b"",
        "algorithm/model.py": b"x = 1",
        "algorithm/backbone/card.json": b"{}",
    }


def test_times_and_caches_change_nothing(folder: Path) -> None:
    before = build_package(folder)

    os.utime(folder / "model.py", (0, 0))
    (folder / "__pycache__" / "other.pyc").write_text("new")
    (folder / "README.md").write_text("other text")

    assert build_package(folder) == before


@pytest.mark.parametrize("name", ["model.py", "script_mode/train.py", "new.py"])
def test_another_program_has_another_name(folder: Path, name: str) -> None:
    before = build_package(folder).digest

    (folder / name).write_text("y = 2")

    assert build_package(folder).digest != before


def test_it_says_whether_a_backbone_is_in_it(folder: Path) -> None:
    assert not build_package(folder).is_pretrained

    (folder / "backbone" / "backbone.safetensors").write_bytes(b"weights")

    assert build_package(folder).is_pretrained


def test_the_projects_own_algorithm_is_packed_whole() -> None:
    found = set(members(build_package(REPOSITORY / "scripts" / "algorithm").content))

    assert {"train.py", "inference.py", "algorithm/job.py"} <= found
    # A requirements.txt would have AWS's containers install when they start, which takes the internet.
    assert {name.split("/")[0] for name in found} == {"train.py", "inference.py", "algorithm"}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket="pictures")
        client.put_bucket_versioning(Bucket="pictures", VersioningConfiguration={"Status": "Enabled"})
        yield client


def test_a_package_is_uploaded_once(s3: Any, folder: Path) -> None:
    package = build_package(folder)

    uris = {upload_package(s3, "pictures", package) for _ in range(2)}

    key = f"code/{package.digest}/sourcedir.tar.gz"
    assert uris == {f"s3://pictures/{key}"}
    assert s3.get_object(Bucket="pictures", Key=key)["Body"].read() == package.content
    assert len(s3.list_object_versions(Bucket="pictures")["Versions"]) == 1
