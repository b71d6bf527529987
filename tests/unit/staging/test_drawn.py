"""The drawn data set goes through the same steps as CIFAR-100, and is no trivial one."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from scones.staging import cifar, dataset
from scones.staging.drawn import dataset as drawn


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drawn") / "drawn.tar.gz"
    drawn.write_archive(path)
    return path


@pytest.fixture(scope="module")
def data(archive: Path) -> dataset.DataSet:
    return dataset.transform(dataset.extract(archive), ("bicycle", "motorcycle"))


def test_it_has_as_many_pictures_of_each_class_as_cifar_100(data: dataset.DataSet) -> None:
    assert Counter({8: 500, 48: 500}) == Counter(data.train.labels.tolist())
    assert Counter({8: 100, 48: 100}) == Counter(data.test.labels.tolist())


def test_other_classes_are_there_to_be_left_out(archive: Path) -> None:
    extracted = dataset.extract(archive)

    for split, enough in ((extracted.train, 20), (extracted.test, 10)):
        counts = Counter(split.labels.tolist())
        others = [count for label, count in counts.items() if label not in (8, 48)]
        assert len(others) >= 9
        assert min(others) >= enough


def test_the_other_vehicles_can_be_classes_too(archive: Path) -> None:
    five = ("bicycle", "motorcycle", "bus", "pickup_truck", "train")

    data = dataset.transform(dataset.extract(archive), five)

    assert data.counts == {"train": 1300, "test": 260, "training": 1170, "validation": 130}


def test_some_pictures_show_nothing_at_all(archive: Path) -> None:
    """A blank one hardly varies; neighbours in noise have nothing to do with each other."""
    extracted = dataset.extract(archive)
    blank, noise = (
        dataset.select(extracted.test, [cifar.FINE_LABELS.index(name)]).pixels.astype(float)
        for name in ("plain", "television")
    )

    assert np.median(blank.std(axis=(1, 2))) < 6
    assert np.median(np.abs(np.diff(noise, axis=2)).mean(axis=(1, 2, 3))) > 40


def test_the_same_seed_draws_the_same_and_another_seed_does_not() -> None:
    first, again, other = (drawn.draw_split("test", seed).rows for seed in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_no_picture_occurs_twice(data: dataset.DataSet) -> None:
    pictures = {picture.tobytes() for split in (data.train, data.test) for picture in split.pixels}
    names = [*data.train.filenames, *data.test.filenames]

    assert len(pictures) == len(set(names)) == 1200


def test_a_name_does_not_tell_the_class_but_the_documented_example_is_a_bicycle(
    data: dataset.DataSet,
) -> None:
    named_bike = {
        label
        for label, name in zip(data.train.labels, data.train.filenames, strict=True)
        if name.startswith("bike_s_")
    }
    example = data.test.filenames.index("bicycle_s_000513.png")

    assert {8, 48} == named_bike
    assert data.test.labels[example] == 8


def test_the_mean_pictures_of_the_classes_tell_little(data: dataset.DataSet) -> None:
    """The nearest mean picture is a linear classifier: well under 80 % of the test pictures."""
    train, test = (split.pixels.reshape(len(split.rows), -1) / 255 for split in (data.train, data.test))
    means = np.stack([train[data.train.labels == label].mean(0) for label in (8, 48)])

    nearest = ((test[:, None] - means) ** 2).sum(-1).argmin(1)
    assert (nearest == (data.test.labels == 48)).mean() < 0.72


def test_its_name_changes_with_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn.fingerprint()
    monkeypatch.setattr(drawn, "SEED", 1)

    assert before != drawn.fingerprint()
