"""A message of the review queue with its picture, or why there is none to look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from botocore.exceptions import ClientError
from numpy.typing import NDArray

from scones.labelling.claims import Claim
from scones.labelling.messages import Review
from scones.pictures import MAX_BYTES, NotAPicture, thumbnail

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIDE = 512  # pixels that are shown at most, in width and height


@dataclass(frozen=True)
class Picture:
    """A picture that can be labelled: its digest, and (height, width, 3) RGB bytes to show."""

    sha256: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Problem:
    """Why a picture cannot be labelled, and whether that is for good, so that its message may go."""

    reason: str
    lasts: bool = True


@dataclass(frozen=True)
class Item:
    """What a person decides about."""

    claim: Claim
    review: Review
    content: Picture | Problem

    @property
    def id(self) -> str:
        return self.claim.message_id


def look(s3: S3Client, data_bucket: str, claim: Claim, review: Review) -> Item:
    """Return a message with its picture. AWS's failures that may pass are raised."""
    return Item(claim, review, _content(s3, data_bucket, review))


def _content(s3: S3Client, data_bucket: str, review: Review) -> Picture | Problem:
    if review.bucket != data_bucket:
        return Problem("the picture is in another bucket, which staging does not read")
    if not review.key.isprintable():
        return Problem("the picture's key holds a tab, a line break or another control character")
    try:
        answer = s3.get_object(Bucket=review.bucket, Key=review.key)
        if answer["ContentLength"] > MAX_BYTES:
            answer["Body"].close()
            return Problem(f"the object has {answer['ContentLength']:,} bytes, too many for a picture")
        data = answer["Body"].read()
    except ClientError as error:
        return _refused(error)
    try:
        return Picture(hashlib.sha256(data).hexdigest(), thumbnail(data, SIDE))
    except NotAPicture as error:
        return Problem(f"the picture cannot be read: {error}")


def _refused(error: ClientError) -> Problem:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if code in {"NoSuchKey", "NoSuchBucket"}:
        return Problem("the picture is gone from S3")
    if code in {"AccessDenied", "403"}:
        return Problem(
            "S3 does not give the picture to you: s3:GetObject or kms:Decrypt is missing", lasts=False
        )
    if 400 <= status < 500 and status != 429:
        return Problem(f"S3 does not give the picture: {code}", lasts=False)
    raise error
