"""What watches over the workflow beside its alarms: rollback, captures, logs, and the model's accuracy."""

from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.findings import Context, Evaluation
from scones.review.guards import newborn
from scones.review.guards.destroying import Tripped
from scones.review.kinds import CONFIGURATION, ENDPOINT, LOG_GROUP, MODEL
from scones.review.nouns import plural, title
from scones.review.plan import UNKNOWN, Plan
from scones.review.values import at, listed

ROLLBACK = "deployment_config.0.auto_rollback_configuration.0.alarms"
CAPTURE = "data_capture_config.0"
FOR_EVER = 0  # as CloudWatch Logs has it
ACCURACY = "validation:accuracy"
# Pictures that it takes to tell a good model from a bad one. Of 50, a model of 0.90 gets 0.82 to 0.98 right
# 19 times in 20 (1.96 standard deviations of a binomial); of ten, one of 0.70 gets nine or ten right every
# seventh time, and would pass a floor of 0.90.
ENOUGH_PICTURES = 50


def auto_rollback(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001 (every guard gets one)
    """An endpoint whose deployments an alarm can no longer roll back, whatever others can."""
    for change in plan.of_type(ENDPOINT):
        before, after = rollback_alarms(change.before), rollback_alarms(change.after)
        lost = sorted(set(before) - set(after))
        if not change.after or len(lost) <= after.count(UNKNOWN):
            continue
        what = "loses auto-rollback"
        if len(after) < len(before) and after:
            what = f"can be rolled back by {len(after)} instead of {len(before)} alarms"
        elif after:
            what = f"can no longer be rolled back by {plural('alarm', len(lost))} {', '.join(lost)}"
        yield f"{title(change)} {what}", change.address


def captures(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """An endpoint that records a smaller share, only one side, or nothing of what it is asked."""
    for change in plan.of_type(CONFIGURATION):
        if not change.after or at(change.before, f"{CAPTURE}.enable_capture") is not True:
            continue
        before, after = at(change.before, CAPTURE), at(change.after, CAPTURE)
        if at(after, "enable_capture") is not True:
            yield "requests and answers are no longer captured", change.address
            continue
        old, new = share(before), share(after)
        if new < old:
            yield f"captures {new:g} % of requests and answers instead of {old:g} %", change.address
        lost = sorted(modes(before) - modes(after))
        if lost:
            yield f"no longer captures {' and '.join(lost)}", change.address


def accuracy(plan: Plan, context: Context) -> Iterator[Tripped]:
    """A model that begins to serve below the floor, or of which nobody knows how good it is."""
    floor = context.accuracy_floor
    opened = [change for change in plan.of_type(MODEL, ENDPOINT) if change.action in ("create", "replace")]
    if floor is None or not opened or _is_paused(plan):
        return
    reached = planned_accuracy(plan, context)
    evaluation = planned_evaluation(plan, context)
    if reached is None:
        yield f"the model's accuracy is unknown, and the floor is {floor:g}", opened[0].address
    elif reached < floor:
        yield f"the model's accuracy is {reached:.3f}, below the floor of {floor:g}", opened[0].address
    elif evaluation and len(evaluation.answers) < ENOUGH_PICTURES:
        few = f"the model was evaluated on {len(evaluation.answers)} pictures"
        text = f"{few}, and it takes {ENOUGH_PICTURES} to tell whether it is above the floor of {floor:g}"
        yield text, opened[0].address


def _is_paused(plan: Plan) -> bool:
    """Say whether no endpoint serves after the plan: its model opens when it resumes."""
    found = plan.of_type(ENDPOINT)
    serves = any(one.after or one.action == "forget" for one in found)
    return plan.variables.get("paused") is True or (bool(found) and not serves)


def log_retention(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """Logs that are thrown away sooner, and those that are kept for ever from now on."""
    yield from newborn.without_retention(plan)
    for change in plan.of_type(LOG_GROUP):
        if not change.before or not change.after:
            continue
        before, after = (
            state.get("retention_in_days") or FOR_EVER for state in (change.before, change.after)
        )
        if not isinstance(before, int | float) or not isinstance(after, int | float):
            continue
        if before != FOR_EVER and after == FOR_EVER:
            yield f"{title(change)} loses its retention of {before} days", change.address
        elif after != FOR_EVER and (before == FOR_EVER or after < before):
            was = "for ever" if before == FOR_EVER else f"{before} days"
            yield f"{title(change)} keeps its lines for {after} days, before: {was}", change.address


def planned_accuracy(plan: Plan, context: Context) -> float | None:
    """Return the planned model's accuracy on its evaluation set; without one, what training measured."""
    evaluation = planned_evaluation(plan, context)
    if evaluation:
        return evaluation.accuracy
    measured = at(plan.variables, f"model.metrics.{ACCURACY}")
    return float(measured) if isinstance(measured, int | float) else None


def planned_evaluation(plan: Plan, context: Context) -> Evaluation | None:
    """Return what the planned model answered on its evaluation set, None where it answered nothing."""
    found = context.evaluations.get(str(at(plan.variables, "model.training_job_name")))
    return found if found and found.answers else None


def rollback_alarms(endpoint: Mapping[str, Any]) -> list[str]:
    """Return the names of the alarms that can roll back a deployment of an endpoint."""
    return [str(at(alarm, "alarm_name")) for alarm in listed(at(endpoint, ROLLBACK))]


def share(capture: Any) -> float:
    """Return the percentage that is captured; 100 while it is not known."""
    value = at(capture, "initial_sampling_percentage")
    return float(value) if isinstance(value, int | float) else 100.0


def modes(capture: Any) -> set[str]:
    """Return what is captured: Input, Output."""
    options = listed(at(capture, "capture_options"))
    return {str(mode) for option in options for mode in _sides(at(option, "capture_mode"))}


def _sides(mode: Any) -> tuple[str, ...]:
    return ("Input", "Output") if mode == "InputAndOutput" else (str(mode),)
