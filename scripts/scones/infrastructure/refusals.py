"""Why a plan is not applied: one named reason each, and what to do about it."""

from scones.errors import SconesError


class Refusal(SconesError):
    """A plan is not applied. `reason` is a name that does not change, for programs and for questions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"refused ({reason}): {message}")
        self.reason = reason
        self.message = message

    def __reduce__(self) -> tuple[type["Refusal"], tuple[str, str]]:
        return type(self), (self.reason, self.message)  # roots are planned in processes of their own
