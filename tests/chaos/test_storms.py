"""The real functions and the real state machine in a small storm.

`make chaos` lets all storms loose on the whole workflow.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos import small_workflow, storms
from scones.inference.capture_store import CaptureStore, wait_for_captures
from scones.waiting import Patience

COUNT = 20
PICTURES = [f"test/{number}.png" for number in range(small_workflow.PICTURES)]
BROKEN = ["test/text.txt", "test/none.png"]


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[storms.Workflow]:
    folder = tmp_path_factory.mktemp("chaos")
    with small_workflow.served(folder / "home") as (url, _):
        deployed = small_workflow.deploy(url, folder / "zips")
        deployed.client("s3").put_object(Bucket=deployed.bucket, Key=BROKEN[0], Body=b"no picture")
        yield deployed


@pytest.mark.parametrize("name", ["everything", "hardly anything answers"])
def test_every_picture_ends_in_one_of_three_ways(
    workflow: storms.Workflow, name: str, tmp_path: Path
) -> None:
    sent = storms.inputs(PICTURES, BROKEN, COUNT, seed=1)
    began = datetime.now(UTC)

    with storms.storm(workflow, storms.STORMS[name]) as struck:
        runs = storms.classify(workflow, sent)
    ends, wrong = storms.judge(workflow, runs)

    assert wrong == []
    assert ends.total() == COUNT
    assert struck
    ids = {str(run.classification.inference_id) for run in runs if run.classification.inference_id}
    store = CaptureStore.of(workflow.client("s3"), "s3://small/captures", small_workflow.NAME)
    assert wait_for_captures(store, ids, began, tmp_path, Patience(60, 0.2)).keys() == ids


def test_what_ends_in_none_of_them_is_said(workflow: storms.Workflow) -> None:
    runs = storms.classify(workflow, ["test/0.png", "test/1.png"])
    doubtful = next(run for run in runs if run.verdict == "review")

    ends, wrong = storms.judge(workflow, [*runs, doubtful])

    assert ends == {"routed": 1, "queued": 2}
    assert len(wrong) == 1 and f"{doubtful.execution.arn} is 0 times queued" in wrong[0]
