"""Which model serves afterwards, and whether it answers better or worse than the one before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scones.review.findings import Context, Evaluation, Finding, Risk
from scones.review.guards.watching import ACCURACY, planned_accuracy
from scones.review.kinds import MODEL
from scones.review.meanings.rules import number, passing
from scones.review.meanings.situation import Situation
from scones.review.nouns import because
from scones.review.plan import Change
from scones.review.values import at, both, plain

UNKNOWN_ACCURACY = "unknown"
TOLERATED = 0.1  # share of pictures that may go to people instead, before anybody has to look


@dataclass(frozen=True)
class Served:
    """A model as the plan knows it: its training job, the data it was trained on, what training measured."""

    job: str
    data: str
    validation: float | None
    evaluation: Evaluation | None

    @classmethod
    def from_tags(cls, change: Change, context: Context) -> "Served":
        """Read the model that serves now from its tags; AWS keeps nothing else of where it came from."""
        tags = change.before.get("tags")
        tags = tags if isinstance(tags, Mapping) else {}
        job = str(tags.get("TrainingJob") or "")
        return cls(
            job,
            str(tags.get("DataDigest") or ""),
            number(tags.get("ValidationAccuracy")),
            _evaluation(context, job),
        )

    @classmethod
    def planned(cls, variables: Mapping[str, Any], context: Context) -> "Served":
        """Read the model that will serve from its manifest."""
        model = variables.get("model")
        model = model if isinstance(model, Mapping) else {}
        job = str(model.get("training_job_name") or "")
        measured = model.get("metrics")
        measured = measured if isinstance(measured, Mapping) else {}
        validation = number(measured.get(ACCURACY))
        return cls(job, str(model.get("data_digest") or ""), validation, _evaluation(context, job))


def models(now: Situation) -> Iterator[Finding]:
    """Yield how the planned model compares with the one that serves, where another one will."""
    opened = [change for change in now.plan.of_type(MODEL) if change.action in ("create", "replace")]
    gone = [change for change in now.plan.of_type(MODEL) if change.goes and not change.is_leftover]
    new = Served.planned(now.plan.variables, now.context)
    if now.resumes and not opened:
        yield Finding(Risk.NOTE, f"model: the one from before the pause, {_alone(now)}")
    elif opened and not gone:
        yield Finding(Risk.NOTE, f"model: {_alone(now)}", opened[0].address)
    elif opened:
        old = Served.from_tags(gone[0], now.context)
        yield from _between(old, new, opened[0], now)
    if opened:
        yield from _of_target(now.plan.variables.get("model"), opened[0])


def _between(old: Served, new: Served, change: Change, now: Situation) -> Iterator[Finding]:
    if old.job and old.job == new.job:
        text = f"model: of the same training job, made anew{because(change)}"
        yield Finding(Risk.SAFE, text, change.address)
    else:
        text, is_worse = _compared(old, new)
        risk = Risk.CARE if is_worse else Risk.SAFE
        yield Finding(risk, f"model: {text}{_trained(old, new)}", change.address)
        yield from _at_threshold(old, new, change, now)
    yield from _of_container(change)


def _compared(old: Served, new: Served) -> tuple[str, bool]:
    """Return the comparison, and whether the new model is worse or nobody can tell."""
    if old.evaluation and new.evaluation:
        return _on_pictures(old.evaluation, new.evaluation)
    before, after = old.validation, new.validation
    if old.data and old.data != new.data:
        text = f"validation accuracy {_said(before)} → {_said(after)}, measured on different data"
        return f"{text}: the two do not compare", True
    text = f"validation accuracy {_said(before)} → {_said(after)}"
    return text, before is None or after is None or after < before


def _on_pictures(old: Evaluation, new: Evaluation) -> tuple[str, bool]:
    common = sorted(old.answers.keys() & new.answers.keys())
    if len(common) == len(old.answers) == len(new.answers):
        turned = _turned(old, new, common)
        text = f"accuracy {old.accuracy:.3f} → {new.accuracy:.3f} on the same {len(common)} pictures{turned}"
        return text, new.accuracy < old.accuracy
    text = (
        f"accuracy {old.accuracy:.3f} on {len(old.answers)} pictures → "
        f"{new.accuracy:.3f} on {len(new.answers)} pictures that are not the same"
    )
    if not common:
        return f"{text}: the two do not compare", True
    before, after = (_share(evaluation, common) for evaluation in (old, new))
    return f"{text}; on the {len(common)} that are, {before:.3f} → {after:.3f}", after < before


def _turned(old: Evaluation, new: Evaluation, common: list[str]) -> str:
    worse = sum(old.answers[key].is_right and not new.answers[key].is_right for key in common)
    better = sum(new.answers[key].is_right and not old.answers[key].is_right for key in common)
    return f" ({worse} turn wrong, {better} turn right)" if worse or better else ""


def _at_threshold(old: Served, new: Served, change: Change, now: Situation) -> Iterator[Finding]:
    """Yield what the new model lets pass at the planned threshold, where both saw the same pictures."""
    before_it, planned = now.rules
    if planned is None or not (old.evaluation and new.evaluation):
        return
    if old.evaluation.answers.keys() != new.evaluation.answers.keys():
        return
    # Each model's limit is its own: a score means nothing to another model.
    former = replace(planned, out_of_domain_limit=before_it.out_of_domain_limit if before_it else None)
    (before, wrong_before), (after, wrong_after) = (
        passing(former, old.evaluation),
        passing(planned, new.evaluation),
    )
    pictures = len(new.evaluation.answers)
    text = (
        f"at the threshold {planned.threshold:g}, {before} → {after} of the same {pictures} pictures pass, "
        f"{wrong_before} → {wrong_after} of them wrong"
    )
    for_people = after < before * (1 - TOLERATED)
    risk = Risk.CARE if wrong_after > wrong_before or for_people else Risk.SAFE
    yield Finding(risk, text, change.address)


def _of_target(manifest: Any, change: Change) -> Iterator[Finding]:
    """Yield that no threshold of the planned model keeps to the error that it was chosen for."""
    if at(manifest, "target_reached") is not False:
        return
    target = number(at(manifest, "target_error"))
    asked = "what was asked for" if target is None else f"{target:.1%}".replace("%", " %")
    text = f"no threshold keeps its error at {asked}: only its surest answers are trusted"
    yield Finding(Risk.CARE, f"model: {text}, and of them more may be wrong", change.address)


def _of_container(change: Change) -> Iterator[Finding]:
    old, new = both(change, "primary_container.0.image")
    if old and new and old != new:
        yield Finding(Risk.CARE, f"model: image {plain(old, 120)} → {plain(new, 120)}", change.address)
    isolated, still = both(change, "enable_network_isolation")
    if isolated is True and still is not True:
        yield Finding(Risk.CARE, "model: its container is no longer cut off from the network", change.address)


def _alone(now: Situation) -> str:
    new = Served.planned(now.plan.variables, now.context)
    if new.evaluation:
        return f"accuracy {new.evaluation.accuracy:.3f} on {len(new.evaluation.answers)} pictures"
    reached = planned_accuracy(now.plan, now.context)
    return f"validation accuracy {_said(reached)}"


def _trained(old: Served, new: Served) -> str:
    if not old.data or not new.data:
        return ""
    return f"; trained on {'the same' if old.data == new.data else 'other'} data"


def _share(evaluation: Evaluation, keys: list[str]) -> float:
    return sum(evaluation.answers[key].is_right for key in keys) / len(keys)


def _evaluation(context: Context, job: str) -> Evaluation | None:
    found = context.evaluations.get(job)
    return found if found and found.answers else None


def _said(accuracy: float | None) -> str:
    return UNKNOWN_ACCURACY if accuracy is None else f"{accuracy:.3f}"
