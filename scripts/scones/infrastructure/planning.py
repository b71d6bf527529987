"""Make a plan that can be trusted: saved, reviewed, sealed. Or nothing at all: a half-made one is removed.

A root's plan lies in <home>/plans/<root>/:
    tfplan        what Terraform applies
    plan.json     the same as JSON. Both hold secrets in clear and are readable to their owner only
    review.md     what it does, for a pull request
    review.json   the same for programs
    seal.json     what it was made from (scones.infrastructure.seal)
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scones.files import write_bytes
from scones.infrastructure import seal as sealing
from scones.infrastructure import serving, variables
from scones.infrastructure.approvals import Rules
from scones.infrastructure.packaging import package_functions
from scones.infrastructure.releases import ReleaseFiles
from scones.infrastructure.reviewing import review_plan, write_review
from scones.infrastructure.seal import Facts, Seal
from scones.infrastructure.source import Source
from scones.infrastructure.state import State
from scones.infrastructure.terraform import Root
from scones.review.plan import Plan
from scones.review.review import Review
from scones.settings import BUILD, ENVIRONMENTS, REPOSITORY, TERRAFORM, Environment

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


def make_plan(environment: Environment, name: str, request: Request, folder: Path | None = None) -> Planned:
    """Plan one root, review the plan and seal it. Whatever was saved before is gone, also after a failure.

    Another folder than the root's own is for a look that leaves a saved plan alone.
    """
    folder = folder or plan_folder(environment, name)
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
    changes, plan, text = _plan(environment, root, state, folder / "tfplan", files, request)
    if request.release:
        files += request.release.contents
    _write_private(folder / "plan.json", text.encode())
    code = code_files(environment.name, root.name, with_release=request.release is not None)
    facts = gather_facts(environment, root, state, [*code, *files])
    made = datetime.now(UTC)
    rules = Rules.load(environment.name)
    expires = sealing.expiry(made, rules.plan_hours if request.hours is None else request.hours)
    provenance = {
        "commit": str(facts.source),
        "account": facts.account,
        "state": f"serial {facts.serial}" if facts.lineage else "none yet",
        "can be applied until": expires,
    }
    review = review_plan(environment, root.name, plan, request.purpose, folder, provenance)
    write_review(folder, review, plan)
    seal = Seal(
        facts=facts,
        purpose=request.purpose,
        made_at=made.isoformat(timespec="seconds"),
        expires_at=expires,
        artefacts=sealing.digests_in(folder, ARTEFACTS),
        gates=tuple(sorted({trip.gate.name for trip in review.trips})),
        changes=changes,
        allowed_accounts=tuple(plan.variables.get("allowed_account_ids") or ()),
        instances=_instances(plan),
        is_release=request.release is not None,
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
) -> tuple[bool, Plan, str]:
    """Save the plan; where it moves an endpoint that has scaled, with the number of instances that serve.

    Returns whether Terraform has anything to do, the plan, and its JSON as text.
    """
    now = serving.Serving()
    if root.name == "workflow":
        now = serving.Serving.now(state, environment)
        paused = now.paused if request.paused is None else request.paused
        serves = out.parent.parent / "serving.tfvars.json"
        files.append(serving.write(serves, paused, now.configured))
    destroy = request.purpose == "destroy"
    changes = root.plan(out, files, destroy=destroy)
    text = root.show(out)
    plan = Plan.from_json(text)
    if not destroy and now.has_scaled and serving.moves_endpoint(plan):
        serving.write(serves, paused, now.live)
        changes = root.plan(out, files)
        text = root.show(out)
        plan = Plan.from_json(text)
    return changes, plan, text


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


def code_files(environment: str, root: str, *, with_release: bool) -> list[Path]:
    """Return what a root runs: its own code and lock file, the modules, the state machines, the zips.

    A release brings zips and state machine of its own. The rules count too: they say who has to agree.
    """
    folders = [
        (ENVIRONMENTS, "approvals.toml"),
        (ENVIRONMENTS, f"{environment}.s3.tfbackend"),
        (TERRAFORM / root, "*.tf"),
        (TERRAFORM / root, ".terraform.lock.hcl"),
        (TERRAFORM / "modules", "**/*.tf"),
    ]
    if root == "workflow" and not with_release:
        folders += [(REPOSITORY / "statemachine", "*.asl.json"), (BUILD / "lambdas", "*.zip")]
        folders += [(REPOSITORY / "lambdas", "*/*.py")]  # what the zips are packed from
    found = [path for folder, pattern in folders for path in sorted(folder.glob(pattern))]
    # Which of them there is depends on where the state is, not on what is planned.
    return [path for path in found if path.name != "backend_override.tf"]


def _write_private(path: Path, content: bytes) -> None:
    write_bytes(path, content)
    path.chmod(0o600)
