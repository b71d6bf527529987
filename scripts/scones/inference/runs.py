"""Send pictures through the deployed workflow, and wait for everything that they cause."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scones.inference.executions import (
    Classification,
    Execution,
    read_classification,
    start_execution,
    wait_for_execution,
)
from scones.inference.testcases import choose_pictures, execution_input, list_pictures
from scones.waiting import Patience

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Run:
    """One picture's way through the workflow."""

    key: str
    execution: Execution
    classification: Classification

    @property
    def confidence(self) -> float | None:
        return max(self.classification.inferences, default=None)

    @property
    def answer(self) -> int | None:
        """The index of the likeliest class; None when the endpoint gave no answer."""
        inferences = self.classification.inferences
        return inferences.index(max(inferences)) if inferences else None

    @property
    def verdict(self) -> str:
        """accepted, review (not sure enough), or the name of the error that ended the execution."""
        if self.execution.is_answered:
            return "accepted" if self.execution.status == "SUCCEEDED" else "review"
        return self.execution.error or self.execution.status


def run_step_function_multiple_times(
    stepfunctions: SFNClient, state_machine_arn: str, bucket: str, keys: Sequence[str]
) -> list[str]:
    """Start one execution a picture, without waiting for any, and return their ARNs."""
    epoch = int(time.time())
    return [_start(stepfunctions, state_machine_arn, bucket, epoch, i, key) for i, key in enumerate(keys)]


def run_pictures(
    stepfunctions: SFNClient,
    state_machine_arn: str,
    bucket: str,
    keys: Sequence[str],
    patience: Patience,
    concurrency: int = 4,
    on_end: Callable[[Run], None] | None = None,
) -> list[Run]:
    """Run one execution a picture, at most `concurrency` at a time, and return how each ended, in order.

    `on_end` is called, on the calling thread, as each one is reported. StillWaiting when one takes longer
    than `patience` allows.
    """
    epoch = int(time.time())

    def run(numbered: tuple[int, str]) -> Run:
        arn = _start(stepfunctions, state_machine_arn, bucket, epoch, *numbered)
        execution = wait_for_execution(stepfunctions, arn, patience)
        return Run(numbered[1], execution, read_classification(stepfunctions, arn))

    runs = []
    pool = ThreadPoolExecutor(max_workers=max(1, concurrency))
    try:
        for ended in pool.map(run, enumerate(keys)):
            if on_end:
                on_end(ended)
            runs.append(ended)
    finally:
        pool.shutdown(cancel_futures=True)  # after a failure or Ctrl-C, start no more
    return runs


def pick_keys(s3: S3Client, bucket: str, count: int, seed: int | None, prefix: str = "test/") -> list[str]:
    """Return the keys of `count` staged pictures, the same ones for the same seed (None: other ones)."""
    return choose_pictures(list_pictures(s3, bucket, prefix), count, random.Random(seed))  # noqa: S311


def _start(
    stepfunctions: SFNClient, state_machine_arn: str, bucket: str, epoch: int, number: int, key: str
) -> str:
    """Start one execution. Names are unique for 90 days: the suffix tells two runs in one second apart."""
    name = f"test_case_{number}_{epoch}_{uuid.uuid4().hex[:8]}"
    return start_execution(stepfunctions, state_machine_arn, name, execution_input(bucket, key))
