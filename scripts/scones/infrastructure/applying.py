"""Apply sealed plans, and nothing else. Every reason not to has a name (scones.infrastructure.refusals)."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scones.infrastructure import releases, variables
from scones.infrastructure import seal as sealing
from scones.infrastructure.approvals import Rules, allowed_gates, confirm
from scones.infrastructure.planning import code_files, gather_facts, plan_folder
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.reviewing import review_plan
from scones.infrastructure.seal import Seal
from scones.infrastructure.serving import Serving
from scones.infrastructure.source import Source
from scones.infrastructure.state import State
from scones.infrastructure.terraform import ROOTS, Root
from scones.review.gates import GATES
from scones.review.plan import Plan
from scones.settings import REPOSITORY, Environment


@dataclass(frozen=True)
class Sealed:
    """A saved plan that has been found to be what was sealed.

    `gates` are those that this code sees it trip, whatever the seal says of them.
    """

    root: Root
    folder: Path
    seal: Seal
    gates: frozenset[str]


def saved_plans(environment: Environment) -> list[str]:
    """Return the roots that have a saved plan, in the order in which they are applied."""
    return [name for name in ROOTS if (plan_folder(environment, name) / "tfplan").is_file()]


def check(environment: Environment, name: str) -> Sealed:
    """Return the saved plan of a root. Raises Refusal when anything differs from what was sealed."""
    folder = plan_folder(environment, name)
    if not (folder / "tfplan").is_file():
        raise Refusal(
            "no-plan", f"no plan of {name} is saved: run 'make plan ENV={environment.name}' and read it"
        )
    seal = Seal.read(folder / "seal.json")
    if seal.changes:
        sealing.check_time(seal)
    sealing.check_artefacts(seal, folder)
    sealing.check_account(seal, environment.client("sts").get_caller_identity()["Account"])
    root = Root(name, environment)
    root.init()
    state = root.state()
    if name == "workflow" and seal.purpose != "destroy":
        # Written anew from where they come from: another machine may have trained, or applied the foundation.
        variables.foundation_file(environment)
        if not seal.is_release:
            variables.model_file(environment)
    sealing.check_facts(seal, gather_facts(environment, root, state, _files(environment, seal)))
    _check_instances(environment, state, seal)
    return Sealed(root, folder, seal, _gates(environment, root, seal, folder))


def _gates(environment: Environment, root: Root, seal: Seal, folder: Path) -> frozenset[str]:
    """Look at the plan once more: its seal may have been made by other code than this."""
    if not seal.changes:
        return frozenset()  # it is not applied
    plan = Plan.from_json(root.show(folder / "tfplan"))
    review = review_plan(environment, root.name, plan, seal.purpose, folder)
    return frozenset(trip.gate.name for trip in review.trips)


def check_agreement(environment: Environment, plans: Sequence[Sealed]) -> None:
    """Raise Refusal unless all agree: the gates, a committed tree, whoever types the environment's name."""
    rules = Rules.load(environment.name)
    if rules.clean_tree and (Source.here().dirty or any(plan.seal.facts.source.dirty for plan in plans)):
        raise Refusal(
            "tree-dirty", f"{environment.name} takes only what is committed: commit, then plan again"
        )
    allowed = allowed_gates(gate.name for gate in GATES)
    needed = {
        gate
        for plan in plans
        for gate in plan.gates
        if gate not in allowed and not rules.approves(gate, plan.seal.purpose)
    }
    if needed:
        people = sorted({gate.approver for gate in GATES if gate.name in needed})
        names = ",".join(sorted(needed))
        raise Refusal(
            "gate",
            f"{names}: {' and '.join(people)} would have to agree, and the review says to what; "
            f"then run again with ALLOW={names}",
        )
    if rules.confirm and any(plan.seal.changes for plan in plans):
        confirm(environment, _question(environment, plans))


def apply(environment: Environment, plan: Sealed) -> None:
    """Apply a plan that has been checked, and forget it.

    Raises RolledBack when SageMaker took the endpoint's update back; SconesError when Terraform failed.
    """
    if plan.root.name == "workflow":
        with releases.recorded(environment, plan.seal.as_json()):
            _apply(plan)
    else:
        _apply(plan)
        if plan.seal.purpose != "destroy":
            plan.root.keep_state_in_bucket()  # which a first apply has just made


def _apply(plan: Sealed) -> None:
    try:
        if plan.seal.changes:
            plan.root.apply(plan.folder / "tfplan")
    except Refusal:
        raise  # nothing was done, and the plan can be applied when the lock is gone
    except BaseException:
        shutil.rmtree(plan.folder, ignore_errors=True)
        raise
    shutil.rmtree(plan.folder, ignore_errors=True)  # a plan can be applied once


def _files(environment: Environment, seal: Seal) -> list[Path]:
    """Every file that the seal names, and every one that the root would be planned with now."""
    named = [
        environment.home / name.removeprefix("home/") if name.startswith("home/") else REPOSITORY / name
        for name in seal.facts.files
    ]
    code = code_files(environment.name, seal.facts.root, with_release=seal.is_release)
    return list(dict.fromkeys([*named, *code]))


def _check_instances(environment: Environment, state: State, seal: Seal) -> None:
    """Refuse a deployment that would take away instances which autoscaling has added since the plan."""
    planned = seal.instances
    if planned is None:
        return
    live = Serving.now(state, environment).live
    if live is not None and live > planned:
        raise Refusal(
            "instances-moved",
            f"{live} instances serve now, and the plan would leave {planned}: "
            f"run 'make plan ENV={environment.name}' again",
        )


def _question(environment: Environment, plans: Sequence[Sealed]) -> str:
    what = " and ".join(plan.root.name for plan in plans)
    verb = "destroyed" if any(plan.seal.purpose == "destroy" for plan in plans) else "changed"
    return f"{what} of {environment.name} (account {plans[0].seal.facts.account}) will be {verb}."
