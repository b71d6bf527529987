"""Everything that can go wrong does, on a local AWS of its own.

    python -m chaos.main                       an apply killed ten times, then 500 pictures in each storm
    python -m chaos.main --pictures 50 --only dropped --only everything
    python -m chaos.main --only apply --kills 3

Sets the workflow up as the main job does, with a model that is not sure of everything, but by applies that
are killed in the middle. Then pictures go through it while AWS throttles, fails, delays, drops connections,
loses answers and kills (storms.py).
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from rich.console import Console

from chaos import interruptions, storms
from e2e import main as main_job
from e2e.main import (
    HOME,
    INTERRUPTED,
    LOG,
    applied,
    local_aws,
    script,
    staged,
    table_of_steps,
    trained,
)
from e2e.runner import Runner, Step, StepFailed
from scones.inference.capture_store import CaptureStore, wait_for_captures
from scones.inference.testcases import list_pictures
from scones.settings import LOCAL, LOCAL_HOME_VARIABLE, REPOSITORY, Environment, read_json
from scones.waiting import Patience

APPLY = "apply"
CAPTURE_PATIENCE = Patience(timeout=120, interval=0.5)
MISSING, TEXT = "test/chaos-there-is-no-such-picture.png", "test/chaos-no-picture.txt"


def main() -> int:
    arguments = parse_arguments()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 110)
    main_job.refuse_a_second_run(console)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ[LOCAL_HOME_VARIABLE] = str(HOME)
    runner = Runner(REPOSITORY, dict(os.environ) | {"ENV": LOCAL}, LOG, console)

    started, code = time.monotonic(), 1
    console.print(f"Chaos on local AWS. Everything it says: {LOG}\n")
    try:
        if runner.run(the_steps(arguments)):
            code = 0
    except KeyboardInterrupt:
        console.print("\nStopped; ending what runs …")
        code = INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not runner.run([main_job.local_aws_down()]):
            code = code or 1
    console.print()
    console.print(table_of_steps(runner.outcomes, time.monotonic() - started))
    return code


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=500, help="in each storm (default: 500)")
    parser.add_argument("--kills", type=int, default=10, help="of the apply (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of pictures (default: 0)")
    parser.add_argument(
        "--only",
        action="append",
        choices=[APPLY, *storms.STORMS],
        help="this storm alone, or the apply alone",
    )
    return parser.parse_args()


def the_steps(arguments: argparse.Namespace) -> list[Step]:
    chosen = arguments.only or [APPLY, *storms.STORMS]
    under_test = Deployed(arguments.pictures, arguments.seed)
    kills = arguments.kills if APPLY in chosen else 0
    return [
        Step("local AWS up", [local_aws("start", "--container", "scripts/algorithm/container.json")]),
        Step("foundation", [script("foundation")], lambda: applied("foundation")),
        Step("stage", [script("stage", "--data", "drawn")], staged),
        Step("train", [script("train", "--set", "epochs=2")], trained),
        *interruptions.steps(script, kills),
        *(Step(name, look=under_test.look(name)) for name in chosen if name != APPLY),
    ]


@dataclass
class Deployed:
    """The workflow that was applied, in storms."""

    pictures: int
    seed: int

    def look(self, name: str) -> Callable[[], str]:
        return lambda: self._weather(name)

    def _weather(self, name: str) -> str:
        keys = storms.inputs(self._keys, [MISSING, TEXT], self.pictures, self.seed)
        began = datetime.now(UTC)
        with storms.storm(self._workflow, storms.STORMS[name]) as struck:
            runs = storms.classify(self._workflow, keys)
        ends, wrong = storms.judge(self._workflow, runs)
        if wrong:
            raise StepFailed(f"{len(wrong)} of {len(runs)} did not end well: {'; '.join(wrong[:3])}")
        if not struck:
            raise StepFailed("no fault struck")
        ids = {str(run.classification.inference_id) for run in runs if run.classification.inference_id}
        wait_for_captures(self._captures, ids, began, HOME / "chaos-captures", CAPTURE_PATIENCE)
        return f"{_counted(struck)} -> {_counted(ends)}; {len(ids)} captures"

    @cached_property
    def _environment(self) -> Environment:
        return Environment.load(LOCAL)

    @cached_property
    def _workflow(self) -> storms.Workflow:
        environment, deployed = self._environment, self._environment.workflow
        environment.client("s3").put_object(Bucket=deployed.data_bucket, Key=TEXT, Body=b"no picture at all")
        return storms.Workflow(
            environment.client,
            read_json(HOME / "localaws.json")["endpoint_url"],
            deployed.state_machine_arn,
            deployed.data_bucket,
            deployed.review_queue_url,
            storms.notices_of(environment.client, deployed.notification_topic_arn),
        )

    @cached_property
    def _keys(self) -> list[str]:
        return list_pictures(self._environment.client("s3"), self._environment.workflow.data_bucket)

    @cached_property
    def _captures(self) -> CaptureStore:
        deployed = self._environment.workflow
        return CaptureStore.of(
            self._environment.client("s3"), deployed.capture_s3_uri, deployed.endpoint_name
        )


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
