"""Choose the confidence threshold and the out-of-domain limit on what the model answered on validation.

    make threshold TARGET_ERROR=0.01
    python scripts/threshold.py --env dev --target-error 0.02 --json

The threshold is the smallest at which no more than TARGET_ERROR of the accepted validation answers is wrong;
where there is none, the highest, and target_reached in the model's manifest is false. The next plan reads
both numbers there. The same choice again changes nothing.
"""

import argparse
import json
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

from scones.errors import NotDeployed, SconesError, UsageError, main
from scones.evaluation.judging import rule_fields, sentence
from scones.evaluation.threshold import TARGET_ERROR, Choice, Outcome, choose
from scones.proportions import Proportion
from scones.settings import Environment, add_environment_argument, write_json
from scones.training import models
from scones.training.evaluations import fetch_content

WIDTH = 80
ROW = "{:<2}{:<11}{:<22}{:<24}{:<21}"


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    s3, bucket = environment.client("s3"), environment.foundation.data_bucket
    manifest = models.fetch_manifest(s3, bucket)
    if manifest is None:
        raise NotDeployed(f"no model is trained: run 'make train ENV={environment.name}'")
    job = manifest["training_job_name"]
    content = fetch_content(s3, bucket, job)
    if content is None:
        raise SconesError(
            f"{job} left no evaluation to choose a threshold on, as AWS's own algorithm leaves none: "
            f"set confidence_threshold in terraform/environments/{environment.name}.tfvars"
        )
    choice = choose(content, arguments.target_error)
    changed = manifest | rule_fields(choice)
    if changed != manifest:
        models.publish_manifest(s3, bucket, changed)
    write_json(environment.home / "model.tfvars.json", {"model": changed})
    if arguments.json:
        print(json.dumps(as_json(job, choice), indent=2))
    else:
        print(as_text(job, choice))
    state = "written to" if changed != manifest else "already in"
    print(f"{state} the manifest of {job}. Next: make plan ENV={environment.name}", file=sys.stderr)


def as_text(job: str, choice: Choice) -> str:
    """Return the choice for people, in 80 columns."""
    limit, state = choice.out_of_domain_limit, "reached" if choice.is_reached else "NOT REACHED"
    lines = [
        f"{job}, chosen on {choice.coverage.total} validation pictures",
        f"  confidence threshold   {choice.threshold:.10g}",
        f"  target error           {100 * choice.target_error:g} %: {state}",
        f"  out-of-domain limit    {'not known' if limit is None else f'{limit:.10g}'}",
        f"  kept by the limit      {in_words(choice.kept_by_limit)}",
        f"  coverage               {in_words(choice.coverage)}",
        f"  selective accuracy     {in_words(choice.selective_accuracy)}",
        f"  background accepted    {in_words(choice.background_accepted)}",
        "",
        ROW.format("", "threshold", "coverage", "selective accuracy", "background accepted").rstrip(),
        *(row(one, one.threshold == choice.threshold) for one in choice.table),
        "",
        "Intervals: Wilson, 95 %. Chosen on validation: 'make evaluate' measures on test.",
    ]
    if not choice.is_reached:
        lines += ["", *textwrap.wrap(sentence(choice), WIDTH)]
    return "\n".join(lines)


def row(one: Outcome, is_chosen: bool) -> str:
    cells = map(in_short, (one.coverage, one.selective_accuracy, one.background_accepted))
    return ROW.format("> " if is_chosen else "", f"{one.threshold:.8g}", *cells).rstrip()


def in_words(share: Proportion) -> str:
    return f"{in_short(share)}, {share.successes} of {share.total}" if share.total else "not known"


def in_short(share: Proportion) -> str:
    """Return a share and its interval in percent: `98.0 % (93.0-99.4)`."""
    if share.share is None or share.low is None or share.high is None:
        return "-"
    return f"{100 * share.share:.1f} % ({100 * share.low:.1f}-{100 * share.high:.1f})"


def as_json(job: str, choice: Choice) -> dict[str, Any]:
    return {
        "training_job": job,
        **rule_fields(choice),
        "kept_by_limit": numbers(choice.kept_by_limit),
        **outcome_numbers(choice),
        "table": [{"threshold": one.threshold, **outcome_numbers(one)} for one in choice.table],
    }


def outcome_numbers(one: Choice | Outcome) -> dict[str, Any]:
    return {
        "coverage": numbers(one.coverage),
        "selective_accuracy": numbers(one.selective_accuracy),
        "background_accepted": numbers(one.background_accepted),
    }


def numbers(share: Proportion) -> Mapping[str, Any]:
    return {
        "successes": share.successes,
        "total": share.total,
        "share": share.share,
        "interval": [share.low, share.high],
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument(
        "--target-error",
        default=str(TARGET_ERROR),
        help="share of the accepted answers that may be wrong, from 0 to below 1 (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    arguments = parser.parse_args()
    try:
        arguments.target_error = float(arguments.target_error)
    except ValueError:
        arguments.target_error = float("nan")
    if not 0 <= arguments.target_error < 1:
        raise UsageError("TARGET_ERROR is a share from 0 to below 1, such as 0.01")
    return arguments


if __name__ == "__main__":
    main(command)
