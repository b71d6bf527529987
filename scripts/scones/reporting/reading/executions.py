"""The newest executions of the state machine with what happened in them, and its definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from scones.inference.executions import list_executions
from scones.inference.histories import FAILED, Story, read_story

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

CONCURRENCY = 8
CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True)
class Executions:
    """Executions, the newest first."""

    stories: Sequence[Story]
    are_all: bool  # False when there are older ones, which were not asked
    definition: str  # of the state machine, as JSON
    is_local: bool = True

    def newest(self, verdict: str) -> Story | None:
        """Return the newest execution that ended so, None when none did."""
        return next((story for story in self.stories if story.verdict == verdict), None)

    def failures(self) -> Counter[str]:
        """Return how often each error ended an execution, other than an answer that was not sure enough."""
        return Counter(
            story.execution.error or story.execution.status
            for story in self.stories
            if story.verdict == FAILED
        )

    @cached_property
    def keys(self) -> dict[str, str]:
        """Object keys by the inference ids that the executions tell."""
        told = (story.classification for story in self.stories)
        return {one.inference_id: one.key for one in told if one.inference_id and one.key}

    @cached_property
    def by_inference(self) -> dict[str, int]:
        """Places in `stories` by inference id."""
        return {
            story.classification.inference_id: place
            for place, story in enumerate(self.stories)
            if story.classification.inference_id
        }

    def link(self, place: int) -> str:
        """Return where an execution is shown: in AWS's console, or in the page itself on local AWS."""
        return f"#execution-{place}" if self.is_local else console_url(self.stories[place].execution.arn)


def read_executions(
    stepfunctions: SFNClient, state_machine_arn: str, newest: int, is_local: bool
) -> Executions:
    """Read the newest executions: one history each."""
    definition = stepfunctions.describe_state_machine(stateMachineArn=state_machine_arn)["definition"]
    found = list(islice(list_executions(stepfunctions, state_machine_arn), newest + 1))
    with ThreadPoolExecutor(max_workers=CONCURRENCY) as pool:
        stories = list(pool.map(lambda one: read_story(stepfunctions, one), found[:newest]))
    return Executions(stories, len(found) <= newest, definition, is_local)


def console_url(arn: str) -> str:
    """Return the address of an execution in AWS's console.

    >>> console_url("arn:aws:states:us-east-1:123456789012:execution:classify:x")[:75]
    'https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/e'
    """
    _, partition, _, region, *_ = [*arn.split(":"), "", "", ""]
    host = CONSOLES.get(partition, f"{quote(region, safe='')}.console.aws.amazon.com")
    place = quote(arn, safe=":")
    return f"https://{host}/states/home?region={quote(region, safe='')}#/v2/executions/details/{place}"
