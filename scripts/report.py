"""Draw what an endpoint answered: one page, report.html, and its charts as PNG files beside it.

    python scripts/report.py --env local
    python scripts/report.py --env dev --hours 24 --json
    python scripts/report.py --captures build/local/captured_data --threshold 0.93 --out build/look

The last one reads a folder of capture files, wherever they come from, and needs no AWS.
"""

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from scones import settings
from scones.errors import UsageError, main
from scones.inference.captures import Reading
from scones.reporting.report import REPORT, write_report
from scones.reporting.sources import read_deployed, read_folder
from scones.reporting.subject import Subject
from scones.reporting.verdicts import Summary
from scones.rule import Rule

THRESHOLD = 0.93  # of a folder of captures, unless told; a deployed workflow tells its own


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    settings.add_environment_argument(parser)
    parser.add_argument("--captures", type=Path, help="read this folder of .jsonl files instead of AWS")
    parser.add_argument(
        "--threshold", type=float, help="judge by this confidence (default: the deployed one)"
    )
    parser.add_argument("--out", type=Path, help="folder for the report (default: the environment's own)")
    parser.add_argument("--hours", type=float, default=0, help="only the last hours, 0 = all (default: 0)")
    parser.add_argument(
        "--executions", type=int, default=500, metavar="N",
        help="ask the newest N executions what happened, 0 = none (default: 500)",
    )  # fmt: skip
    parser.add_argument(
        "--out-of-domain-limit", type=float, metavar="SCORE",
        help="with --captures: refuse an answer whose score is above it (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--class-threshold", type=class_threshold, action="append", default=[], metavar="CLASS=CONFIDENCE",
        help="with --captures: another threshold for one class; may be repeated",
    )  # fmt: skip
    parser.add_argument("--class-names", nargs="+", default=["bicycle", "motorcycle"], help="with --captures")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    chosen = parser.parse_args()
    if chosen.threshold is not None and not 0 <= chosen.threshold <= 1:
        raise UsageError(f"--threshold is {chosen.threshold:g}: expected a confidence from 0 to 1")
    limit = chosen.out_of_domain_limit
    if limit is not None and not 0 <= limit <= 1:
        raise UsageError(f"--out-of-domain-limit is {limit:g}: expected a score from 0 to 1")
    unnamed = {name for name, _ in chosen.class_threshold} - set(chosen.class_names)
    if unnamed:
        raise UsageError(
            f"--class-threshold names {', '.join(sorted(unnamed))}: expected one of --class-names"
        )
    if not chosen.captures and (limit is not None or chosen.class_threshold):
        raise UsageError("--out-of-domain-limit and --class-threshold go with --captures; AWS tells its own")
    return chosen


def class_threshold(text: str) -> tuple[str, float]:
    """Return a class's name and its threshold; UsageError when it is not CLASS=CONFIDENCE."""
    name, _, value = text.rpartition("=")
    try:
        threshold = float(value)
    except ValueError:
        threshold = -1.0
    if not name or not 0 <= threshold <= 1:
        raise UsageError(f"--class-threshold is {text!r}: expected CLASS=CONFIDENCE, such as bicycle=0.9")
    return name, threshold


def read(chosen: argparse.Namespace) -> tuple[Reading, Subject, Path]:
    """Return the captures, what they are about, and the folder for the report."""
    if chosen.captures:
        threshold = THRESHOLD if chosen.threshold is None else chosen.threshold
        limit, exceptions = chosen.out_of_domain_limit, dict(chosen.class_threshold)
        rule = Rule(threshold, chosen.class_names, exceptions, limit)
        return *read_folder(chosen.captures, rule), chosen.out or chosen.captures
    environment = settings.Environment.load(chosen.env)
    reading, subject = read_deployed(environment, chosen.threshold, chosen.hours, chosen.executions)
    return reading, subject, chosen.out or environment.home


def command() -> None:
    chosen = arguments()
    console = Console(stderr=True)
    with console.status("reading captures") if console.is_terminal else nullcontext() as progress:
        reading, subject, out = read(chosen)
        if progress:
            progress.update("drawing")
        summary = write_report(reading, subject, out)
    if chosen.json:
        print(json.dumps(as_json(summary, out / REPORT, len(reading.faults)), indent=2))
    for fault in reading.faults[:5]:
        print(f"could not be read: {fault}", file=sys.stderr)
    message = f"{out / REPORT}: {summary.inferences} inferences, {summary.coverage.successes} accepted"
    print(f"{message}. Next: open it in a browser", file=sys.stderr if chosen.json else sys.stdout)


def as_json(summary: Summary, report: Path, faults: int) -> dict[str, object]:
    accuracy = summary.accuracy
    return {
        "report": str(report),
        "inferences": summary.inferences,
        "accepted": summary.coverage.successes,
        "coverage": summary.coverage.share,
        "mean_confidence": summary.mean_confidence,
        "labelled": accuracy.total + summary.neither.total,
        "labelled_by_people": summary.by_people,
        "labelled_neither": summary.neither.total,
        "labelled_neither_accepted": summary.neither.successes,
        "accuracy": accuracy.share,
        "accuracy_interval": [accuracy.low, accuracy.high],
        "accuracy_when_accepted": summary.accepted_accuracy.share,
        "unreadable_records": faults,
    }


if __name__ == "__main__":
    main(command)
