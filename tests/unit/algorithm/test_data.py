"""Channels, lists and pictures that are not as they should be end the job with one line that says so."""

from typing import Any

import pytest


def break_nothing(job: Any, images: Any) -> None: ...


def remove_picture(job: Any, images: Any) -> None:
    (job.channel("train") / "3.png").unlink()


def damage_picture(job: Any, images: Any) -> None:
    job.put("train", "3.png", b"these are not pixels")


def truncate_picture(job: Any, images: Any) -> None:
    job.put("validation", "3.png", images.encoded(images.picture(1, 3))[:200])


def shrink_picture(job: Any, images: Any) -> None:
    job.put("train", "3.png", images.encoded(images.picture(1, 3, side=12)))


def training_list(content: str) -> Any:
    return lambda job, _: job.put("train_lst", "train.lst", content.encode())


def validation_list(content: str) -> Any:
    return lambda job, _: job.put("validation_lst", "validation.lst", content.encode())


def second_list(job: Any, images: Any) -> None:
    job.put("train_lst", "more.lst", b"0\t0\t0.png\n")


def no_list(job: Any, images: Any) -> None:
    (job.channel("train_lst") / "train.lst").unlink()


def no_channel(job: Any, images: Any) -> None:
    job.channel("validation_lst").rename(job.base / "elsewhere")


def config(name: str, value: Any) -> Any:
    return lambda job, _: job.configure(name, value)


TWO_CLASSES = "".join(f"{index}\t{index % 2}\t{index}.png\n" for index in range(24))


@pytest.mark.parametrize(
    ("damage", "hyperparameters", "message"),
    [
        (break_nothing, {"num_training_samples": "1000"}, "is 1000, but the training list has 24"),
        (break_nothing, {"num_classes": "3"}, "is 3 (labels 0 to 2), but the training list has labels 0, 1"),
        (break_nothing, {"epochs": "-1"}, "hyperparameter epochs is '-1'"),
        (remove_picture, {}, "image 3.png is listed but not in channel train"),
        (damage_picture, {}, "image 3.png: not a readable PNG or JPEG image"),
        (truncate_picture, {}, "image 3.png: not a readable PNG or JPEG image"),
        (shrink_picture, {}, "image 3.png is 12x12, smaller than image_shape 16x16"),
        (training_list("0 0 0.png\n"), {}, "train.lst line 1 has 1 tab-separated fields"),
        (training_list("0\tbicycle\t0.png\n"), {}, "train.lst line 1: index and label must be whole numbers"),
        (training_list("0\t-1\t0.png\n"), {}, "line 1: index and label must be whole numbers from 0 up"),
        (training_list(TWO_CLASSES + "24\t0\t../0.png\n"), {}, "line 25: path '../0.png' must stay inside"),
        (training_list("0\t0\t0.png\n" * 24), {}, "train.lst: index 0 is used more than once"),
        (training_list("\n"), {}, "train.lst lists no images"),
        (validation_list("0\t2\t0.png\n"), {}, "validation list has label 2"),
        (second_list, {}, "channel train_lst must hold exactly one .lst file, found more.lst, train.lst"),
        (no_list, {}, "channel train_lst must hold exactly one .lst file, found none"),
        (no_channel, {}, "channel validation_lst is missing"),
        (config("inputdataconfig", {"model": {}}), {}, "channel model is not supported"),
        (config("inputdataconfig", {"train": {"TrainingInputMode": "Pipe"}}), {}, "x-image in Pipe mode"),
        (
            config("resourceconfig", {"hosts": [f"algo-{number}" for number in range(1, 34)]}),
            {},
            "the job has 33 instances for batches of 32 pictures",
        ),
    ],
)  # fmt: skip
def test_a_job_that_cannot_be_done_says_why_and_leaves_no_model(
    job: Any, images: Any, capsys: pytest.CaptureFixture[str], damage: Any, hyperparameters: Any, message: str
) -> None:
    damage(job, images)

    code = job.train(**hyperparameters)

    assert (code, job.model) == (1, [])
    assert job.failure.startswith("ClientError: ")
    assert message in job.failure
    assert job.failure.count("\n") == 1
    assert capsys.readouterr().err == job.failure


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK", "I;16", "1"])
def test_pictures_of_every_mode_are_taken(job: Any, images: Any, mode: str) -> None:
    """Alpha is dropped; grey, palette, print and 16-bit pictures become RGB."""
    image = images.picture(0, 1).convert("L" if mode == "I;16" else mode)
    image = image.convert("I;16") if mode == "I;16" else image
    form = "JPEG" if mode == "CMYK" else "PNG"
    job.put("train", "0.png", images.encoded(image, form))

    assert job.train() == 0


def test_of_an_animation_the_first_frame_is_taken(job: Any, images: Any) -> None:
    still, record = images.picture(0, 1), []
    for content in (images.encoded(still), images.animated(still, images.picture(1, 2))):
        job.put("train", "0.png", content)
        assert job.train() == 0
        record.append(job.record["history"][0]["train_loss"])

    assert record[0] == record[1]


@pytest.mark.parametrize("validation", [TWO_CLASSES[: TWO_CLASSES.index("8\t")], "0\t0\t0.png\n"])
def test_a_class_of_one_picture_is_learnt_as_far_as_that_goes(job: Any, validation: str) -> None:
    lines = [f"{index}\t{int(index == 1)}\t{index}.png\n" for index in range(24)]
    job.put("train_lst", "train.lst", "".join(lines).encode())
    job.put("validation_lst", "validation.lst", validation.encode())

    assert job.train(use_weighted_loss="1") == 0
    assert job.failure == ""


def test_a_larger_picture_is_cropped_or_resized(job: Any, images: Any) -> None:
    job.put("train", "0.png", images.encoded(images.picture(0, 1, side=40)))

    assert job.train() == 0
    assert job.train(resize="20") == 0
