"""Strange pictures: dark ones and other classes, in S3 for as long as they are needed."""

import io
import random

import pytest
from PIL import Image, ImageStat

from scones.monitoring.strange import darkened, strange_pictures

from .conftest import BUCKET, Deployed

CLEAN = [f"test/bike_{number:02}.png" for number in range(6)]


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_darkened_picture_is_a_third_as_bright(mode: str) -> None:
    content = io.BytesIO()
    Image.new("RGB", (4, 4), (200, 100, 40)).convert(mode).save(content, "PNG")
    with Image.open(content) as picture, Image.open(io.BytesIO(darkened(content.getvalue()))) as dark:
        bright, means = ImageStat.Stat(picture.convert("RGB")).mean, ImageStat.Stat(dark).mean

    assert means == pytest.approx([0.35 * value for value in bright], abs=1)


def test_half_are_of_other_classes_and_half_are_dark(deployed: Deployed) -> None:
    with strange_pictures(deployed.client("s3"), BUCKET, CLEAN, "run", random.Random(1)) as strange:
        assert deployed.keys("drift-demo/run/") == sorted(strange)

    kinds = [key.removeprefix("drift-demo/run/").split("-")[0] for key in strange]
    assert kinds == ["other"] * 3 + ["dark"] * 3


def test_none_is_left_whatever_happens(deployed: Deployed) -> None:
    strange = strange_pictures(deployed.client("s3"), BUCKET, CLEAN, "run", random.Random(1))
    with pytest.raises(KeyError), strange:
        raise KeyError("an accident")

    assert deployed.keys("drift-demo/") == []


def test_none_is_left_when_one_cannot_be_made(deployed: Deployed) -> None:
    deployed.client("s3").put_object(Bucket=BUCKET, Key="elsewhere/no.png", Body=b"no picture")
    clean = [*CLEAN[:2], "elsewhere/no.png"]

    strange = strange_pictures(deployed.client("s3"), BUCKET, clean[::-1], "run", random.Random(1))
    with pytest.raises(OSError, match="cannot identify"), strange:
        pass

    assert deployed.keys("drift-demo/") == []
