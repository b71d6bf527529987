"""Show that drift is seen: clean pictures raise no alarm, strange ones do."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scones.errors import SconesError
from scones.inference.capture_store import CaptureStore, wait_for_captures
from scones.inference.runs import Run, pick_keys, run_pictures
from scones.labelling.claims import ReviewQueue
from scones.monitoring.alarms import DRIFT, Alarm, watched_alarms
from scones.monitoring.reports import FUNCTION, Report, fewest_inferences, make_report
from scones.monitoring.strange import FOLDER, strange_pictures
from scones.monitoring.withdrawal import withdraw
from scones.settings import Environment
from scones.waiting import Patience, StillWaiting, wait_until

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Phase:
    """Pictures of one kind: how they were answered, how they compare, and the alarms that they raised."""

    sent: int
    accepted: int
    report: Report
    raised: tuple[str, ...]  # names of alarms that went off meanwhile
    seconds_to_alarm: float | None = None  # None: the alarm on drift did not go off


@dataclass(frozen=True)
class Demonstration:
    clean: Phase
    strange: Phase

    @property
    def holds(self) -> bool:
        """True when the clean pictures raised nothing, and the strange ones the alarm on drift."""
        silent = not self.clean.raised and not self.clean.report.drifted
        return silent and self.strange.seconds_to_alarm is not None


@dataclass(frozen=True)
class Waits:
    """How long things may take; `settling`: how many seconds alarms that are to stay silent are watched."""

    execution: Patience = field(default_factory=Patience)
    captures: Patience = field(default_factory=lambda: Patience(900, interval=1))
    alarm: Patience = field(default_factory=lambda: Patience(900, interval=1))
    settling: float = 150


class Demonstrator:
    """Runs the two phases against what is deployed in an environment.

    `say` is told what happens next, `on_run` is called for each picture that was answered.
    """

    def __init__(
        self,
        environment: Environment,
        waits: Waits,
        concurrency: int = 4,
        say: Callable[[str], None] = lambda _: None,
        on_run: Callable[[Run], None] | None = None,
    ) -> None:
        self._environment, self._waits, self._concurrency = environment, waits, concurrency
        self._say, self._on_run = say, on_run
        self._deployed = environment.workflow
        if FUNCTION not in self._deployed.function_names:
            raise SconesError(
                f"{FUNCTION} is not deployed in {environment.name}: apply with monitoring.drift.enabled"
            )
        readable = environment.outputs("workflow").get("picture_prefixes", [FOLDER])
        if FOLDER not in readable:
            raise SconesError(
                f"the functions of {environment.name} may not read {FOLDER}: name it in picture_prefixes, "
                "or show drift in another environment"
            )
        self._functions = environment.client("lambda")
        self._cloudwatch = environment.client("cloudwatch")
        self._s3 = environment.client("s3")

    def fewest(self) -> int:
        """Return how many pictures a verdict takes where the function is deployed."""
        return fewest_inferences(self._functions, self._deployed.function_names[FUNCTION])

    def demonstrate(self, count: int, seed: int | None) -> Demonstration:
        """Send `count` clean pictures, then as many strange ones. SconesError when one is not answered."""
        bucket = self._deployed.data_bucket
        self._alarms()  # whether there are any, before a picture is sent
        keys = pick_keys(self._s3, bucket, count, seed)
        self._say(f"{count} clean pictures")
        clean = self._clean(keys)
        run = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        rng = random.Random(seed)  # noqa: S311
        with strange_pictures(self._s3, bucket, keys, run, rng) as strange:
            self._say(f"{count} strange pictures")
            shown = self._strange(strange)
            if refused := shown.sent - shown.accepted:
                queue = ReviewQueue(self._environment.client("sqs"), self._deployed.review_queue_url)
                withdraw(queue, f"{FOLDER}{run}/", refused)
            return Demonstration(clean, shown)

    # --- The phases ----------------------------------------------------------------------------------

    def _clean(self, keys: Sequence[str]) -> Phase:
        before = self._alarms()
        runs, start, end = self._send(keys)
        report = self._report(start, end)
        self._say("whether an alarm goes off")
        since = self._waits.alarm.clock()
        told = since

        def settled() -> dict[str, Alarm] | None:
            """The alarms, once they have had time, and the one on drift is over that was on before."""
            nonlocal told
            alarms, now = self._alarms(), self._waits.alarm.clock()
            waited = now - since >= self._waits.settling
            if before[DRIFT].is_on and alarms[DRIFT].is_on and not report.drifted:
                # The last report of strange pictures counts for the whole period, so this one is told again.
                if now - told >= 10:
                    self._report(start, end)
                    told = now
                return None
            changed = alarms[DRIFT].state == "OK" and alarms[DRIFT].since > before[DRIFT].since
            return alarms if alarms[DRIFT].is_on or changed or waited else None

        alarms = wait_until(settled, self._waits.alarm, "the alarm on drift to see clean pictures")
        return _phase(runs, report, _raised(before, alarms))

    def _strange(self, keys: Sequence[str]) -> Phase:
        before = self._alarms()
        runs, start, end = self._send(keys)
        report = self._report(start, end)
        since = self._waits.alarm.clock()
        self._say("the alarm on drift")

        def is_on() -> dict[str, Alarm] | None:
            alarms = self._alarms()
            return alarms if alarms[DRIFT].is_on else None

        try:
            alarms = wait_until(is_on, self._waits.alarm, "the alarm on drift")
        except StillWaiting:
            return _phase(runs, report, _raised(before, self._alarms()))
        return _phase(runs, report, _raised(before, alarms), self._waits.alarm.clock() - since)

    # --- Their parts ---------------------------------------------------------------------------------

    def _send(self, keys: Sequence[str]) -> tuple[list[Run], datetime, datetime]:
        """Classify the pictures, wait for their captures, and return the window that these lie in."""
        began, deployed = datetime.now(UTC), self._deployed
        # Captures tell time in whole seconds: the second of the pictures before has to be over.
        self._waits.execution.pause(1 - began.microsecond / 1e6)
        stepfunctions = self._environment.client("stepfunctions")
        runs = run_pictures(
            stepfunctions,
            deployed.state_machine_arn,
            deployed.data_bucket,
            keys,
            self._waits.execution,
            self._concurrency,
            self._on_run,
        )
        failed = [run for run in runs if not run.execution.is_answered]
        if failed:
            raise SconesError(f"{len(failed)} of {len(runs)} executions failed: {failed[0].execution.reason}")
        self._say("their captures")
        store = CaptureStore.of(self._s3, deployed.capture_s3_uri, deployed.endpoint_name)
        wanted = {str(run.classification.inference_id) for run in runs}
        folder = self._captures_folder()
        found = wait_for_captures(store, wanted, began, folder, self._waits.captures)
        times = [capture.time for capture in found.values()]
        return runs, min(times), max(times) + SECOND

    def _captures_folder(self) -> Path:
        folder = self._environment.home / "captured_data"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _report(self, start: datetime, end: datetime) -> Report:
        return make_report(self._functions, self._deployed.function_names[FUNCTION], start, end)

    def _alarms(self) -> dict[str, Alarm]:
        return watched_alarms(self._cloudwatch, self._deployed.endpoint_name)


def _phase(runs: list[Run], report: Report, raised: tuple[str, ...], seconds: float | None = None) -> Phase:
    accepted = sum(run.verdict == "accepted" for run in runs)
    return Phase(
        len(runs), accepted, report, raised, None if seconds is None else math.ceil(seconds * 10) / 10
    )


def _raised(before: dict[str, Alarm], after: dict[str, Alarm]) -> tuple[str, ...]:
    """The alarms that are on and were not."""
    new = (label for label, alarm in after.items() if alarm.is_on and not before[label].is_on)
    return tuple(sorted(after[label].name for label in new))
