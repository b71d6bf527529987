"""The files of CIFAR-100's python format, and what is refused in their place."""

from pathlib import Path

import numpy as np
import pytest

from scones.errors import SconesError
from scones.staging import cifar, dataset, pickles
from unit.staging import toys

PIXELS = np.zeros((2, 3072), dtype=np.uint8)
WHOLE = {
    b"data": PIXELS,
    b"fine_labels": [8, 48],
    b"filenames": [b"bike_s_000001.png", b"moped_s_000002.png"],
}


def test_a_split_is_read_as_it_was_written() -> None:
    written = toys.records([8, 48, 53])

    read = cifar.read_split(cifar.write_split(written, "toy"))

    np.testing.assert_array_equal(written.rows, read.rows)
    np.testing.assert_array_equal(written.labels, read.labels)
    assert written.filenames == read.filenames


def test_meta_names_all_the_fine_labels() -> None:
    names = cifar.read_fine_labels(cifar.write_meta())

    assert names == cifar.FINE_LABELS
    assert (names[8], names[48], len(names)) == ("bicycle", "motorcycle", 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({b"data": np.zeros((2, 3073), dtype=np.uint8)}, "rows of 3,072 bytes, not (2, 3073)"),
        ({b"data": [0, 1]}, "rows of 3,072 bytes, not list"),
        ({b"data": np.zeros((0, 3072), dtype=np.uint8)}, "rows of 3,072 bytes, not (0, 3072)"),
        ({b"data": np.zeros((3, 3072), dtype=np.uint8)}, "not as many as each other"),
        ({b"fine_labels": [8, 100]}, "the label 100: a fine label is 0 to 99"),
        ({b"fine_labels": [8, b"48"]}, "the label b'48'"),
        ({b"filenames": [b"a.png", b"../b.png"]}, "a picture named '../b.png'"),
        ({b"filenames": [b"a.png", b"b\tc.png"]}, "a picture named 'b\\tc.png'"),
        ({b"filenames": [b"a.png", 7]}, "a picture named '7'"),
    ],
)
def test_a_split_that_is_not_in_the_format_is_refused(change: dict, message: str) -> None:
    with pytest.raises(SconesError) as caught:
        cifar.read_split(pickles.dumps(WHOLE | change))
    assert message in str(caught.value)


@pytest.mark.parametrize("missing", list(WHOLE))
def test_a_split_that_lacks_a_column_is_refused_by_its_name(missing: bytes) -> None:
    columns = {key: value for key, value in WHOLE.items() if key != missing}

    with pytest.raises(SconesError, match=f"lacks {missing.decode()}: is this CIFAR-100"):
        cifar.read_split(pickles.dumps(columns))


@pytest.mark.parametrize("names", [[b"one", b"two"], [1] * 100, [b"same"] * 100])
def test_class_names_that_are_not_a_hundred_names_are_refused(names: list) -> None:
    with pytest.raises(SconesError, match="names"):
        cifar.read_fine_labels(pickles.dumps({b"fine_label_names": names}))


def test_a_broken_member_is_told_with_the_archive_and_what_to_do(tmp_path: Path) -> None:
    path = toys.write(tmp_path / "toy.tar.gz", test=pickles.dumps({b"data": PIXELS}))

    with pytest.raises(SconesError, match=r"toy\.tar\.gz is no good: .* lacks fine_labels, filenames.*DATA="):
        dataset.extract(path)
