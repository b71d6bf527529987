"""From the bytes of a picture that came from anywhere to the 32x32 RGB pixels that a model learns from.

The rules are the endpoint's, so that a picture is learnt as it was seen: PNG and JPEG; alpha is dropped;
grey, palette, CMYK and 16-bit pictures become 8-bit RGB; of an animation the first frame counts; another size
is scaled without keeping its aspect. What is damaged, of another format, too large or too small is refused.
"""

from __future__ import annotations

import io
import threading
import warnings

import numpy as np
from PIL import Image

from scones.staging.cifar import SIDE

FORMATS = ("PNG", "JPEG")
LARGEST_BYTES = 25_000_000  # of a file; no request to an endpoint can hold more
LARGEST_PIXELS = 50_000_000  # of a picture; its header tells before any is decoded
SHORTEST_SIDE = 8  # pixels; in less nobody recognizes a vehicle

# One picture at a time: a large one takes 200 MB, and Python's warning filters belong to all threads.
_one_at_a_time = threading.Lock()


class UnusablePicture(ValueError):
    """These bytes are no picture to learn from; str() says why."""


def decode(content: bytes) -> np.ndarray:
    """Return (32, 32, 3) uint8 RGB. Raises UnusablePicture."""
    if len(content) > LARGEST_BYTES:
        raise UnusablePicture(f"it has {len(content):,} bytes, more than {LARGEST_BYTES:,}")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _pixels(content)
        except UnusablePicture:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise UnusablePicture(f"it has more than {LARGEST_PIXELS:,} pixels") from None
        except Exception as error:  # decoders raise many kinds on damaged bytes, SyntaxError among them
            raise UnusablePicture(f"it is no readable PNG or JPEG ({type(error).__name__})") from None


def _pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        size = f"{picture.width}x{picture.height}"
        if picture.width * picture.height > LARGEST_PIXELS:
            raise UnusablePicture(f"it has {size} pixels, more than {LARGEST_PIXELS:,}")
        if min(picture.size) < SHORTEST_SIDE:
            raise UnusablePicture(f"it has {size} pixels: too small to show anything")
        picture.load()
        rgb = _rgb(picture)
    if rgb.size != (SIDE, SIDE):
        rgb = rgb.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(rgb)


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16-bit grey, which Pillow would clip to 255 instead of scaling it
        return Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    if picture.mode == "P":
        picture = picture.convert("RGBA")
    return picture.convert("RGB")
