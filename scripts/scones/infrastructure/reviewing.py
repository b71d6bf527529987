"""The review of a plan with what the environment knows: its rules, and what models answered before."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from scones.errors import SconesError
from scones.files import write_bytes
from scones.infrastructure.approvals import Rules
from scones.review.findings import Context, Evaluation
from scones.review.plan import Plan
from scones.review.review import Review, build
from scones.review.secrets.masking import leaks, secret_values, suspicious, without_secrets
from scones.review.text import rendering
from scones.settings import REPOSITORY, Environment
from scones.training.evaluations import fetch_evaluation


def review_plan(
    environment: Environment,
    root: str,
    plan: Plan,
    purpose: str,
    folder: Path,
    provenance: Mapping[str, str] | None = None,
) -> Review:
    """Look at a plan, with its secrets masked before anything looks. `folder` is where its files lie."""
    rules = Rules.load(environment.name)
    context = Context(
        environment=environment.name,
        root=root,
        purpose=purpose,
        accuracy_floor=rules.accuracy_floor,
        evaluations=_evaluations(environment, root, plan),
        secrets_in_clear=tuple(suspicious(plan)),
    )
    return build(
        without_secrets(plan),
        context,
        approves=lambda gate: rules.approves(gate, purpose),
        provenance=provenance,
        folder=shown(folder),
    )


def write_review(folder: Path, review: Review, plan: Plan) -> None:
    """Write review.md and review.json. Raises SconesError, and writes neither, when a secret is in one."""
    rendered = rendering.render(review)
    as_json = json.dumps(review.as_json(), indent=2, default=str)
    secrets = secret_values(plan)
    found = sorted({*leaks(rendered.markdown, secrets), *leaks(as_json, secrets)})
    if found:
        # The place may bear the secret itself, in a key of for_each.
        places = [place for place in found if not leaks(place, secrets)] or ["a resource's address"]
        raise SconesError(
            f"the review would show the secret of {', '.join(places)}: nothing was written. Mark every value "
            "that it flows into as sensitive, or keep it out of names, tags and descriptions"
        )
    write_bytes(folder / "review.md", rendered.markdown.encode())
    write_bytes(folder / "review.json", as_json.encode())


def shown(path: Path) -> str:
    """A path as a person would type it from the repository."""
    return os.path.relpath(path, REPOSITORY) if path.is_relative_to(REPOSITORY) else str(path)


def _evaluations(environment: Environment, root: str, plan: Plan) -> dict[str, Evaluation]:
    """Return what the planned model and the one before it answered on their evaluation sets."""
    if root != "workflow":
        return {}
    models = plan.of_type("aws_sagemaker_model")
    planned = (plan.variables.get("model") or {}).get("training_job_name")
    before = [(change.before.get("tags") or {}).get("TrainingJob") for change in models]
    jobs = {job for job in [planned, *before] if job}
    s3, bucket = environment.client("s3"), environment.foundation.data_bucket
    found = {job: fetch_evaluation(s3, bucket, job) for job in sorted(jobs)}
    return {job: evaluation for job, evaluation in found.items() if evaluation}
