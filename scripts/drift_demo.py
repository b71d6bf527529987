"""Show that drift is seen: clean test pictures raise no alarm, then strange ones do.

    python scripts/drift_demo.py --env local
    python scripts/drift_demo.py --env dev --count 100 --seed 7 --json

Strange are pictures of other classes, where such are staged, and clean ones at a third of their brightness.
They go through the deployed workflow, as the clean ones do, and lie in s3://<bucket>/drift-demo/ meanwhile;
their messages leave the review queue afterwards. Their captures stay, and count in the hour's own report.
After each kind the function that looks for drift is called for just these pictures, and the alarms are
watched. On AWS captures take minutes to arrive, and alarms minutes to go off.

The exit code is 0 only when the clean pictures raised no alarm and the strange ones the one on drift.
"""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console

from scones import settings
from scones.errors import SconesError, UsageError, main
from scones.monitoring.demonstration import Demonstration, Demonstrator, Phase, Waits
from scones.monitoring.reports import MEASURES
from scones.waiting import Patience

COUNT = 100  # pictures of each kind, or as many as a verdict takes
# How long an alarm is watched that is to stay silent, in seconds: CloudWatch looks once a minute.
SETTLING, SETTLING_LOCALLY = 150.0, 5.0
ROW = "{:<24} {:>13} {:>13} {:>13} {:>13}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    settings.add_environment_argument(parser)
    parser.add_argument("--count", type=int, help=f"pictures of each kind (default: {COUNT})")
    parser.add_argument("--seed", type=int, help="choose the same pictures every time (default: other ones)")
    parser.add_argument("--concurrency", type=int, default=4, help="executions at a time (default: 4)")
    parser.add_argument(
        "--timeout", type=float, default=900, help="seconds for captures, and for an alarm (default: 900)"
    )
    parser.add_argument(
        "--settling", type=float, help="seconds that silent alarms are watched (default: 150, locally 5)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    chosen = parser.parse_args()
    if chosen.concurrency < 1:
        raise UsageError("--concurrency must be at least 1")
    return chosen


def command() -> None:
    chosen = arguments()
    environment = settings.Environment.load(chosen.env)
    settling = SETTLING_LOCALLY if environment.is_local else SETTLING
    patience = Patience(chosen.timeout, interval=0.5 if environment.is_local else 5)
    console = Console(stderr=True)
    with console.status("…") as status:

        def say(what: str) -> None:
            status.update(f"waiting for {what} …")
            if not console.is_terminal:
                print(f"waiting for {what}", file=sys.stderr, flush=True)

        demonstrator = Demonstrator(
            environment,
            Waits(
                captures=patience,
                alarm=patience,
                settling=settling if chosen.settling is None else chosen.settling,
            ),
            chosen.concurrency,
            say,
        )
        fewest = demonstrator.fewest()
        count = max(COUNT, fewest) if chosen.count is None else chosen.count
        if count < fewest:
            raise UsageError(f"--count must be at least {fewest}: fewer pictures get no verdict")
        shown = demonstrator.demonstrate(count, chosen.seed)
    print(json.dumps({**asdict(shown), "holds": shown.holds}, indent=2) if chosen.json else table(shown))
    finish(shown, chosen.env, quiet=chosen.json)


def table(shown: Demonstration) -> str:
    """Return both phases as text of 80 columns."""
    phases = (shown.clean, shown.strange)
    lines = [ROW.format("measure", "clean", "drift above", "strange", "drift above"), "-" * 80]
    for name in MEASURES:
        cells = (_cell(value) for phase in phases for value in (_measured(phase, name), _limit(phase, name)))
        lines.append(ROW.format(name, *cells))
    for title, values in (
        ("pictures", [str(phase.report.inferences) for phase in phases]),
        ("accepted", [f"{phase.accepted} of {phase.sent}" for phase in phases]),
        ("drifted", [_verdict(phase) for phase in phases]),
        ("alarms that went off", [str(len(phase.raised)) for phase in phases]),
    ):
        lines.append(ROW.format(title, values[0], "", values[1], ""))
    names = sorted({*shown.clean.raised, *shown.strange.raised})
    return "\n".join(line.rstrip() for line in [*lines, *(f"  {name}" for name in names)])


def _measured(phase: Phase, name: str) -> float | None:
    return phase.report.measures.get(name)


def _limit(phase: Phase, name: str) -> float | None:
    return phase.report.limits.get(name)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _verdict(phase: Phase) -> str:
    return {True: "yes", False: "no", None: "no verdict"}[phase.report.drifted]


def finish(shown: Demonstration, env: str, *, quiet: bool) -> None:
    """Print the success line, or raise what did not hold."""
    if shown.clean.report.drifted:
        raise SconesError(f"clean pictures are called drift: {', '.join(shown.clean.report.beyond)}")
    if shown.clean.raised:
        raise SconesError(f"clean pictures raised an alarm: {', '.join(shown.clean.raised)}")
    if shown.strange.seconds_to_alarm is None:
        why = shown.strange.report.undecided or "the alarm did not go off"
        raise SconesError(f"strange pictures did not raise the alarm on drift: {why}")
    seconds = f"{shown.strange.seconds_to_alarm:.1f} s after their report"
    message = f"Drift was seen, {seconds}. Next: make report ENV={env}"
    print(message, file=sys.stderr if quiet else sys.stdout)


if __name__ == "__main__":
    main(command)
