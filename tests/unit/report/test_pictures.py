"""Pictures from the wire are untrusted: they are decoded within limits or refused in one line."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scones import pictures
from scones.pictures import NotAPicture, png, thumbnail
from unit.report.records import picture


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG with a header, and no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "GIF")
    return file.getvalue()


def test_a_picture_keeps_its_pixels() -> None:
    assert thumbnail(picture("orange")).tolist() == [[[255, 165, 0]] * 32] * 32


def test_alpha_is_dropped_not_blended() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (2, 2), (10, 20, 30, 0)).save(file, "PNG")

    assert thumbnail(file.getvalue())[0, 0].tolist() == [10, 20, 30]


def test_a_large_picture_is_made_small_in_its_proportions() -> None:
    assert thumbnail(picture(size=(800, 400)), side=160).shape == (80, 160, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a PNG or JPEG"),
        (b"hello", "not a PNG or JPEG"),
        (gif(), "not a PNG or JPEG"),
        (picture()[:60], "."),
        (png_that_claims(6000, 6000), "6000 x 6000 pixels are more than 25,000,000"),
        (png_that_claims(60_000, 60_000), "exceeds limit"),
        (b"x" * (pictures.MAX_BYTES + 1), "bytes are more than"),
    ],
    ids=["nothing", "text", "gif", "cut off", "too many pixels", "bomb", "too many bytes"],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(NotAPicture, match=reason):
        thumbnail(data)


@given(st.binary(max_size=40), st.integers(0, 90))
def test_a_damaged_picture_is_shown_or_refused(damage: bytes, place: int) -> None:
    whole = picture("red")
    data = whole[:place] + damage + whole[place + len(damage) :]

    try:
        assert thumbnail(data).shape[2] == 3
    except NotAPicture as error:
        assert str(error)


def test_a_picture_is_encoded_anew_without_what_it_carried() -> None:
    pixels = np.zeros((3, 3, 3), dtype=np.uint8)

    assert Image.open(io.BytesIO(png(pixels))).info == {}
