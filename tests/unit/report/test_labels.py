"""Labels come from the .lst file; a file name tells none."""

import pytest

from scones.errors import SconesError
from scones.lists import read_labels
from scones.reporting.labels import class_name, fetch_labels, fetch_labels_by_people
from unit.report.workflow import ANSWERS, BUCKET, Deployed


def test_a_list_gives_the_label_of_each_key() -> None:
    text = "27\t0\tsafety_bike_s_000390.png\n28\t1.000000\tbike_s_000658.png\n\n"

    assert read_labels(text) == {"test/safety_bike_s_000390.png": 0, "test/bike_s_000658.png": 1}


@pytest.mark.parametrize("line", ["27 0 a.png", "27\t0", "27\tbicycle\ta.png", "27\tnan\ta.png"])
def test_a_line_of_another_form_is_named(line: str) -> None:
    with pytest.raises(SconesError, match=r"line 2 of the \.lst file is .* expected index, label and path"):
        read_labels(f"1\t0\ta.png\n{line}\n")


def test_labels_are_those_of_the_staged_list(deployed: Deployed) -> None:
    assert fetch_labels(deployed.client("s3"), BUCKET) == dict(zip(ANSWERS, (0, 1, 1), strict=True))


def test_nothing_staged_has_no_labels(deployed: Deployed) -> None:
    assert fetch_labels(deployed.client("s3"), BUCKET, "train.lst") == {}


def test_people_have_labelled_some_of_the_pictures_that_were_captured(deployed: Deployed) -> None:
    for digest, metadata in (
        ("a" * 64, {"class": "bicycle"}),
        ("b" * 64, {}),
        ("c" * 64, {"class": "neither"}),
    ):
        deployed.client("s3").put_object(
            Bucket=BUCKET, Key=f"labels/{digest}.lst", Body=b"0\t0\tk.png\n", Metadata=metadata
        )

    found = fetch_labels_by_people(deployed.client("s3"), BUCKET, ["a" * 64, "b" * 64, "d" * 64])

    assert found == {"a" * 64: "bicycle"}


@pytest.mark.parametrize(("index", "name"), [(0, "a"), (1, "b"), (2, "class 2"), (None, None)])
def test_a_class_without_a_name_is_called_by_its_number(index: int | None, name: str | None) -> None:
    assert class_name(["a", "b"], index) == name
