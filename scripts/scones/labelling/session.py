"""What one person does, one picture after the other, in the order that loses nothing.

The label is written first and the message removed afterwards: what ends in between leaves a message whose
picture has a label, and whoever gets it removes it. One picture is claimed at a time, and kept for as long
as somebody looks at it; what is skipped or left goes back at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from scones.errors import UsageError
from scones.labelling.claims import Claim, ReviewQueue
from scones.labelling.labels import AlreadyLabelled, LabelStore
from scones.labelling.looking import Item, Picture, Problem, look
from scones.labelling.messages import NotAReview, read_review

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IDLE_SECONDS = 600.0


@dataclass
class Tally:
    """What became of the pictures so far."""

    labelled: int = 0
    skipped: int = 0
    dropped: int = 0
    already: int = 0  # removed, because there was a label


class Session:
    """One person's way through the queue. Its methods may be called from several threads.

    `idle_seconds` after the person's last sign of life the picture goes back; `clock` counts seconds.
    """

    def __init__(
        self,
        queue: ReviewQueue,
        labels: LabelStore,
        s3: S3Client,
        data_bucket: str,
        *,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._labels, self._s3, self._data_bucket = queue, labels, s3, data_bucket
        self._idle_seconds, self._clock = idle_seconds, clock
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._item: Item | None = None
        self._claimed_until = 0.0
        self._last_sign = clock()
        self._skipped: set[str] = set()  # message ids
        self._unreadable: set[str] = set()  # of messages that are no review
        self._parked: list[Claim] = []  # of both, what was received again: claimed, to get past them
        self.tally = Tally()
        self.foreign: list[str] = []  # one line for each message that is no review

    @property
    def class_names(self) -> list[str]:
        return self._labels.class_names

    def __enter__(self) -> Self:
        threading.Thread(target=self._keep_claim, name="claim", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        # What cannot be given back, because AWS is out of reach, comes back by itself.
        with self._lock, contextlib.suppress(ClientError, BotoCoreError):
            self._give_back()

    # --- Looking -------------------------------------------------------------------------------------

    def current(self) -> Item | None:
        """Return the picture to decide about; None when none waits that was not skipped."""
        with self._lock:
            self._last_sign = self._clock()
            if self._item and self._clock() < self._claimed_until:
                return self._item
            self._item = None  # somebody else may look at it by now
            while claims := self._queue.claim():
                item = self._look(claims[0])
                if item:
                    self._item = item
                    self._claimed_until = self._clock() + self._queue.claim_seconds
                    return item
            self._give_back()
            return None

    def waiting(self) -> tuple[int, int]:
        """Return about how many messages wait, and how many are with others."""
        waiting, claimed = self._queue.count()
        with self._lock:
            own = len(self._parked) + (self._item is not None)
        return waiting, max(claimed - own, 0)

    def look_again(self) -> None:
        """Forget what was skipped: it is shown again."""
        with self._lock:
            self._skipped.clear()
            self._give_back()

    # --- Deciding ------------------------------------------------------------------------------------

    def label(self, item: Item, class_name: str) -> str | None:
        """Label a picture with one of the class names or NEITHER, and remove its message.

        Returns None, or the class that it was labelled with before, which stays.
        """
        if not isinstance(item.content, Picture):
            raise UsageError(f"{item.review.name} cannot be labelled: {item.content.reason}")
        before = None
        with self._lock:
            try:
                self._labels.write(item.content.sha256, class_name, item.review.key)
            except AlreadyLabelled as found:
                before = found.class_name
            self._remove(item)
            self.tally.labelled += before is None
            self.tally.already += before is not None
        return before

    def skip(self, item: Item) -> None:
        """Give a picture back at once, for somebody else or another time."""
        with self._lock:
            self._skipped.add(item.id)
            self._forget(item)
            self._queue.give_back([item.claim])
            self.tally.skipped += 1

    def drop(self, item: Item) -> None:
        """Remove the message of a picture that nobody can label any more."""
        if not isinstance(item.content, Problem) or not item.content.lasts:
            raise UsageError(f"{item.review.name} is not dropped: it can be labelled, or skipped")
        with self._lock:
            self._remove(item)
            self.tally.dropped += 1

    # --- Claims --------------------------------------------------------------------------------------

    def _look(self, claim: Claim) -> Item | None:
        """What a message is about; None when there is nothing to ask this person."""
        if claim.message_id in self._skipped | self._unreadable:
            self._parked.append(claim)
            return None
        try:
            item = look(self._s3, self._data_bucket, claim, read_review(claim.body))
            if isinstance(item.content, Problem) or self._labels.find(item.content.sha256) is None:
                return item
            self._queue.remove(claim)
            self.tally.already += 1
        except NotAReview as error:
            self.foreign.append(f"message {claim.message_id} is left in the queue: {error}")
            self._unreadable.add(claim.message_id)
            self._parked.append(claim)
        except BaseException:
            self._queue.give_back([claim])
            raise
        return None

    def _remove(self, item: Item) -> None:
        self._last_sign = self._clock()
        self._forget(item)
        self._queue.remove(item.claim)

    def _forget(self, item: Item) -> None:
        if self._item and self._item.id == item.id:
            self._item = None

    def _give_back(self) -> None:
        claims = [*self._parked, *([self._item.claim] if self._item else [])]
        self._parked, self._item = [], None
        self._queue.give_back(claims)

    def _keep_claim(self) -> None:
        """Keep what is looked at, until the person has been away for too long."""
        while not self._ended.wait(self._queue.claim_seconds / 3):
            # AWS out of reach for a moment: the claim lasts for two more rounds.
            with self._lock, contextlib.suppress(ClientError, BotoCoreError):
                if self._item is None or self._ended.is_set():
                    continue
                if self._clock() - self._last_sign > self._idle_seconds:
                    self._give_back()
                    continue
                self._queue.keep(self._item.claim)
                self._claimed_until = self._clock() + self._queue.claim_seconds
