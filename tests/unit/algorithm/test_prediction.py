"""`python -m algorithm predict`: what the training process says of pictures, without a server."""

import json
from pathlib import Path
from typing import Any

import pytest

from algorithm.__main__ import main


@pytest.fixture
def trained(job: Any) -> Any:
    assert job.train(epochs="2") == 0
    return job


def predict(job: Any, **changed: Path) -> int:
    places = {
        "model": job.base / "model",
        "pictures": job.channel("validation"),
        "list": job.channel("validation_lst") / "validation.lst",
    } | changed
    return main(["predict", *(part for name, path in places.items() for part in (f"--{name}", str(path)))])


def test_it_answers_as_the_training_job_recorded(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert predict(trained) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    evaluation = json.loads((trained.base / "output" / "data" / "evaluation.json").read_text())
    recorded = [
        {name: value for name, value in entry.items() if name != "label"} for entry in evaluation["pictures"]
    ]
    assert lines == recorded


def test_a_picture_of_another_size_is_resized_as_by_the_endpoint(
    trained: Any, images: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.put("validation", "0.png", images.encoded(images.picture(0, 1, 40)))
    capsys.readouterr()

    assert predict(trained) == 0

    assert len(capsys.readouterr().out.splitlines()) == 8


def test_what_is_at_fault_is_said_in_one_line(
    trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.put("validation", "1.png", b"text")
    capsys.readouterr()

    cases = {
        "image 1.png: not a readable PNG or JPEG": {},
        "there is no list": {"list": tmp_path / "none.lst"},
        "the model folder has no image-classification-symbol.json": {"model": tmp_path},
        "image 0.png is listed but not in": {"pictures": tmp_path},
    }
    for message, changed in cases.items():
        assert predict(trained, **changed) == 1
        printed = capsys.readouterr()
        assert message in printed.err
        assert printed.err.count("\n") == 1
        assert printed.out == ""
