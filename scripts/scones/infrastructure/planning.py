"""Make a plan that can be trusted: saved, reviewed, sealed. Or nothing at all: a half-made one is removed.

A root's plan lies in <home>/plans/<root>/:
    tfplan        what Terraform applies
    plan.json     the same as JSON. Both hold secrets in clear and are readable to their owner only
    review.md     what it does, for a pull request
    review.json   the same for programs
    seal.json     what it was made from (scones.infrastructure.seal)
"""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scones.errors import SconesError
from scones.files import write_bytes
from scones.infrastructure import seal as sealing
from scones.infrastructure import serving, variables
from scones.infrastructure.approvals import Rules
from scones.infrastructure.packaging import package_functions
from scones.infrastructure.releases import ReleaseFiles
from scones.infrastructure.seal import Facts, Seal
from scones.infrastructure.source import Source
from scones.infrastructure.state import State
from scones.infrastructure.terraform import Root
from scones.review.findings import Context, Evaluation
from scones.review.plan import Plan
from scones.review.review import Review, build
from scones.review.secrets.masking import leaks, secret_values, suspicious, without_secrets
from scones.review.text import rendering
from scones.settings import BUILD, REPOSITORY, TERRAFORM, Environment
from scones.training.evaluations import fetch_evaluation

ARTEFACTS = ("tfplan", "plan.json", "review.md", "review.json")


@dataclass(frozen=True)
class Request:
    """What a plan is made for. `paused` None: as it is now. `hours` None: as the environment's rules say."""

    purpose: str = "apply"
    paused: bool | None = None
    release: ReleaseFiles | None = None
    hours: float | None = None


@dataclass(frozen=True)
class Planned:
    """A plan that has been made: its folder, its review, its seal."""

    folder: Path
    review: Review
    seal: Seal


def plan_folder(environment: Environment, root: str) -> Path:
    return environment.home / "plans" / root


def make_plan(environment: Environment, name: str, request: Request) -> Planned:
    """Plan one root, review the plan and seal it. Whatever was saved before is gone, also after a failure."""
    folder = plan_folder(environment, name)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        return _make_plan(environment, Root(name, environment), folder, request)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make_plan(environment: Environment, root: Root, folder: Path, request: Request) -> Planned:
    root.init()
    state = root.state()
    files = variable_files(environment, root.name, request)
    plan, text = _plan(environment, root, state, folder / "tfplan", files, request)
    if request.release:
        files += request.release.contents
    _write_private(folder / "plan.json", text.encode())
    facts = gather_facts(environment, root, state, [*code_files(root.name, request.purpose), *files])
    made = datetime.now(UTC)
    rules = Rules.load(environment.name)
    expires = sealing.expiry(made, rules.plan_hours if request.hours is None else request.hours)
    review = _review(environment, root.name, plan, request, rules, facts, expires, folder)
    is_cut = _write_review(folder, review, plan)
    seal = Seal(
        facts=facts,
        purpose=request.purpose,
        made_at=made.isoformat(timespec="seconds"),
        expires_at=expires,
        artefacts=sealing.digests_in(folder, ARTEFACTS),
        gates=tuple(sorted({trip.gate.name for trip in review.trips})),
        changes=review.verdict.words != "nothing to do",
        is_cut=is_cut,
        allowed_accounts=tuple(plan.variables.get("allowed_account_ids") or ()),
        extra={"instances": _instances(plan)},
    )
    seal.write(folder / "seal.json")
    return Planned(folder, review, seal)


def _instances(plan: Plan) -> int | None:
    """Return the number of instances that the endpoint gets, None when the plan does not move it."""
    if not serving.moves_endpoint(plan):
        return None
    variants = [
        change.after["production_variants"][0]
        for change in plan.of_type(serving.CONFIGURATION)
        if change.after
    ]
    count = variants[0].get("initial_instance_count") if variants else None
    return count if isinstance(count, int) else None


# --- The plan ----------------------------------------------------------------------------------------


def variable_files(environment: Environment, root: str, request: Request) -> list[Path]:
    """Return the files of variables of a root, those that earlier steps hand over written anew."""
    files = variables.committed_files(root, environment)
    if root == "foundation":
        return files
    files.append(variables.foundation_file(environment))
    if request.release:
        return [*files, request.release.manifest, variables.release_file(environment, request.release)]
    if request.purpose != "destroy" or not (environment.home / "model.tfvars.json").is_file():
        return [*files, variables.model_file(environment)]
    return [*files, environment.home / "model.tfvars.json"]


