"""Ask a deployed endpoint: with InvokeEndpoint, as the workflow's function does, and with patience."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from scones.errors import SconesError
from scones.training.record import is_share, probabilities_of

JSON, VERBOSE = "application/json", "application/json;verbose"
ATTEMPTS = 4
CONTENT_TYPE = "application/x-image"


@dataclass(frozen=True)
class Reply:
    """An endpoint's answer to one picture."""

    probabilities: tuple[float, ...]
    out_of_domain: float | None  # None when the model knows no such score
    seconds: float = field(compare=False)  # from the request to its answer

    @property
    def confidence(self) -> float:
        return max(self.probabilities)

    @property
    def predicted(self) -> int:
        return self.probabilities.index(self.confidence)


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that answers with one probability for each of `classes` classes."""

    runtime: Any  # a client of sagemaker-runtime
    name: str
    classes: int
    accept: str = JSON
    pause: Callable[[float], None] = time.sleep

    def telling_scores(self, picture: bytes) -> Endpoint:
        """Return the endpoint asked for out-of-domain scores too, itself when it cannot tell any."""
        verbose = Endpoint(self.runtime, self.name, self.classes, VERBOSE, self.pause)
        try:
            verbose.ask("the first picture", picture)
        except _Refused:
            return self
        return verbose

    def ask(self, key: str, picture: bytes) -> Reply:
        """Return the answer to a picture; SconesError when there is none after some attempts."""
        for attempt in range(1, ATTEMPTS + 1):
            began = time.perf_counter()
            try:
                body = self._invoke(picture)
            except ClientError as error:
                status = _status(error)
                # A container's own words come with line breaks, such as those of a traceback.
                reason = f"{self.name} did not answer {key}: {' '.join(str(error).split())[:500]}"
                if 400 <= status < 500 and status != 429:
                    raise _Refused(reason) from None
                if attempt == ATTEMPTS:
                    raise SconesError(f"{reason} (asked {ATTEMPTS} times)") from None
                self.pause(0.5 * 2**attempt)
            else:
                return self._read(key, body, time.perf_counter() - began)
        raise AssertionError("unreachable")

    def ask_all(self, pictures: Sequence[tuple[str, bytes]], concurrency: int) -> Iterator[Reply]:
        """Yield the answers in the order of (name, picture), so many at a time."""
        pool = ThreadPoolExecutor(max_workers=concurrency)
        try:
            yield from pool.map(lambda picture: self.ask(*picture), pictures)
        finally:
            pool.shutdown(cancel_futures=True)  # after a failure or Ctrl-C, ask no more

    def _invoke(self, picture: bytes) -> bytes:
        answer = self.runtime.invoke_endpoint(
            EndpointName=self.name, ContentType=CONTENT_TYPE, Accept=self.accept, Body=picture
        )
        content: bytes = answer["Body"].read()
        return content

    def _read(self, key: str, body: bytes, seconds: float) -> Reply:
        try:
            answer = json.loads(body)
            score = None
            if isinstance(answer, dict):
                answer, score = answer["probabilities"], answer.get("out_of_domain")
            if score is not None and not is_share(score):
                raise ValueError(f"the out-of-domain score is {score!r}")
            return Reply(tuple(probabilities_of(answer, self.classes, key)), score, seconds)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SconesError(
                f"{self.name}'s answer to {key} is not one for {self.classes} classes ({error}): "
                "is the deployed model one for other classes? Run 'make train plan apply'"
            ) from None


class _Refused(SconesError):
    """The endpoint finds fault with the request itself: asking again is of no use."""


def _status(error: ClientError) -> int:
    """The container's own status, where it was the container that answered; else AWS's."""
    answer: Any = error.response
    return int(
        answer.get("OriginalStatusCode") or answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    )
