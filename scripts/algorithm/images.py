"""From the bytes of one picture to RGB pixels, the same way for training and for serving."""

import io

import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG")
# A 32x32 model gains nothing from more, and a decoded pixel costs at least 3 bytes of memory.
MAX_PIXELS = 50_000_000
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green, blue: ITU-R BT.601


class BadImageError(ValueError):
    """These bytes are no picture that can be decoded; str() says why."""


class TooManyPixelsError(BadImageError):
    """The picture's header announces more pixels than MAX_PIXELS."""


def decode(content: bytes) -> Image.Image:
    """Decode a PNG or JPEG to an RGB image: alpha dropped, grey, palette, CMYK and 16-bit converted.

    Of an animation, the first frame. The pixel count is checked before a single pixel is decoded.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooManyPixelsError(
                    f"the image has {image.width}x{image.height} pixels; at most {MAX_PIXELS:,} are decoded"
                )
            image.load()
            return _rgb(image)
    except BadImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(str(error)) from None
    except Exception as error:  # Pillow's decoders raise many kinds on damaged bytes, SyntaxError among them
        raise BadImageError(f"not a readable PNG or JPEG image ({type(error).__name__})") from None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey to 255 instead of scaling it.
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode == "P":
        image = image.convert("RGBA")
    return image.convert("RGB")


def pixels(image: Image.Image) -> np.ndarray:
    """An RGB image as uint8 of shape (3, height, width)."""
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def resized(image: Image.Image, height: int, width: int) -> Image.Image:
    """The image at exactly height x width pixels; as with the built-in algorithm, its aspect is not kept."""
    return (
        image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BILINEAR)
    )


def shorter_side_resized(image: Image.Image, side: int) -> Image.Image:
    """The image scaled until its shorter side has `side` pixels, its aspect kept."""
    scale = side / min(image.size)
    return resized(image, round(image.height * scale), round(image.width * scale))


def centre_cropped(image: Image.Image, height: int, width: int) -> Image.Image:
    """The middle height x width pixels of an image at least that large."""
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def statistics(picture: np.ndarray) -> dict[str, float]:
    """How bright and colourful uint8 pixels (3, height, width) are, each from 0 to 1.

    brightness and contrast are the mean and standard deviation of the luma of ITU-R BT.601; red, green and
    blue the channels' means.
    """
    channels = picture.astype(np.float64) / 255
    luma = np.tensordot(LUMA, channels, 1)
    red, green, blue = (float(channel.mean()) for channel in channels)
    found = {"brightness": float(luma.mean()), "contrast": float(luma.std())}
    return {
        name: round(value, 6) for name, value in (found | {"red": red, "green": green, "blue": blue}).items()
    }
