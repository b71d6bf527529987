"""What staging leaves in the bucket, run after run."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from moto import mock_aws
from PIL import Image

from scones.staging import dataset, objects, uploading
from scones.staging import plan as staging
from unit.staging import toys

BUCKET = "scones-test-data"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dataset.DataSet:
    source = dataset.extract(toys.write(tmp_path_factory.mktemp("toy") / "toy.tar.gz"))
    return dataset.transform(source, ("bicycle", "motorcycle"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dataset.DataSet:
    """`data`, and a background beside it."""
    source = dataset.extract(toys.write(tmp_path_factory.mktemp("toy") / "toy.tar.gz"))
    return dataset.transform(source, ("bicycle", "motorcycle"), background=8)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> dataset.DataSet:
    source = dataset.extract(toys.write(tmp_path_factory.mktemp("toy") / "toy.tar.gz"))
    return dataset.transform(source, ("orange", "motorcycle"))


def plan_of(s3: Any, data: dataset.DataSet) -> staging.Plan:
    contents = staging.read_contents(s3, BUCKET)
    return staging.make_plan(objects.build_items(data), contents, dataset.manifest(data, "toy"))


def stage(s3: Any, data: dataset.DataSet) -> staging.Plan:
    plan = plan_of(s3, data)
    uploading.perform(plan, s3, BUCKET)
    return plan


def keys(s3: Any) -> set[str]:
    return {entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def read(s3: Any, key: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def test_the_bucket_then_holds_the_pictures_the_lists_and_the_manifests(
    s3: Any, data: dataset.DataSet
) -> None:
    stage(s3, data)

    pictures = {f"train/{n}" for n in data.train.filenames} | {f"test/{n}" for n in data.test.filenames}
    lists = {"train.lst", "test.lst", "training.lst", "validation.lst"}
    assert pictures | lists | {staging.INDEX_KEY, staging.MANIFEST_KEY} == keys(s3)
    assert json.loads(read(s3, staging.MANIFEST_KEY)) == dataset.manifest(data, "toy")


def test_a_picture_is_a_png_of_the_splits_own_pixels(s3: Any, data: dataset.DataSet) -> None:
    stage(s3, data)

    for prefix, split in (("train/", data.train), ("test/", data.test)):
        picture = Image.open(io.BytesIO(read(s3, prefix + split.filenames[1])))
        assert (picture.format, picture.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(split.pixels[1], np.asarray(picture))


def test_a_background_lies_in_folders_and_lists_of_its_own(s3: Any, whole: dataset.DataSet) -> None:
    stage(s3, whole)

    background = whole.background
    assert background is not None
    expected = {f"background/train/{name}" for name in background.train.filenames}
    expected |= {f"background/test/{name}" for name in background.test.filenames}
    assert expected | set(objects.BACKGROUND_LISTS) == {k for k in keys(s3) if k.startswith("background")}
    for name, folder in zip(objects.BACKGROUND_LISTS, ("train", "train", "test"), strict=True):
        listed = [line.split("\t")[2] for line in read(s3, name).decode().splitlines()]
        assert {f"background/{folder}/{path}" for path in listed} <= expected
    assert plan_of(s3, whole).changes_nothing


def test_a_background_that_is_no_longer_asked_for_goes_with_its_lists(
    s3: Any, data: dataset.DataSet, whole: dataset.DataSet
) -> None:
    s3.put_object(Bucket=BUCKET, Key="background-notes.txt", Body=b"")
    stage(s3, whole)

    stage(s3, data)

    assert {"background-notes.txt"} == {key for key in keys(s3) if key.startswith("background")}
    assert json.loads(read(s3, staging.MANIFEST_KEY)) == dataset.manifest(data, "toy")


def test_the_same_picture_is_the_same_file(data: dataset.DataSet) -> None:
    first, second = (objects.encode_png(data.train.pixels[0]) for _ in range(2))

    assert first == second


def test_a_second_run_does_nothing(s3: Any, data: dataset.DataSet) -> None:
    stage(s3, data)
    before = s3.list_object_versions(Bucket=BUCKET)["Versions"]

    plan = stage(s3, data)

    assert plan.changes_nothing
    assert plan.lines() == []
    assert before == s3.list_object_versions(Bucket=BUCKET)["Versions"]


def test_other_data_replace_what_was_there_and_leave_no_mixture(
    s3: Any, data: dataset.DataSet, other: dataset.DataSet
) -> None:
    stage(s3, data)
    stage(s3, other)
    after_change = keys(s3)

    for key in after_change:
        s3.delete_object(Bucket=BUCKET, Key=key)
    stage(s3, other)
    assert keys(s3) == after_change


def test_what_is_not_the_data_sets_own_is_left_alone(s3: Any, data: dataset.DataSet) -> None:
    strangers = {
        "models/job/output/model.tar.gz",
        "incoming/photo.png",
        "training-notes.txt",
        "testing/a.png",
    }
    for key in strangers:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    stage(s3, data)

    assert strangers <= keys(s3)


@pytest.mark.parametrize("key", ["test/bike_s_000001.png", "train.lst"])
def test_an_object_that_somebody_changed_is_uploaded_again(s3: Any, data: dataset.DataSet, key: str) -> None:
    stage(s3, data)
    whole = read(s3, key)
    s3.put_object(Bucket=BUCKET, Key=key, Body=bytes(len(whole)))

    plan = stage(s3, data)

    assert [key] == [item.key for item in plan.upload]
    assert whole == read(s3, key)


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"train.lst": 7}', b"\xff"])
@pytest.mark.parametrize("key", [staging.INDEX_KEY, staging.MANIFEST_KEY])
def test_a_damaged_manifest_is_mended(s3: Any, data: dataset.DataSet, key: str, damage: bytes) -> None:
    stage(s3, data)
    whole = read(s3, key)
    s3.put_object(Bucket=BUCKET, Key=key, Body=damage)

    stage(s3, data)

    assert whole == read(s3, key)


def test_an_interrupted_run_leaves_no_manifest_and_is_picked_up(
    s3: Any, data: dataset.DataSet, other: dataset.DataSet
) -> None:
    stage(s3, other)
    plan, uploaded = plan_of(s3, data), iter(range(5))

    with pytest.raises(StopIteration):  # as Ctrl-C would, at the sixth picture
        uploading.perform(plan, s3, BUCKET, workers=1, advance=lambda: next(uploaded) and None)
    assert staging.MANIFEST_KEY not in keys(s3)

    rest = stage(s3, data)
    assert len(rest.upload) < len(plan.upload)
    assert plan_of(s3, data).changes_nothing


def test_a_plan_for_people_names_every_action(s3: Any, data: dataset.DataSet, other: dataset.DataSet) -> None:
    stage(s3, other)
    plan = plan_of(s3, data)

    lines = plan.lines()
    assert [f"upload {item.key} ({len(item.body):,} bytes)" for item in plan.upload] == lines[
        : len(plan.upload)
    ]
    assert "remove train/bike_s_000001.png" in lines
    assert lines[-2:] == ["write manifests/objects.json", "write manifests/data.json"]


def test_more_objects_than_s3_removes_at_once_are_removed(
    s3: Any, data: dataset.DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "REMOVED_AT_ONCE", 3)
    for number in range(7):
        s3.put_object(Bucket=BUCKET, Key=f"train/stale_{number}.png", Body=b"")

    plan = stage(s3, data)

    assert len(plan.remove) == 7
    assert not any("stale" in key for key in keys(s3))
