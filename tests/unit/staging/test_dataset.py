"""From an archive to the pictures, lists and digests of the chosen classes."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import real_data
from scones.errors import SconesError, UsageError
from scones.staging import cifar, cifar100, dataset
from unit.staging import toys

CLASSES = ("bicycle", "motorcycle")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> dataset.Extract:
    return dataset.extract(toys.write(tmp_path_factory.mktemp("toy") / "toy.tar.gz"))


@pytest.fixture(scope="module")
def real() -> dataset.Extract:
    return dataset.extract(real_data.ARCHIVE)


def test_a_row_becomes_a_picture_red_green_blue_from_the_top_left() -> None:
    row = np.arange(3072) % 251

    picture = dataset.to_images(row.astype(np.uint8)[None])[0]

    assert picture.shape == (32, 32, 3)
    assert picture[0, 0].tolist() == [0, 1024 % 251, 2048 % 251]
    assert picture[1, 1].tolist() == [33 % 251, 1057 % 251, 2081 % 251]


def test_only_the_chosen_classes_are_taken_in_row_order(toy: dataset.Extract) -> None:
    data = dataset.transform(toy, CLASSES)

    assert data.train.rows[:4].tolist() == [0, 2, 3, 5]
    assert data.counts == {"train": 20, "test": 4, "training": 18, "validation": 2}


def test_test_pictures_are_made_of_test_pixels(toy: dataset.Extract) -> None:
    data = dataset.transform(toy, CLASSES)

    expected = dataset.to_images(toy.test.rows[data.test.rows])
    np.testing.assert_array_equal(expected, data.test.pixels)


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        (("bicycle", "zeppelin"), UsageError, "no class 'zeppelin'; it has apple, "),
        (("bicycle", "Motor Cycle"), UsageError, "no class 'Motor Cycle'; did you mean motorcycle"),
        (("bicycle", "motorcycle", "bicycle"), UsageError, "CLASSES names 'bicycle' twice: 'bicycle,motor"),
        (("bicycle", "", "bus"), UsageError, "CLASSES has an empty name: 'bicycle,,bus'"),
        (("",), UsageError, "CLASSES has an empty name"),
        (("bicycle",), UsageError, "two or more different classes, not 'bicycle'"),
        (("bicycle", "bus"), SconesError, "has no training picture of 'bus': choose other CLASSES"),
    ],
)
def test_classes_that_cannot_be_staged_are_refused(
    toy: dataset.Extract, classes: tuple, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        dataset.transform(toy, classes)


@pytest.mark.parametrize(("split", "named"), [("train", "training"), ("test", "test")])
def test_a_class_with_one_picture_is_refused(tmp_path: Path, split: str, named: str) -> None:
    records = toys.records([toys.BICYCLE, toys.MOTORCYCLE, toys.MOTORCYCLE])
    lone = dataset.extract(toys.write(tmp_path / "toy.tar.gz", **{split: cifar.write_split(records, "lone")}))

    with pytest.raises(SconesError, match=f"has only one {named} picture of 'bicycle': choose"):
        dataset.transform(lone, CLASSES)


def test_any_of_the_hundred_classes_can_be_chosen_and_are_numbered_in_that_order(
    toy: dataset.Extract,
) -> None:
    data = dataset.transform(toy, ("orange", "bicycle"))

    assert data.lists["test.lst"] == b"1\t1\tbike_s_000001.png\n2\t0\tbike_s_000002.png\n" + (
        b"4\t1\tbike_s_000004.png\n5\t0\tbike_s_000005.png\n"
    )


def test_two_pictures_of_one_name_both_get_a_name(toy: dataset.Extract) -> None:
    names = ["same.png"] * len(toy.train.rows)
    data = dataset.transform(replace(toy, train=replace(toy.train, filenames=names)), CLASSES)

    assert data.train.filenames[:3] == ["same.png", "same_row_2.png", "same_row_3.png"]
    assert len(set(data.train.filenames)) == 20


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_the_validation_part_has_its_share_of_every_class(toy: dataset.Extract, fraction: float) -> None:
    data = dataset.transform(toy, CLASSES, fraction)

    share = max(1, round(10 * fraction))
    assert Counter({8: share, 48: share}) == Counter(data.validation.labels.tolist())
    assert Counter({8: 10 - share, 48: 10 - share}) == Counter(data.training.labels.tolist())


def test_training_and_validation_parts_make_up_the_training_split(toy: dataset.Extract) -> None:
    data = dataset.transform(toy, CLASSES)

    lines = data.lists["training.lst"].splitlines() + data.lists["validation.lst"].splitlines()
    assert sorted(data.lists["train.lst"].splitlines()) == sorted(lines)


def test_the_seed_decides_which_pictures_validate(toy: dataset.Extract) -> None:
    first, again, other = (dataset.transform(toy, CLASSES, 0.3, seed).lists for seed in (1, 1, 2))

    assert first == again
    assert first["validation.lst"] != other["validation.lst"]


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 90, float("nan")])
def test_a_validation_part_that_is_no_fraction_is_refused(toy: dataset.Extract, fraction: float) -> None:
    with pytest.raises(UsageError, match="a fraction between 0 and 1"):
        dataset.transform(toy, CLASSES, fraction)


def test_the_manifest_identifies_the_data_and_not_its_source(toy: dataset.Extract) -> None:
    data, other = (dataset.transform(toy, CLASSES, 0.3, seed) for seed in (0, 1))

    assert dataset.manifest(data, "a")["data_digest"] == dataset.manifest(data, "b")["data_digest"]
    assert dataset.manifest(data, "a")["data_digest"] != dataset.manifest(other, "a")["data_digest"]


def test_a_made_up_name_is_never_one_that_another_picture_has(toy: dataset.Extract) -> None:
    names = [f"same_row_{row}.png" for row in range(len(toy.train.rows))]
    names[10:] = ["same.png"] * len(names[10:])
    names[0], names[2] = "same_row_12.png", "same_row_14.png"
    data = dataset.transform(replace(toy, train=replace(toy.train, filenames=names)), CLASSES)

    assert len(set(data.train.filenames)) == 20


def test_the_background_is_pictures_of_the_other_classes_split_by_split(toy: dataset.Extract) -> None:
    background = dataset.transform(toy, CLASSES, background=4).background

    assert background is not None
    for split, records, count in ((background.train, toy.train, 4), (background.test, toy.test, 2)):
        assert [toys.ORANGE] * count == split.labels.tolist()
        np.testing.assert_array_equal(dataset.to_images(records.rows[split.rows]), split.pixels)
    parts = [*background.training.filenames, *background.validation.filenames]
    assert sorted(background.train.filenames) == sorted(parts)


def test_the_background_has_its_counts_lists_and_digests_in_the_manifest(toy: dataset.Extract) -> None:
    data = dataset.transform(toy, CLASSES, background=10)

    manifest = dataset.manifest(data, "toy")
    counts = {"background_training": 9, "background_validation": 1, "background_test": 2}
    assert counts.items() <= data.counts.items()
    for name, part in (("training", 9), ("validation", 1), ("test", 2)):
        lines = data.lists[f"background_{name}.lst"].splitlines()
        assert [b"53"] * part == [line.split(b"\t")[1] for line in lines]
    assert {*manifest["digests"]} > {"background_train_pixels", "background_test_pixels"}


def test_the_data_digest_depends_on_the_background_and_is_as_ever_without_one(toy: dataset.Extract) -> None:
    before = "626ed2726b21c90ee1b48e33ad7b3470"

    without, some, more = (
        dataset.manifest(dataset.transform(toy, CLASSES, background=each), "toy")["data_digest"]
        for each in (0, 4, 5)
    )
    assert len({without, some, more}) == 3
    assert str(without).startswith(before)


def test_which_pictures_are_background_does_not_depend_on_the_order_of_the_archive(
    toy: dataset.Extract,
) -> None:
    backwards = cifar.Records(toy.train.rows[::-1], toy.train.labels[::-1], toy.train.filenames[::-1])

    first, second = (
        dataset.transform(replace(toy, train=train), CLASSES, background=5).background
        for train in (toy.train, backwards)
    )
    assert first is not None and second is not None
    assert set(first.train.filenames) == set(second.train.filenames)
    assert set(first.validation.filenames) == set(second.validation.filenames)


@pytest.mark.parametrize("split", ["train", "test"])
def test_without_enough_pictures_of_other_classes_there_is_no_background(
    toy: dataset.Extract, split: str
) -> None:
    keep = np.flatnonzero(getattr(toy, split).labels != toys.ORANGE)
    records = getattr(toy, split)
    only = cifar.Records(records.rows[keep], records.labels[keep], [records.filenames[k] for k in keep])

    data = dataset.transform(replace(toy, **{split: only}), CLASSES, background=5)

    assert data.background is None
    assert data.digests == dataset.transform(replace(toy, **{split: only}), CLASSES).digests


@pytest.mark.parametrize("name", ["cifar-100-python.tar.gz"])
def test_an_archive_that_poses_as_cifar_100_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SconesError, match="claims to be CIFAR-100, but its files are not the official ones"):
        dataset.extract(toys.write(tmp_path / name))


@real_data.needs_real_archive
class TestOfTheRealArchive:
    """What is known of CIFAR-100, to the byte."""

    def test_the_digests_are_those_that_are_known(self, real: dataset.Extract) -> None:
        data = dataset.transform(real, CLASSES)

        assert real.official
        assert cifar100.DIGESTS.items() <= data.digests.items()
        assert data.counts == {"train": 1000, "test": 200, "training": 900, "validation": 100}

    def test_training_pixels_in_the_test_files_are_noticed(self, real: dataset.Extract) -> None:
        mistaken = replace(real, test=replace(real.test, rows=real.train.rows[: len(real.test.rows)]))

        with pytest.raises(SconesError, match="test_pixels made of the official CIFAR-100 differ"):
            dataset.transform(mistaken, CLASSES)

    def test_it_is_the_official_archive_however_it_is_packed(self) -> None:
        assert cifar100.is_official_archive(real_data.ARCHIVE)

    def test_its_background_leaves_the_known_digests_alone(self, real: dataset.Extract) -> None:
        data = dataset.transform(real, CLASSES, background=dataset.BACKGROUND)

        background = data.background
        assert background is not None
        assert cifar100.DIGESTS.items() <= data.digests.items()
        others = set(range(100)) - {8, 48}
        for part, each in (("training", 18), ("validation", 2), ("test", 10)):
            assert dict.fromkeys(others, each) == Counter(background.parts[part].labels.tolist())
        assert len(set(background.train.filenames)) == 98 * 20

    def test_five_classes_are_staged_like_two(self, real: dataset.Extract) -> None:
        five = (*CLASSES, "bus", "pickup_truck", "train")
        data = dataset.transform(real, five)

        assert data.counts == {"train": 2500, "test": 500, "training": 2250, "validation": 250}
        for name, each in {"training.lst": 450, "validation.lst": 50, "test.lst": 100}.items():
            labels = Counter(line.split(b"\t")[1] for line in data.lists[name].splitlines())
            assert labels == dict.fromkeys([b"0", b"1", b"2", b"3", b"4"], each)

    def test_a_class_with_a_double_name_can_be_staged(self, real: dataset.Extract) -> None:
        data = dataset.transform(real, ("baby", "boy"))

        assert len(set(data.train.filenames)) == 1000

    def test_the_coarse_labels_are_those_of_the_drawn_archives(self, real: dataset.Extract) -> None:
        assert real.fine_labels == cifar.FINE_LABELS
