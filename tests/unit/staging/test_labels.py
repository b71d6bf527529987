"""Labels by people: what they add to a data set, and what never enters it."""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from PIL import Image

import real_data
from scones.staging import cifar100, dataset, labels, objects, uploading
from scones.staging import plan as staging
from scones.staging.labelled import add_labelled
from unit.staging import toys

BUCKET = "scones-test-data"
CLASSES = ("bicycle", "motorcycle")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> dataset.Extract:
    return dataset.extract(toys.write(tmp_path_factory.mktemp("toy") / "toy.tar.gz"))


@pytest.fixture(scope="module")
def data(toy: dataset.Extract) -> dataset.DataSet:
    return dataset.transform(toy, CLASSES, background=10)


def picture(seed: int, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng([7, seed]).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    return encoded(pixels, kind)


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def label(
    s3: Any,
    content: bytes,
    class_name: str = "bicycle",
    key: str = "incoming/photo.png",
    line: bytes | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    """Put a picture and its label as people's tools do; the arguments say what is odd about it."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    name = f"labels/{hashlib.sha256(content).hexdigest()}.lst"
    body = f"0\t0\t{key}\n".encode() if line is None else line
    told = {"class": class_name, "labelled-by": "ann"} if metadata is None else metadata
    s3.put_object(Bucket=BUCKET, Key=name, Body=body, Metadata=told)
    return name


def add(s3: Any, data: dataset.DataSet, toy: dataset.Extract) -> tuple[dataset.DataSet, list[labels.LeftOut]]:
    read = labels.read_labels(s3, BUCKET, labels.list_labels(s3, BUCKET), workers=2)
    return add_labelled(data, toy, read)


def stage(s3: Any, data: dataset.DataSet) -> staging.Plan:
    contents = staging.read_contents(s3, BUCKET)
    plan = staging.make_plan(objects.build_items(data), contents, dataset.manifest(data, "toy"))
    uploading.perform(plan, s3, BUCKET)
    return plan


def only_reason(s3: Any, data: dataset.DataSet, toy: dataset.Extract) -> str:
    """Why the only label is left out; the data set is then what it was."""
    added, left_out = add(s3, data, toy)
    assert len(left_out) == 1
    assert dataset.manifest(added, "toy") == dataset.manifest(data, "toy")
    return left_out[0].reason


def test_without_labels_nothing_changes(s3: Any, data: dataset.DataSet, toy: dataset.Extract) -> None:
    s3.put_object(Bucket=BUCKET, Key="labels/README.txt", Body=b"not a label")

    added, left_out = add(s3, data, toy)

    assert dataset.manifest(added, "toy") == dataset.manifest(data, "toy")
    assert "labelled" not in added.counts
    assert left_out == []


def test_a_labelled_picture_trains_under_a_name_and_an_index_of_its_own(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    content = picture(1)
    label(s3, content, "motorcycle")

    added, left_out = add(s3, data, toy)
    stage(s3, added)

    name = f"labelled/{hashlib.sha256(content).hexdigest()}.png"
    line = f"{len(toy.train.rows)}\t1\t{name}\n".encode()
    for part in ("train.lst", "training.lst"):
        assert added.lists[part] == data.lists[part] + line
    assert [added.lists[part] for part in ("test.lst", "validation.lst", "background_training.lst")] == [
        data.lists[part] for part in ("test.lst", "validation.lst", "background_training.lst")
    ]
    staged = s3.get_object(Bucket=BUCKET, Key=f"train/{name}")["Body"].read()
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(content))), np.asarray(Image.open(io.BytesIO(staged)))
    )
    assert (added.counts["training"], added.counts["labelled"]) == (19, 1)
    assert left_out == []


def test_a_picture_of_neither_goes_to_the_background(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    label(s3, picture(1), "neither")

    added, _ = add(s3, data, toy)
    stage(s3, added)

    index, number, name = added.lists["background_training.lst"].splitlines()[-1].decode().split("\t")
    assert (int(index), int(number)) == (len(toy.train.rows), 100)
    s3.head_object(Bucket=BUCKET, Key=f"background/train/{name}")
    assert added.lists["training.lst"] == data.lists["training.lst"]
    assert added.counts["labelled"] == 1


def test_the_class_is_told_by_its_name_whatever_its_number_was(s3: Any, toy: dataset.Extract) -> None:
    label(s3, picture(1), "bicycle", line=b"0\t0\tincoming/photo.png\n")
    turned = dataset.transform(toy, ("orange", "motorcycle", "bicycle"))

    added, _ = add(s3, turned, toy)

    assert added.lists["training.lst"].splitlines()[-1].split(b"\t")[1] == b"2"


def test_the_same_labels_again_change_nothing_and_a_new_one_adds_one_object(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    for seed in range(3):
        label(s3, picture(seed), key=f"incoming/{seed}.png")
    stage(s3, add(s3, data, toy)[0])

    assert stage(s3, add(s3, data, toy)[0]).changes_nothing
    label(s3, picture(3), key="incoming/3.png")
    changed = {item.key for item in stage(s3, add(s3, data, toy)[0]).upload}
    assert {"train.lst", "training.lst"} < changed
    assert len(changed) == 3


def test_a_label_that_is_taken_back_takes_its_picture_along(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    name = label(s3, picture(1))
    stage(s3, add(s3, data, toy)[0])
    s3.delete_object(Bucket=BUCKET, Key=name)

    plan = stage(s3, add(s3, data, toy)[0])

    assert [key for key in plan.remove if "labelled" in key] == list(plan.remove)
    assert plan.manifest == dataset.manifest(data, "toy")


@pytest.mark.parametrize("class_name", ["bicycle", "neither"])
@pytest.mark.parametrize("happens", ["removed", "overwritten"])
def test_a_picture_that_was_staged_is_kept_when_its_object_is_not(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract, class_name: str, happens: str
) -> None:
    label(s3, picture(1), class_name)
    stage(s3, add(s3, data, toy)[0])
    if happens == "removed":
        s3.delete_object(Bucket=BUCKET, Key="incoming/photo.png")
    else:
        s3.put_object(Bucket=BUCKET, Key="incoming/photo.png", Body=picture(2))

    assert stage(s3, add(s3, data, toy)[0]).changes_nothing


# ---- What never trains -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["test/bike_s_000001.png", "background/test/some.png", "drift-demo/1/dark.png"]
)
def test_a_picture_of_the_test_folders_never_trains(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract, key: str
) -> None:
    label(s3, picture(1), key=key)

    added, left_out = add(s3, data, toy)

    assert [one.is_test for one in left_out] == [True]
    assert "labelled" not in added.counts


@pytest.mark.parametrize("class_name", ["bicycle", "neither"])
@pytest.mark.parametrize("place", range(6))
def test_a_copy_of_any_test_picture_of_the_archive_never_trains(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract, place: int, class_name: str
) -> None:
    """Wherever it lies, however it is encoded, and whether its class is asked for or not."""
    pixels = dataset.to_images(toy.test.rows)[place]
    with_alpha = np.dstack([pixels, np.full((32, 32), 255, dtype=np.uint8)])
    label(s3, encoded(with_alpha if place % 2 else pixels), class_name, key="incoming/copy.png")

    added, left_out = add(s3, data, toy)

    assert [(one.is_test, one.key) for one in left_out] == [(True, "incoming/copy.png")]
    assert dataset.manifest(added, "toy") == dataset.manifest(data, "toy")


def test_a_copy_of_what_is_staged_does_not_train_twice_nor_what_validates(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    background = data.background
    assert background is not None
    parts = (data.training, data.validation, background.training, background.validation)
    for number, part in enumerate(parts):
        label(s3, encoded(part.pixels[0]), key=f"incoming/{number}.png")
    label(s3, picture(1), key="train/bike_s_000000.png")
    label(s3, picture(2), key="incoming/twice.png")
    label(
        s3, encoded(np.asarray(Image.open(io.BytesIO(picture(2))).convert("RGBA"))), key="incoming/again.png"
    )

    added, left_out = add(s3, data, toy)

    assert added.counts["labelled"] == 1
    assert sorted(one.reason for one in left_out) == [
        "it is a labelled picture already",
        "it is a training picture already",
        "it is a training picture already",
        "it is a validation picture already",
        "it is a validation picture already",
        "its picture is staged already",
    ]


# ---- What is left out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oddity", "reason"),
    [
        ({"class_name": "bus"}, "the class 'bus' is not staged"),
        ({"class_name": "scooter"}, "the class 'scooter' is not staged"),
        ({"metadata": {}}, "it is damaged: it has no class"),
        ({"line": b""}, "it is damaged: it must be one line of index, label and key"),
        ({"line": b"0\t0\n"}, "it is damaged: it must be one line of index, label and key"),
        ({"line": b"x\t0\tincoming/photo.png\n"}, "it is damaged: it must be one line"),
        ({"line": b"0\t0\ta.png\n1\t0\tb.png\n"}, "it is damaged: it must be one line"),
        ({"line": b"\xff\xfe"}, "it is damaged: it must be one line"),
        ({"line": b"0\t0\t\n"}, "it is damaged: it names no picture"),
        ({"line": b"0\t0\ta\x1b[31m.png\n"}, "it is damaged: it names no picture"),
        ({"line": bytes(5000)}, "it is damaged: 5,000 bytes are no label"),
        ({"line": b"0\t0\tincoming/gone.png\n"}, "its picture is gone"),
        ({"content": b"no picture"}, "it is no readable PNG or JPEG"),
        ({"content": picture(1)[:900]}, "it is no readable PNG or JPEG"),
        ({"content": encoded(np.zeros((4, 4, 3), dtype=np.uint8))}, "it has 4x4 pixels: too small"),
    ],
)
def test_a_label_that_cannot_be_used_is_left_out_with_its_reason(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract, oddity: dict, reason: str
) -> None:
    label(s3, **{"content": picture(1), **oddity})

    assert only_reason(s3, data, toy).startswith(reason)


def test_a_label_of_another_name_is_left_out(s3: Any, data: dataset.DataSet, toy: dataset.Extract) -> None:
    s3.put_object(Bucket=BUCKET, Key="labels/2026/a.lst", Body=b"0\t0\ta.png\n", Metadata={"class": "bus"})

    assert only_reason(s3, data, toy) == "it is not named after a picture's SHA-256"


def test_a_picture_that_has_changed_since_is_left_out(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    label(s3, picture(1))
    s3.put_object(Bucket=BUCKET, Key="incoming/photo.png", Body=picture(2))

    assert only_reason(s3, data, toy) == "its picture has changed since it was labelled"


def test_a_file_that_is_too_long_is_not_even_fetched(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "LARGEST_BYTES", 100)
    label(s3, picture(1))

    assert "bytes, more than 100" in only_reason(s3, data, toy)


def test_neither_needs_a_background(s3: Any, toy: dataset.Extract) -> None:
    label(s3, picture(1), "neither")

    without = dataset.transform(toy, CLASSES)

    assert only_reason(s3, without, toy) == "it shows neither, and no background is staged"


def test_one_bad_label_does_not_keep_the_others_out(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract
) -> None:
    label(s3, b"no picture", key="incoming/bad.png")
    for seed in range(3):
        label(s3, picture(seed), key=f"incoming/{seed}.png")

    added, left_out = add(s3, data, toy)

    assert (added.counts["labelled"], len(left_out)) == (3, 1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.binary(max_size=60), class_name=st.text("abcdeinothr_", max_size=12))
def test_any_label_is_taken_or_left_out_and_nothing_else(
    s3: Any, data: dataset.DataSet, toy: dataset.Extract, line: bytes, class_name: str
) -> None:
    label(s3, picture(1), line=line, metadata={"class": class_name})

    added, left_out = add(s3, data, toy)

    assert added.counts.get("labelled", 0) + len(left_out) == 1


@real_data.needs_real_archive
def test_the_known_digests_are_checked_before_labels_are_added(s3: Any) -> None:
    real = dataset.extract(real_data.ARCHIVE)
    data = dataset.transform(real, CLASSES, background=1)
    label(s3, picture(1))
    label(s3, encoded(dataset.to_images(real.test.rows[:1])[0]), key="incoming/copy.png")

    added, left_out = add(s3, data, real)

    assert cifar100.DIGESTS.items() <= data.digests.items()
    assert added.digests["test.lst"] == cifar100.DIGESTS["test.lst"]
    assert added.lists["train.lst"].splitlines()[-1].startswith(b"50000\t0\tlabelled/")
    assert [one.is_test for one in left_out] == [True]
