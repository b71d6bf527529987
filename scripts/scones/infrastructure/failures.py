"""What a failure of Terraform's means, and what to do about it, where we know more than Terraform says."""

import re

from scones.errors import SconesError
from scones.infrastructure.refusals import Refusal

LOCK_FIELD = re.compile(r"^[\s│]*(ID|Path|Operation|Who|Version|Created):\s+(.+?)\s*$", re.MULTILINE)
STILL_SERVES = re.compile(r"Endpoint (\S+) still serves (\S+):")
# Terraform gives up as soon as it sees a rollback, before it is over.
ROLLING_BACK = re.compile(r"Endpoint \((\S+)\) update: unexpected state 'RollingBack'")

# Terraform waits for InService and gives up on any state that does not lead there: this one does, later.
ROLLING_BACK = re.compile(r"Endpoint \((\S+)\) update: unexpected state 'RollingBack'")


class RolledBack(SconesError):
    """SageMaker took an endpoint's update back: the apply has failed, and the former configuration serves."""


def explain(said: str, root: str, environment: str) -> SconesError | None:
    """Return the error that a command should end with, None when Terraform's own words have to do."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", said)
    if "Error acquiring the state lock" in text:
        return _held_lock(dict(LOCK_FIELD.findall(text)), root, environment)
    one_line = " ".join(text.replace("│", " ").split())
    serves = STILL_SERVES.search(one_line)
    if serves:
        return _rolled_back(f"was rolled back: {serves[1]} still serves {serves[2]}, as before", environment)
    rolling_back = ROLLING_BACK.search(one_line)
    if rolling_back:
        return _rolled_back(
            f"is being rolled back: {rolling_back[1]} goes on serving what it served before", environment
        )
    if "Saved plan is stale" in text:
        return Refusal(
            "state-moved", f"something was applied to {root} since the plan was made: run 'make plan' again"
        )
    return None


def _rolled_back(what: str, environment: str) -> RolledBack:
    return RolledBack(
        f"the endpoint's update {what}. Its alarms and log group say why; "
        f"then 'make plan ENV={environment}' again, or 'make rollback ENV={environment}'"
    )


def _held_lock(lock: dict[str, str], root: str, environment: str) -> SconesError:
    lock_id = lock.get("ID", "")
    since = lock.get("Created", "an unknown time").split(".")[0]
    operation = lock.get("Operation", "run").removeprefix("OperationType").lower()
    return Refusal(
        "locked",
        f"the state of {root} is locked by {lock.get('Who', 'somebody')} since {since} UTC ({operation}): "
        f"wait for it; "
        f"if that run is dead, 'make unlock ENV={environment} ARGS=\"--root {root} {lock_id}\"'",
    )
