"""Pictures that came over the wire, made safe to show: decoded within limits, and encoded anew.

What an endpoint was sent is untrusted. Nothing of the original file reaches a page: not its metadata, not
its format, and not more pixels than a thumbnail has.
"""

import base64
import io
import struct
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_BYTES = 25 * 1024 * 1024  # the largest body that a real-time endpoint takes
MAX_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG")  # what the built-in image-classification algorithm takes

# What Pillow raises for files that are damaged, cut off or hostile.
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error, Warning, Image.DecompressionBombError)


class NotAPicture(ValueError):
    """The bytes are no PNG or JPEG that can be shown; the message says why."""


def thumbnail(data: bytes, side: int = 160) -> NDArray[np.uint8]:
    """Return a picture as (height, width, 3) RGB bytes, at most `side` pixels high and wide.

    Alpha is dropped, not blended, as the model's decoder does. NotAPicture when it cannot be decoded.
    """
    if len(data) > MAX_BYTES:
        raise NotAPicture(f"{len(data):,} bytes are more than {MAX_BYTES:,}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _decode(data, side)
        except _DAMAGE as error:
            reason = str(error) or type(error).__name__
            raise NotAPicture("not a PNG or JPEG" if "cannot identify" in reason else reason[:80]) from None


def _decode(data: bytes, side: int) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise NotAPicture(f"{width} x {height} pixels are more than {MAX_PIXELS:,}")
        rgb = picture.convert("RGB")
        rgb.thumbnail((side, side))
        return np.asarray(rgb, dtype=np.uint8)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return (height, width, 3) RGB bytes as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG", optimize=True)
    return file.getvalue()


def data_uri(file: bytes, media_type: str = "image/png") -> str:
    """Return a file as an address that a page can hold in itself."""
    return f"data:{media_type};base64,{base64.b64encode(file).decode()}"
