"""Who things act as: a role that is exchanged gives every permission of another one."""

from collections.abc import Iterator
from typing import Any

from scones.review.guards.destroying import Tripped
from scones.review.kinds import EVENT_TARGET, FUNCTION, MACHINE, MODEL
from scones.review.nouns import title
from scones.review.plan import UNKNOWN, Plan
from scones.review.values import is_empty

ROLES = {FUNCTION: "role", MODEL: "execution_role_arn", EVENT_TARGET: "role_arn", MACHINE: "role_arn"}


def roles(plan: Plan) -> Iterator[Tripped]:
    """Yield what acts as another role than before; its policies were never compared with the former ones."""
    for change in plan.of_type(*ROLES):
        before, after = (side.get(ROLES[change.type]) for side in (change.before, change.after))
        if change.after and not is_empty(before) and before != after:
            text = f"{title(change)} acts as {_role(after)} instead of {_role(before)}"
            yield text, change.address


def _role(arn: Any) -> str:
    if is_empty(arn):
        return "no role"
    return (
        "a role that is not known yet" if arn == UNKNOWN else f"role {str(arn).partition(':role/')[2] or arn}"
    )
