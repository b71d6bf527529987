"""One label a picture, in S3: labels/<sha256 of the picture's bytes>.lst, which the next staging takes in.

S3 itself sees to it that there is only one: it refuses a second object of the same key (If-None-Match: *).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.header import Header
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scones.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "labels/"
NEITHER = "neither"
UNNAMED = "a class that it does not name"
ATTEMPTS = 5


class AlreadyLabelled(SconesError):
    """The picture has a label; `class_name` is what it says."""

    def __init__(self, class_name: str) -> None:
        super().__init__(f"the picture is labelled already, as {class_name}")
        self.class_name = class_name


class LabelStore:
    """The labels in the data bucket. `by` is who labels; the clock is a seam for tests."""

    def __init__(
        self,
        s3: S3Client,
        bucket: str,
        class_names: Sequence[str],
        by: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._s3, self._bucket, self._by, self._clock = s3, bucket, by, clock
        self.class_names = list(class_names)

    def find(self, sha256: str) -> str | None:
        """Return the class that a picture is labelled with, None when it has no label.

        Without s3:ListBucket what is not there looks forbidden; writing the label will tell which it is.
        """
        try:
            answer = self._s3.head_object(Bucket=self._bucket, Key=_key(sha256))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "403", "NoSuchKey"}:
                return None
            raise
        return answer["Metadata"].get("class") or UNNAMED

    def write(self, sha256: str, class_name: str, key: str) -> None:
        """Label the picture of `key` with one of the class names, or NEITHER; AlreadyLabelled when it is."""
        label = [*self.class_names, NEITHER].index(class_name)
        for _ in range(ATTEMPTS):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=_key(sha256),
                    Body=f"0\t{label}\t{key}\n".encode(),
                    ContentType="text/tab-separated-values; charset=utf-8",
                    Metadata={
                        "class": class_name,
                        "labelled-by": _ascii(self._by),
                        "labelled-at": self._clock().isoformat(timespec="seconds"),
                    },
                    IfNoneMatch="*",
                )
                return
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "PreconditionFailed":
                    raise AlreadyLabelled(self.find(sha256) or UNNAMED) from None
                if code != "ConditionalRequestConflict":  # S3 was deciding about another write: ask again
                    raise
        raise SconesError("several labels are being written for this picture at once: try again")


def _key(sha256: str) -> str:
    return f"{PREFIX}{sha256}.lst"


def _ascii(text: str) -> str:
    """Return a text as S3 itself hands non-ASCII metadata out (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=10_000).encode()
