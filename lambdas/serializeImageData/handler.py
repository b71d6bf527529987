"""serializeImageData: the state machine's first task. Reads a picture from S3 into the state, as base64.

Event:  {"s3_bucket": str, "s3_key": str, ...}
Result: {"statusCode": 200, "body": {"image_data": str, "s3_bucket": str, "s3_key": str, "inferences": []}}

A picture too large for the state travels as its reference: `image_data` stays empty and image-classification
reads the object itself. Every failure is a class of its own, below; its name is the error that the state
machine catches.
"""

import base64
import re
import zlib

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# A state holds 256 KiB in all (Step Functions' quota). Base64 of this many bytes takes 224 KiB of it; the
# rest is for the reference and for what the Lambda integration wraps around an answer.
INLINE_LIMIT_BYTES = 168 * 1024
# InvokeEndpoint's limit on a request body (SageMaker Runtime API reference).
ENDPOINT_LIMIT_BYTES = 6_291_456
# Enough for a PNG's signature and its first chunk.
HEADER_BYTES = 64
# S3's limit on a key, in UTF-8.
KEY_LIMIT_BYTES = 1024


def handler(event, _context):
    """Lambda's entry point."""
    return serialize(event, S3)


def serialize(event, s3):
    """The picture named by `event`, read through the S3 client `s3`."""
    bucket, key = _reference(event)
    size, content = _read(bucket, key, s3)
    _check_picture(f"s3://{bucket}/{key}", content)
    inline = size <= INLINE_LIMIT_BYTES
    return {
        "statusCode": 200,
        "body": {
            "image_data": base64.b64encode(content).decode("ascii") if inline else "",
            "s3_bucket": bucket,
            "s3_key": key,
            "inferences": [],
        },
    }


def _reference(event):
    """The bucket and key in `event`. Raises InvalidInput."""
    if not isinstance(event, dict):
        raise InvalidInput(
            'expected an object such as {"image_data": "", "s3_bucket": "...", "s3_key": "test/bike.png"}, '
            f"found {type(event).__name__}: start the execution with such an object"
        )
    bucket, key = _text(event, "s3_bucket"), _text(event, "s3_key")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise InvalidInput(
            f"s3_bucket {bucket!a} is not a bucket name: give the name alone, without s3:// or an ARN"
        )
    if not _is_key(key):
        raise InvalidInput(
            f"s3_key must be valid text of at most {KEY_LIMIT_BYTES} bytes, found {key[:80]!a}"
        )
    return bucket, key


def _is_key(key):
    """JSON can spell half a character, which is no text that S3 could name an object by."""
    try:
        return len(key.encode("utf-8")) <= KEY_LIMIT_BYTES
    except UnicodeEncodeError:
        return False


def _text(event, field):
    value = event.get(field)
    if not isinstance(value, str) or not value.strip():
        found = "nothing" if field not in event else ascii(value)[:80]
        raise InvalidInput(f"{field} must be a text that is not blank, found {found}: add it to the input")
    return value


def _read(bucket, key, s3):
    """The object's size in bytes, and its content (its header only, where it is too large to travel inline).

    The size comes with the answer's headers, so an object that is too large is never loaded.
    """
    uri = f"s3://{bucket}/{key}"
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
        size = answer["ContentLength"]
        with answer["Body"] as stream:
            _check_size(uri, size)
            wanted = size if size <= INLINE_LIMIT_BYTES else HEADER_BYTES
            content = stream.read(wanted)
    except ClientError as error:
        raise _storage_error(uri, error) from error
    except BotoCoreError as error:
        raise StorageUnavailable(f"S3 did not answer for {uri!a}: {error}. Start it again later") from error
    if len(content) < wanted:
        raise StorageUnavailable(f"S3 ended {uri!a} after {len(content)} of {wanted} bytes: start it again")
    return size, content


def _check_size(uri, size):
    if size == 0:
        raise EmptyImage(f"{uri!a} has 0 bytes: upload the picture again")
    if size > ENDPOINT_LIMIT_BYTES:
        raise ImageTooLarge(
            f"{uri!a} has {size} bytes, and the endpoint takes at most {ENDPOINT_LIMIT_BYTES}: scale it down"
        )


def _storage_error(uri, error):
    """Our own name for what S3 answered."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    said = f"({code}: {message})"
    if code in {"NoSuchKey", "NoSuchBucket", "NotFound", "404"}:
        return ImageNotFound(f"{uri!a} does not exist {said}: upload it, or correct s3_bucket and s3_key")
    if code in {"AccessDenied", "Forbidden", "403"}:
        return ImageAccessDenied(
            f"this function's role may not read {uri!a} {said}: grant s3:GetObject on it, and kms:Decrypt on "
            "its key. A missing object looks the same to a role without s3:ListBucket"
        )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in {"SlowDown", "RequestTimeout"} or status >= 500:
        return StorageUnavailable(f"S3 is busy and did not give {uri!a} {said}: start it again later")
    return ImageUnreadable(
        f"S3 refused to give {uri!a} {said}: check the object's state and the bucket's region"
    )


def _check_picture(uri, content):
    """Raises UnsupportedImage unless `content` begins as a PNG or a JPEG does."""
    if content.startswith(b"\xff\xd8\xff") or _is_png(content):
        return
    raise UnsupportedImage(
        f"{uri!a} is neither a PNG nor a JPEG, it begins with {content[:8].hex(' ')}: convert the picture"
    )


def _is_png(content):
    """The signature, then an IHDR chunk that is whole and gives a width and a height."""
    ihdr, checksum = content[12:29], content[29:33]
    return (
        content[:16] == b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
        and checksum == zlib.crc32(ihdr).to_bytes(4, "big")
        and all(0 < int.from_bytes(ihdr[at : at + 4], "big") < 2**31 for at in (4, 8))
    )


# --- Errors: the class name is the error's name in the state machine -------------------------------------


class InvalidInput(Exception):
    """The input is no object, or its s3_bucket or s3_key is missing, blank or impossible."""


class ImageNotFound(Exception):
    """The bucket or the key does not exist."""


class ImageAccessDenied(Exception):
    """The function's role may not read the object."""


class ImageUnreadable(Exception):
    """S3 refused for another reason, such as an archived object or another region's bucket."""


class StorageUnavailable(Exception):
    """S3 is busy or out of reach. The state machine tries again."""


class EmptyImage(Exception):
    """The object has no bytes."""


class ImageTooLarge(Exception):
    """The object is larger than the endpoint takes."""


class UnsupportedImage(Exception):
    """The object is neither a PNG nor a JPEG."""


# --- Made once per container -----------------------------------------------------------------------------

S3 = boto3.client(
    "s3",
    config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
)
