"""Ask a deployed endpoint about everything that an evaluation needs, and compare it with its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scones.errors import SconesError
from scones.evaluation.agreement import Agreement, compare, reply_of
from scones.evaluation.deployed import Deployed
from scones.evaluation.endpoint import Endpoint, Reply
from scones.evaluation.figures import Answered, Measured
from scones.evaluation.offline import answer_offline
from scones.evaluation.staged import Picture, fetch_pictures, read_list
from scones.evaluation.strange import KINDS, made_pictures
from scones.training.evaluations import fetch_content

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TEST, BACKGROUND, TRAIN = "test/", "background/test/", "train/"
WARM_UP = 3  # calls that are not counted

Progress = Callable[[str, int], Callable[[], None]]  # (what, how many) -> a call for each one done


@dataclass(frozen=True)
class Plan:
    """How much to ask, and how. `program` answers offline, None: the model does not run here."""

    concurrency: int
    latency_calls: int
    made: int  # generated pictures of each kind
    seed: int
    program: Sequence[str] | None
    program_environment: Mapping[str, str]


def measure(
    s3: S3Client, bucket: str, endpoint: Endpoint, deployed: Deployed, plan: Plan, progress: Progress
) -> tuple[Measured, dict[str, bytes]]:
    """Return what the endpoint answers and the test pictures' files by key.

    SconesError when nothing is staged, a listed picture is missing, or the endpoint does not answer.
    """
    labels = read_list(s3, bucket, "test.lst", TEST)
    if not labels:
        raise SconesError(f"there is no test picture in s3://{bucket}/test.lst: run 'make stage'")
    beyond = [key for key, label in labels.items() if not 0 <= label < endpoint.classes]
    if beyond:
        raise SconesError(
            f"{beyond[0]} in test.lst has class {labels[beyond[0]]} of {endpoint.classes}: run 'make stage'"
        )
    others: dict[str, int | None] = dict.fromkeys(read_list(s3, bucket, "background_test.lst", BACKGROUND))
    step = progress("downloading pictures", len(labels) + len(others))
    test = fetch_pictures(s3, bucket, dict(labels), "test.lst", step)
    background = fetch_pictures(s3, bucket, others, "background_test.lst", step)
    made = {
        kind: [
            Picture(f"{kind} {number}", None, body)
            for number, body in enumerate(made_pictures(kind, plan.made, plan.seed), start=1)
        ]
        for kind in KINDS
    }
    endpoint = endpoint.telling_scores(test[0].body)
    test_replies = _ask(endpoint, test, plan.concurrency, progress, "test pictures")
    background_replies = _ask(endpoint, background, plan.concurrency, progress, "other pictures")
    notes = []
    if deployed.newest:
        notes.append(
            f"{deployed.newest} was trained since and is not deployed: this is {deployed.training_job}."
        )
    if not background:
        notes.append("No background is staged: how other things are refused is not known.")
    offline = None
    if plan.program is None:
        notes.append("The model is AWS's own algorithm's, which runs on its endpoint alone.")
    else:
        offline = _compare_offline(
            s3, deployed, [*test, *background], [*test_replies, *background_replies],
            plan.program, plan.program_environment, progress,
        )  # fmt: skip
    with_training, note = _compare_with_training(s3, bucket, endpoint, deployed, plan.concurrency, progress)
    measured = Measured(
        test=_answered(test, test_replies),
        background=_answered(background, background_replies),
        made={
            kind: _answered(pictures, _ask(endpoint, pictures, plan.concurrency, progress, kind))
            for kind, pictures in made.items()
        },
        seconds=_time(endpoint, test, plan.latency_calls, progress),
        with_training=with_training,
        with_offline=offline,
        notes=[*notes, *note],
    )
    return measured, {picture.key: picture.body for picture in test}


def _ask(
    endpoint: Endpoint, pictures: Sequence[Picture], concurrency: int, progress: Progress, what: str
) -> list[Reply]:
    step = progress(f"asking about {what}", len(pictures))
    replies = []
    for reply in endpoint.ask_all([(picture.key, picture.body) for picture in pictures], concurrency):
        replies.append(reply)
        step()
    return replies


def _answered(pictures: Sequence[Picture], replies: Sequence[Reply]) -> list[Answered]:
    return [Answered(p.key, p.label, reply) for p, reply in zip(pictures, replies, strict=True)]


def _time(endpoint: Endpoint, pictures: Sequence[Picture], calls: int, progress: Progress) -> list[float]:
    """Return how long so many calls took, one after another, on a connection that is warm."""
    if not calls:
        return []
    step = progress("timing", calls)
    asked = [pictures[call % len(pictures)] for call in range(WARM_UP + calls)]
    seconds = []
    for picture in asked:
        seconds.append(endpoint.ask(picture.key, picture.body).seconds)
        step()
    return seconds[WARM_UP:]


def _compare_offline(
    s3: S3Client,
    deployed: Deployed,
    pictures: Sequence[Picture],
    replies: Sequence[Reply],
    program: Sequence[str],
    environment: Mapping[str, str],
    progress: Progress,
) -> Agreement:
    step = progress("answering offline", 1)
    classes = len(replies[0].probabilities)
    alone = answer_offline(s3, deployed.model_data_url, pictures, classes, program, environment)
    step()
    return compare((picture.key for picture in pictures), replies, alone)


def _compare_with_training(
    s3: S3Client, bucket: str, endpoint: Endpoint, deployed: Deployed, concurrency: int, progress: Progress
) -> tuple[Agreement | None, list[str]]:
    """Ask about the validation pictures, and compare with what the training job says of them."""
    content: Mapping[str, Any] | None = fetch_content(s3, bucket, deployed.training_job)
    recorded = [entry for entry in (content or {}).get("pictures", []) if "probabilities" in entry]
    if content is None or not recorded:
        note = f"{deployed.training_job} left no probabilities: agreement with training is not known."
        return None, [note]
    if content["classes"] != endpoint.classes:
        raise SconesError(
            f"{deployed.training_job} was trained on {content['classes']} classes, {endpoint.name} is "
            f"deployed for {endpoint.classes}: run 'make plan apply'"
        )
    labels: dict[str, int | None] = {TRAIN + entry["key"]: entry["label"] for entry in recorded}
    source = f"the record of {deployed.training_job}"
    pictures = fetch_pictures(s3, bucket, labels, source)
    replies = _ask(endpoint, pictures, concurrency, progress, "validation pictures")
    return compare(labels, replies, [reply_of(entry) for entry in recorded]), []