def _plan(
    environment: Environment, root: Root, state: State, out: Path, files: list[Path], request: Request
) -> tuple[Plan, str]:
    """Save the plan; where it moves an endpoint that has scaled, with the number of instances that serve."""
    if root.name == "workflow":
        now = serving.Serving.now(state, environment)
        paused = now.paused if request.paused is None else request.paused
        files.append(serving.write(environment, paused, now.configured))
    destroy = request.purpose == "destroy"
    root.plan(out, files, destroy=destroy)
    text = root.show(out)
    plan = Plan.from_json(text)
    if root.name == "workflow" and not destroy and now.has_scaled and serving.moves_endpoint(plan):
        serving.write(environment, paused, now.live)
        root.plan(out, files)
        text = root.show(out)
        plan = Plan.from_json(text)
    return plan, text


def pack() -> None:
    """Pack the functions, so that what is planned is what the code says."""
    package_functions(REPOSITORY / "lambdas", BUILD / "lambdas", [])


def gather_facts(environment: Environment, root: Root, state: State, files: list[Path]) -> Facts:
    """Return all that a plan depends on, as it is now."""
    terraform, providers = root.versions()
    return Facts(
        environment=environment.name,
        root=root.name,
        account=environment.client("sts").get_caller_identity()["Account"],
        lineage=state.lineage,
        serial=state.serial,
        terraform=terraform,
        providers=providers,
        source=Source.here(),
        files=sealing.digests(files, environment.home),
    )


def code_files(root: str, purpose: str) -> list[Path]:
    """Return what a root runs: its own code and lock file, the modules, the state machines, the zips.

    A rollback runs the zips and the state machine of its release, which are among its files of variables.
    """
    folders = [
        (TERRAFORM / root, "*.tf"),
        (TERRAFORM / root, ".terraform.lock.hcl"),
        (TERRAFORM / "modules", "**/*.tf"),
    ]
    if root == "workflow" and purpose != "rollback":
        folders += [(REPOSITORY / "statemachine", "*.asl.json"), (BUILD / "lambdas", "*.zip")]
    found = [path for folder, pattern in folders for path in sorted(folder.glob(pattern))]
    # Which of them there is depends on where the state is, not on what is planned.
    return [path for path in found if path.name != "backend_override.tf"]


# --- The review --------------------------------------------------------------------------------------


def _review(
    environment: Environment,
    root: str,
    plan: Plan,
    request: Request,
    rules: Rules,
    facts: Facts,
    expires: str,
    folder: Path,
) -> Review:
    context = Context(
        environment=environment.name,
        root=root,
        purpose=request.purpose,
        accuracy_floor=rules.accuracy_floor,
        evaluations=_evaluations(environment, root, plan),
        secrets_in_clear=tuple(suspicious(plan)),
    )
    return build(
        without_secrets(plan),
        context,
        approves=lambda gate: rules.approves(gate, request.purpose),
        provenance={
            "commit": str(facts.source),
            "account": facts.account,
            "state": f"serial {facts.serial}" if facts.lineage else "none yet",
            "can be applied until": expires,
        },
        folder=shown(folder),
    )


def _evaluations(environment: Environment, root: str, plan: Plan) -> dict[str, Evaluation]:
    """Return what the planned model and the one before it answered on their evaluation sets."""
    if root != "workflow":
        return {}
    planned = (plan.variables.get("model") or {}).get("training_job_name")
    before = [
        (change.before.get("tags") or {}).get("TrainingJob") for change in plan.of_type("aws_sagemaker_model")
    ]
    jobs = {job for job in [planned, *before] if job}
    s3, bucket = environment.client("s3"), environment.foundation.data_bucket
    found = {job: fetch_evaluation(s3, bucket, job) for job in sorted(jobs)}
    return {job: evaluation for job, evaluation in found.items() if evaluation}


def _write_review(folder: Path, review: Review, plan: Plan) -> bool:
    """Write the review, unless a secret is in it; say whether it had to leave something out."""
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
    return rendered.is_cut


def shown(path: Path) -> str:
    """A path as a person would type it from the repository."""
    return os.path.relpath(path, REPOSITORY) if path.is_relative_to(REPOSITORY) else str(path)


def _write_private(path: Path, content: bytes) -> None:
    write_bytes(path, content)
    path.chmod(0o600)
