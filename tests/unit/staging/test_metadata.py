"""The .lst files."""

from pathlib import Path

import numpy as np

from scones.staging.metadata import to_metadata_file

TABLE = {"row": [27, 28], "labels": [8, 48], "filenames": ["safety_bike_s_000390.png", "bike_s_000658.png"]}
LINES = b"27\t0\tsafety_bike_s_000390.png\n28\t1\tbike_s_000658.png\n"


def test_a_metadata_file_has_row_class_and_path_between_tabs(tmp_path: Path) -> None:
    path = to_metadata_file(TABLE, tmp_path / "test")

    assert tmp_path / "test.lst" == path
    assert path.read_bytes() == LINES


def test_arrays_and_names_in_bytes_make_the_same_file(tmp_path: Path) -> None:
    columns = {"row": np.array([27, 28]), "labels": np.array([8, 48])}
    names = [name.encode() for name in TABLE["filenames"]]

    assert to_metadata_file({**columns, "filenames": names}, tmp_path / "test").read_bytes() == LINES


def test_the_order_of_the_classes_numbers_them(tmp_path: Path) -> None:
    path = to_metadata_file(TABLE, tmp_path / "test", class_labels=(48, 8))

    assert [line.split(b"\t")[1] for line in path.read_bytes().splitlines()] == [b"1", b"0"]
