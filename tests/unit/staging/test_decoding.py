"""Pictures from anywhere become 32x32 RGB, or are refused with the reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from algorithm import images
from scones.staging import decoding

GRADIENT = np.linspace(0, 255, 64 * 48 * 3).reshape(48, 64, 3).astype(np.uint8)
RGB = Image.fromarray(GRADIENT)
GREY_16 = Image.fromarray(np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16))


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks: name and content."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def header_only(width: int, height: int) -> bytes:
    """A PNG whose header announces a size, with next to nothing behind it."""
    return png((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b"\x00"))


def rgb_16() -> bytes:
    """A 16-bit RGB PNG of 32x32 pixels, which Pillow cannot write: (0x1234, 0x8000, 0xFFFF) everywhere."""
    row = b"\x00" + struct.pack(">HHH", 0x1234, 0x8000, 0xFFFF) * 32
    header = struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)
    return png((b"IHDR", header), (b"IDAT", zlib.compress(row * 32)), (b"IEND", b""))


CONVERTED = {
    "rgb": encoded(RGB),
    "32x32": encoded(RGB.crop((0, 0, 32, 32))),
    "smaller": encoded(RGB.crop((0, 0, 20, 9))),
    "jpeg": encoded(RGB, "JPEG"),
    "alpha": encoded(RGB.convert("RGBA")),
    "grey": encoded(RGB.convert("L")),
    "grey and alpha": encoded(RGB.convert("LA")),
    "black and white": encoded(RGB.convert("1")),
    "palette": encoded(RGB.convert("P")),
    "16-bit grey": encoded(GREY_16),
    "16-bit rgb": rgb_16(),
    "cmyk": encoded(RGB.convert("CMYK"), "JPEG"),
    "animated": encoded(RGB, save_all=True, append_images=[RGB.transpose(Image.Transpose.ROTATE_180)]),
}
WHOLE = CONVERTED["32x32"]


@pytest.mark.parametrize("kind", CONVERTED)
def test_a_picture_is_learnt_as_the_endpoint_sees_it(kind: str) -> None:
    pixels = decoding.decode(CONVERTED[kind])

    seen = images.resized(images.decode(CONVERTED[kind]), 32, 32)
    assert (pixels.shape, pixels.dtype) == ((32, 32, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(seen), pixels)


def test_a_picture_of_the_right_size_keeps_its_pixels() -> None:
    np.testing.assert_array_equal(GRADIENT[:32, :32], decoding.decode(WHOLE))


def test_16_bits_are_scaled_and_not_clipped() -> None:
    grey = decoding.decode(CONVERTED["16-bit grey"])

    assert grey.min() < 10 and grey.max() > 245
    assert 100 < grey.mean() < 155
    assert decoding.decode(CONVERTED["16-bit rgb"])[0, 0].tolist() == [0x12, 0x80, 0xFF]


def test_of_an_animation_the_first_frame_counts() -> None:
    np.testing.assert_array_equal(decoding.decode(CONVERTED["rgb"]), decoding.decode(CONVERTED["animated"]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no readable PNG or JPEG"),
        (b"<html>404</html>", "no readable PNG or JPEG"),
        (WHOLE[: len(WHOLE) // 2], "no readable PNG or JPEG"),
        (encoded(RGB, "JPEG")[:700], "no readable PNG or JPEG"),
        (encoded(RGB, "GIF"), "no readable PNG or JPEG"),
        (encoded(RGB, "BMP"), "no readable PNG or JPEG"),
        (encoded(RGB.crop((0, 0, 64, 3))), "it has 64x3 pixels: too small"),
        (header_only(10_000, 8_000), "it has 10000x8000 pixels, more than 50,000,000"),
        (header_only(10_000, 10_000), "more than 50,000,000 pixels"),
        (header_only(60_000, 60_000), "more than 50,000,000 pixels"),
    ],
    ids=["empty", "page", "png", "jpeg", "gif", "bmp", "tiny", "huge", "very huge", "monstrous"],
)
def test_what_is_no_picture_to_learn_from_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(decoding.UnusablePicture, match=reason):
        decoding.decode(content)


def test_a_file_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGEST_BYTES", 100)

    with pytest.raises(decoding.UnusablePicture, match="bytes, more than 100"):
        decoding.decode(WHOLE)


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(sorted(CONVERTED)),
    place=st.floats(0, 1, exclude_max=True),
    value=st.binary(min_size=1, max_size=20),
)
def test_a_mangled_picture_is_decoded_or_refused_and_nothing_else(
    kind: str, place: float, value: bytes
) -> None:
    content = CONVERTED[kind]
    start = int(place * len(content))

    try:
        assert decoding.decode(content[:start] + value + content[start + len(value) :]).shape == (32, 32, 3)
    except decoding.UnusablePicture as error:
        assert "\n" not in str(error)
