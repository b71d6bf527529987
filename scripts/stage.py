"""Stage the data set: extract pictures from an archive, transform them, and load them into the data bucket.

    python scripts/stage.py                                    # local AWS, pictures drawn by this program
    python scripts/stage.py --data cifar100                    # downloads CIFAR-100, once
    python scripts/stage.py --env dev --data ./cifar-100-python.tar.gz
    python scripts/stage.py --classes bus,train,tractor --dry-run

Leaves train/*.png, test/*.png, pictures of other classes in background/, the .lst files of all these and a
data manifest. The same data again change nothing; an interrupted run goes on where it stopped; other data
replace what was there.

Pictures that people labelled (labels/*.lst in the bucket) are added to the training pictures, those that show
neither to the background; never a test picture, and never one that cannot be decoded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scones.errors import UsageError, main
from scones.progress import byte_bar, count_bar
from scones.settings import Environment, add_environment_argument, write_json
from scones.staging import dataset, labels, sources, uploading
from scones.staging import plan as staging
from scones.staging.cache import cache_folder
from scones.staging.cifar100 import CLASSES
from scones.staging.labelled import add_labelled
from scones.staging.objects import build_items
from scones.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMED = 3  # labels that were left out, each named in a line of its own


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    bucket, s3 = environment.foundation.data_bucket, environment.client("s3")
    watch = Stopwatch()

    source = find_source(arguments.data or (sources.DRAWN if environment.is_local else sources.CIFAR100))
    watch.lap("source")
    extracted = extract(source, watch)
    pictures = make_pictures(extracted, arguments)
    watch.lap("transform")
    pictures, left_out = add_labels(pictures, extracted, s3, bucket, arguments.workers)
    watch.lap("labels")
    drawn = {"seed": arguments.seed, "background_each": arguments.background}
    manifest = dataset.manifest(pictures, source.name) | drawn
    items = build_items(pictures)
    watch.lap("encode")
    plan = staging.make_plan(items, staging.read_contents(s3, bucket), manifest)
    watch.lap("plan")

    if arguments.dry_run:
        result = report(plan, bucket, watch, left_out) | {"plan": plan.lines()}
        print(json.dumps(result) if arguments.json else "\n".join(plan.lines()))
        say(f"dry run: {counts(plan)}: {len(plan.upload)} uploads, {len(plan.remove)} removals")
        return
    load(plan, s3, bucket, environment.home / "data.json", arguments.workers)
    watch.lap("upload")
    if arguments.json:
        print(json.dumps(report(plan, bucket, watch, left_out)))
    say(summary(plan, watch.total))
    say(f"Next: make train ENV={environment.name}")


def find_source(data: str) -> sources.Source:
    with byte_bar("CIFAR-100") as progress:
        source = sources.find_source(data, cache_folder(), progress)
    say(f"source: {source.name} ({source.description})")
    return source


def extract(source: sources.Source, watch: Stopwatch) -> dataset.Extract:
    extracted = dataset.extract(source.archive)
    watch.lap("extract")
    if not extracted.official and source.name != sources.DRAWN:
        say("note: this archive is not the official CIFAR-100, so there are no digests to check it against")
    return extracted


def make_pictures(extracted: dataset.Extract, arguments: argparse.Namespace) -> dataset.DataSet:
    pictures = dataset.transform(
        extracted, arguments.classes, arguments.validation, arguments.seed, arguments.background
    )
    if arguments.background and not pictures.background:
        say("note: this archive has too few pictures of other classes: none is staged as background")
    return pictures


def add_labels(
    pictures: dataset.DataSet, extracted: dataset.Extract, s3: S3Client, bucket: str, workers: int
) -> tuple[dataset.DataSet, list[labels.LeftOut]]:
    """Add what people labelled, and say what was left out: a line for the first few, one for the rest."""
    keys = labels.list_labels(s3, bucket)
    if not keys:
        return pictures, []
    with count_bar("labels", len(keys)) as advance:
        read = labels.read_labels(s3, bucket, keys, workers, advance)
    pictures, left_out = add_labelled(pictures, extracted, read)
    of_test = [one for one in left_out if one.is_test]
    others = [one for one in left_out if not one.is_test]
    if of_test:
        say(f"note: left out {len(of_test)} labelled test pictures: nothing trains on those")
    for one in others[:NAMED]:
        name = one.label.removeprefix(labels.PREFIX)
        say(f"note: left out label {name[:12]}… ({one.key or 'no picture'}): {one.reason}")
    if others[NAMED:]:
        say(f"note: left out {len(others[NAMED:])} more labels; --json names them all")
    return pictures, left_out


def load(plan: staging.Plan, s3: S3Client, bucket: str, local_manifest: Path, workers: int) -> None:
    """Perform the plan. The local manifest, like the bucket's, is missing while the bucket is a mixture."""
    if not plan.changes_nothing:
        local_manifest.unlink(missing_ok=True)
    with count_bar("upload", len(plan.upload)) as advance:
        uploading.perform(plan, s3, bucket, workers, advance)
    write_json(local_manifest, dict(plan.manifest))


def report(
    plan: staging.Plan, bucket: str, watch: Stopwatch, left_out: Sequence[labels.LeftOut]
) -> dict[str, object]:
    objects = {"uploaded": len(plan.upload), "skipped": len(plan.keep), "removed": len(plan.remove)}
    unused = [{"label": one.label, "key": one.key, "reason": one.reason} for one in left_out]
    return {**plan.manifest, "bucket": bucket, **objects, "left_out": unused, "seconds": watch.laps}


def summary(plan: staging.Plan, seconds: float) -> str:
    source = plan.manifest["source"]
    if plan.changes_nothing:
        return f"{source} is staged already: {counts(plan)}"
    return f"staged {source}: {counts(plan)} in {seconds:.1f} s"


def counts(plan: staging.Plan) -> str:
    """Say how many pictures each part has."""
    each = plan.manifest["counts"]
    background = sum(count for name, count in each.items() if name.startswith("background_"))
    parts = {name: each[name] for name in ("training", "validation", "test")} | {"background": background}
    labelled = f" ({each['labelled']} labelled)" if each.get("labelled") else ""
    return ", ".join(f"{count} {name}" for name, count in parts.items() if count) + labelled


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    add = parser.add_argument
    add("--data", help="drawn, cifar100, or an archive's path (default: drawn in local, else cifar100)")
    add(
        "--classes",
        type=lambda text: tuple(name.strip() for name in text.split(",")),
        default=os.environ.get("CLASSES") or ",".join(CLASSES),
        help="CIFAR-100's names of the classes, in the order of their numbers (default: %(default)s)",
    )
    add(
        "--validation",
        type=float,
        default=dataset.VALIDATION,
        help="the fraction of the training split that chooses the model (default: %(default)s)",
    )
    add(
        "--background",
        type=int,
        default=dataset.BACKGROUND,
        metavar="N",
        help="pictures of each other class to learn from what to refuse, and half as many to test that; "
        "0: none (default: %(default)s)",
    )
    add("--seed", type=int, default=dataset.SEED, help="which pictures these are (default: %(default)s)")
    add("--workers", type=int, default=uploading.WORKERS, help="parallel uploads (default: %(default)s)")
    add("--dry-run", action="store_true", help="print the plan and change nothing")
    add("--json", action="store_true", help="print what was done on standard output")
    arguments = parser.parse_args()
    if arguments.workers < 1:
        raise UsageError(f"--workers {arguments.workers}: at least one is needed")
    return arguments


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(command)
