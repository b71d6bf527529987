"""What a plan is about as a whole: a first one, the last one, a pause, or a change of what stands."""

from dataclasses import dataclass
from typing import Any

from scones.review.findings import Context
from scones.review.kinds import CONFIGURATION, ENDPOINT, FUNCTION
from scones.review.meanings.rules import class_names, exceptions, number
from scones.review.plan import Change, Plan
from scones.review.values import at
from scones.rule import Rule

JUDGE = "THRESHOLD_CONFIDENCE"


@dataclass(frozen=True)
class Situation:
    """A plan, what is known beside it, and which kind of plan it is."""

    plan: Plan
    context: Context

    @property
    def is_fresh(self) -> bool:
        """True when nothing stands yet."""
        return len(self.plan.changes) > 1 and all(change.action == "create" for change in self.plan.changes)

    @property
    def is_end(self) -> bool:
        """True when nothing stands afterwards."""
        everything_goes = len(self.plan.changes) > 1 and all(
            change.action == "delete" for change in self.plan.changes
        )
        return self.context.purpose == "destroy" or everything_goes

    @property
    def pauses(self) -> bool:
        asked = self.context.purpose == "pause" or self.plan.variables.get("paused") is True
        return asked and self.endpoint is not None and self.endpoint.action == "delete"

    @property
    def resumes(self) -> bool:
        """True when an endpoint comes back to a configuration that has waited for it."""
        if self.is_fresh or self.endpoint is None or self.endpoint.action != "create":
            return False
        waited = any(change.before for change in self.plan.of_type(CONFIGURATION))
        return waited or self.context.purpose == "resume"

    @property
    def endpoint(self) -> Change | None:
        """The endpoint's own entry, also where it does not change."""
        return next((change for change in self.plan.of_type(ENDPOINT) if not change.is_leftover), None)

    @property
    def configuration(self) -> Change | None:
        found = (change for change in self.plan.of_type(CONFIGURATION) if not change.is_leftover)
        return next(found, None)

    @property
    def judge(self) -> Change | None:
        """The function that compares confidences with the threshold."""
        found = (change for change in self.plan.of_type(FUNCTION) if JUDGE in change.address)
        return next(found, None)

    def setting(self, name: str) -> tuple[Any, Any]:
        """Return a setting of the judge, an environment variable, before and after."""
        path = f"environment.0.variables.{name}"
        judge = self.judge
        return (at(judge.before, path), at(judge.after, path)) if judge else (None, None)

    @property
    def rules(self) -> tuple[Rule | None, Rule | None]:
        """What lets an answer pass, before and after; None where the threshold is not known."""
        thresholds, limits = self.setting("THRESHOLD"), self.setting("OUT_OF_DOMAIN_LIMIT")
        by_class, names = self.setting("CLASS_THRESHOLDS"), self.setting("CLASS_NAMES")
        before, after = (
            None
            if (threshold := number(thresholds[when])) is None
            else Rule(threshold, class_names(names[when]), exceptions(by_class[when]), number(limits[when]))
            for when in (0, 1)
        )
        return before, after
