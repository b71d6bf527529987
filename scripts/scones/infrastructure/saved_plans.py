"""The saved plans of an environment, both roots together."""

import hashlib
import shutil
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from scones.errors import NotDeployed
from scones.files import write_bytes
from scones.infrastructure import variables
from scones.infrastructure.planning import Planned, Request, make_plan, pack, plan_folder
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.seal import Seal
from scones.infrastructure.terraform import ROOTS
from scones.review.plan import Plan
from scones.settings import Environment


def plan_all(
    environment: Environment,
    request: Request,
    roots: Sequence[str] = ROOTS,
) -> list[Planned]:
    """Plan these roots, and leave no other plan behind: what is applied is one set.

    The workflow waits for the foundation and for a model. Where the foundation has something to apply itself
    that the workflow builds on, that is all for now; else NotDeployed says which step comes first.
    """
    pack()
    shutil.rmtree(environment.home / "plans", ignore_errors=True)
    made: list[Planned] = []
    # Side by side, and in processes: Terraform gets its settings through the process environment.
    try:
        # Not forked: a progress line's thread may hold a lock that nobody would ever release in the copy.
        with ProcessPoolExecutor(len(roots), get_context("spawn"), initializer=_end_with_terraform) as pool:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            plans = [pool.submit(make_plan, environment, name, request) for name in roots]
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            for plan in plans:
                try:
                    made.append(plan.result())
                except NotDeployed:
                    if not any(earlier.seal.changes for earlier in made):
                        raise
    except BaseException:
        shutil.rmtree(environment.home / "plans", ignore_errors=True)
        raise
    if hands_over_anew(made):
        shutil.rmtree(made.pop().folder)
    write_digest(environment)
    return made


def _end_with_terraform() -> None:
    """In a process that plans, Ctrl-C is for Terraform, and this one ends after it. Held back until here."""
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def hands_over_anew(made: Sequence[Planned]) -> bool:
    """Say whether the workflow was planned on what the foundation's plan is about to change."""
    if [planned.review.root for planned in made] != list(ROOTS) or made[0].seal.purpose == "destroy":
        return False
    outputs = Plan.from_json((made[0].folder / "plan.json").read_text()).outputs
    return any(outputs.get(name, {}).get("actions", ["no-op"]) != ["no-op"] for name in variables.HANDED_OVER)


def digest(environment: Environment) -> str:
    """Return one SHA-256 that names all saved plans of an environment, by their seals."""
    seals = [plan_folder(environment, name) / "seal.json" for name in ROOTS]
    digests = [Seal.read(path).digest for path in seals if path.is_file()]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def write_digest(environment: Environment) -> None:
    """Write the digest beside the plans, for whoever carries them to another machine."""
    write_bytes(environment.home / "plans" / "digest", f"{digest(environment)}\n".encode())


def check_digest(environment: Environment, wanted: str) -> None:
    """Raise Refusal unless the saved plans are those that the digest names."""
    if digest(environment) != wanted.strip():
        raise Refusal(
            "other-plan",
            f"the saved plans are not those of {wanted[:12]}: fetch them, or run 'make plan' again",
        )
