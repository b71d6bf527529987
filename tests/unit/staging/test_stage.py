"""The command `stage`, as a user runs it, against a server on this machine."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from scones.settings import REPOSITORY
from scones.staging import dataset, objects
from unit.staging import toys

BUCKET = "scones-local-data"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(address: str) -> Any:
    """An empty bucket."""
    s3 = boto3.resource(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    bucket = s3.create_bucket(Bucket=BUCKET)
    bucket.objects.delete()
    return bucket


@pytest.fixture
def home(address: str, bucket: Any, tmp_path: Path) -> Path:
    """A local environment whose foundation is that bucket."""
    foundation = {"region": "us-east-1", "account_id": "123456789012", "data_bucket": BUCKET}
    foundation |= dict.fromkeys(("kms_key_arn", "sagemaker_role_arn", "model_package_group_name"), "none")
    local = {"endpoint_url": address, "region": "us-east-1", "pid": os.getpid()}
    home = tmp_path / "home"
    home.mkdir()
    (home / "foundation.outputs.json").write_text(json.dumps(foundation))
    (home / "localaws.json").write_text(json.dumps(local))
    return home


def stage(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        **os.environ,
        "SCONES_LOCAL_HOME": str(home),
        "SCONES_CACHE": str(home / "cache"),
        **environment,
    }
    command = [sys.executable, str(REPOSITORY / "scripts/stage.py"), *words]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_staging_says_the_source_the_counts_and_what_comes_next(home: Path) -> None:
    archive = toys.write(home / "toy.tar.gz")

    done = stage(home, "--data", str(archive), "--json")

    result = json.loads(done.stdout)
    lines = done.stderr.splitlines()
    assert (done.returncode, lines[0]) == (0, f"source: toy.tar.gz (the archive {archive})")
    assert lines[1].startswith("note: this archive is not the official CIFAR-100")
    assert lines[2].startswith("staged toy.tar.gz: 18 training, 2 validation, 4 test, 12 background in ")
    assert lines[3] == "Next: make train ENV=local"
    assert max(len(line) for line in lines[2:]) <= 80
    assert (result["source"], result["uploaded"], result["skipped"], result["removed"]) == (
        "toy.tar.gz",
        43,
        0,
        0,
    )
    assert list(result["seconds"]) == ["source", "extract", "transform", "labels", "encode", "plan", "upload"]
    assert json.loads((home / "data.json").read_text()).items() <= result.items()


def test_a_dry_run_prints_the_plan_that_the_next_run_performs(home: Path) -> None:
    archive = toys.write(home / "toy.tar.gz")

    dry = stage(home, "--data", str(archive), "--dry-run")
    assert not (home / "data.json").exists()
    wet = json.loads(stage(home, "--data", str(archive), "--json").stdout)

    assert f"dry run: 18 training, 2 validation, 4 test, 12 background: {wet['uploaded']} upl" in dry.stderr
    assert len([line for line in dry.stdout.splitlines() if line.startswith("upload ")]) == wet["uploaded"]
    assert stage(home, "--data", str(archive), "--dry-run").stdout.strip() == ""
    assert "toy.tar.gz is staged already: 18 training" in stage(home, "--data", str(archive)).stderr


def test_the_classes_may_come_from_the_environment(home: Path) -> None:
    archive = toys.write(home / "toy.tar.gz")

    done = stage(home, "--data", str(archive), "--json", CLASSES="orange, motorcycle,bicycle")

    result = json.loads(done.stdout)
    assert (result["classes"], result["counts"]["train"]) == (["orange", "motorcycle", "bicycle"], 30)


def test_a_data_set_without_background_says_so_or_was_asked_for(home: Path) -> None:
    only = toys.members([toys.BICYCLE, toys.MOTORCYCLE] * 5, [toys.BICYCLE, toys.MOTORCYCLE] * 2)
    archive = toys.write(home / "toy.tar.gz", **only)

    said = stage(home, "--data", str(archive))
    asked = stage(home, "--data", str(archive), "--background", "0", "--json")

    assert "note: this archive has too few pictures of other classes" in said.stderr
    assert (said.returncode, asked.returncode) == (0, 0)
    assert "other classes" not in asked.stderr
    assert not [name for name in json.loads(asked.stdout)["counts"] if "background" in name]


def label(bucket: Any, key: str, class_name: str, content: bytes) -> None:
    bucket.put_object(Key=key, Body=content)
    name = f"labels/{hashlib.sha256(content).hexdigest()}.lst"
    bucket.put_object(Key=name, Body=f"0\t0\t{key}\n".encode(), Metadata={"class": class_name})


def test_labels_are_added_and_those_that_are_left_out_are_told(home: Path, bucket: Any) -> None:
    archive = toys.write(home / "toy.tar.gz")
    pixels = dataset.to_images(toys.records([0] * 3, seed=9).rows)
    of_test = dataset.to_images(dataset.extract(archive).test.rows)
    label(bucket, "incoming/new.png", "bicycle", objects.encode_png(pixels[0]))
    label(bucket, "incoming/cow.png", "neither", objects.encode_png(pixels[1]))
    label(bucket, "test/bike_s_000000.png", "bicycle", objects.encode_png(pixels[2]))
    label(bucket, "incoming/copy.png", "bicycle", objects.encode_png(of_test[0]))
    for number in range(5):
        label(bucket, f"incoming/{number}.png", "bicycle", b"no picture" * number)

    done = stage(home, "--data", str(archive), "--json")
    again = stage(home, "--data", str(archive), "--json")

    result, lines = json.loads(done.stdout), done.stderr.splitlines()
    assert (done.returncode, result["counts"]["labelled"], len(result["left_out"])) == (0, 2, 7)
    assert "note: left out 2 labelled test pictures: nothing trains on those" in lines
    named = [line for line in lines if line.startswith("note: left out label ")]
    assert len(named) == 3
    assert all(line.endswith(": it is no readable PNG or JPEG (UnidentifiedImageError)") for line in named)
    assert "note: left out 2 more labels; --json names them all" in lines
    assert "19 training, 2 validation, 4 test, 13 background (2 labelled) in " in lines[-2]
    assert json.loads(again.stdout)["uploaded"] == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--data", "cifar10"], 2, "there is no archive 'cifar10'"),
        (["--classes", "bicycle,scooter"], 2, "CIFAR-100 has no class 'scooter'"),
        (["--validation", "90"], 2, "a fraction between 0 and 1"),
        (["--background", "-1"], 2, "0 or more pictures of each other class, not -1"),
        (["--workers", "0"], 2, "--workers 0: at least one is needed"),
        (["--classes", "bicycle, ,bus"], 2, "CLASSES has an empty name: 'bicycle,,bus'"),
        (["--classes", "bicycle,bicycle"], 2, "CLASSES names 'bicycle' twice"),
        (["--classes", "bicycle,bus"], 1, "no training picture of 'bus'"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_is_wrong(
    home: Path, words: list, code: int, message: str
) -> None:
    archive = toys.write(home / "toy.tar.gz")
    done = stage(home, "--data", str(archive), *words)

    errors = [line for line in done.stderr.splitlines() if not line.startswith(("source:", "note:"))]
    assert (code, 1) == (done.returncode, len(errors))
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert not (home / "data.json").exists()


def test_a_damaged_archive_is_one_line_and_changes_nothing(home: Path) -> None:
    archive = toys.write(home / "toy.tar.gz")
    archive.write_bytes(archive.read_bytes()[:5000])

    done = stage(home, "--data", str(archive))

    assert (done.returncode, done.stderr.count("\n")) == (1, 2)
    assert "is no good: it is damaged" in done.stderr


def test_nothing_is_staged_where_nothing_is_deployed(home: Path) -> None:
    (home / "foundation.outputs.json").unlink()

    done = stage(home)

    assert (done.returncode, done.stderr) == (
        1,
        "error: nothing is deployed in local yet: run 'make foundation ENV=local'\n",
    )
