"""Drift: what the refresh found changed since Terraform applied last, told apart from what is asked for.

Much of what Terraform calls drift is none: AWS writes an empty list where the state had nothing, autoscaling
adds instances, and a role repeats the policies that other resources attach to it. That is counted, not shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scones.review.findings import Block, Context, Finding, Part, Risk
from scones.review.ledger.echoes import INLINE, MANAGED, Echoes
from scones.review.ledger.noise import is_said_twice
from scones.review.nouns import title
from scones.review.permissions.policies import grants
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.text import markdown
from scones.review.values import at, attribute, is_same, pair, told_in

TITLE = "Drift"
# Autoscaling's own doing, and what AWS counts by itself.
SCALED = frozenset({"initial_instance_count", "desired_instance_count", "current_instance_count"})
COUNTED = {
    "aws_lambda_function": frozenset(
        {
            "last_modified",
            "version",
            "qualified_arn",
            "qualified_invoke_arn",
            "source_code_size",
            "signing_job_arn",
        }
    ),
    "aws_sfn_state_machine": frozenset({"revision_id", "state_machine_version_arn", "status"}),
    "aws_sagemaker_model_package_group": frozenset({"last_modified_time"}),
}
SHOWN = 4  # attributes in one sentence; the section has them all
SHORT = 60  # characters of a value


@dataclass(frozen=True)
class Drifted:
    """One resource that is not as Terraform left it, and what the plan does about each attribute.

    `attributes` are (path, before, now, what the plan does). `is_gone` and `is_new` are the resource itself.
    """

    title: str
    address: str
    attributes: tuple[tuple[str, Any, Any, str], ...]
    is_gone: bool = False
    outcome: str = ""  # one for the whole resource, where the attributes have the same


def drift(plan: Plan, context: Context) -> Part:  # noqa: ARG001 (every look gets one)
    """Return a finding and a block for each resource that changed by hand; `data` is the same as a list."""
    found, ignored = _split(plan)
    findings = tuple(Finding(Risk.CARE, _sentence(one, one.outcome), one.address) for one in found)
    blocks = [_block(one) for one in found]
    if ignored and found:
        line = f"{ignored} more differ in nothing but what AWS fills in or autoscaling does"
        blocks.append(Block(markdown.text(line), covers=0))
    return Part(TITLE, findings, tuple(blocks), [_as_data(one) for one in found])


def describe(plan: Plan) -> list[str]:
    """Return a line of plain text for each resource that changed by hand, whatever the plan does about it."""
    return [_sentence(one).replace("`", "") for one in _split(plan)[0]]


def _split(plan: Plan) -> tuple[list[Drifted], int]:
    """Return what changed by hand, and the number of resources whose differences mean nothing."""
    echoes = Echoes(plan)
    planned = {change.address: change for change in plan.changes if not change.is_leftover}
    drifted = [change for change in plan.drift if change.is_change]
    found = [_drifted(change, planned.get(change.address), echoes) for change in drifted]
    return [one for one in found if one], found.count(None)


def _drifted(change: Change, planned: Change | None, echoes: Echoes) -> Drifted | None:
    if change.action == "delete":
        outcome = "this plan makes it again" if planned and planned.action == "create" else "it stays away"
        return Drifted(title(change), change.address, (), is_gone=True, outcome=outcome)
    attributes = tuple(
        (path, before, now, _outcome(change, path, before, now, planned, echoes))
        for path, before, now in _differences(change, echoes)
    )
    if not attributes:
        return None
    outcomes = {outcome for _, _, _, outcome in attributes}
    common = outcomes.pop() if len(outcomes) == 1 else ""
    return Drifted(title(change), change.address, attributes, outcome=common)


def _differences(change: Change, echoes: Echoes) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, former and present value of what differs and means something."""
    paths = list(dict.fromkeys(_as_whole(path) for path in change.changed_paths()))
    for path in paths:
        if attribute(path) in SCALED or path in COUNTED.get(change.type, ()) or is_said_twice(path, paths):
            continue
        states = (change.before, change.after)
        before, now = (echoes.without(change, path, at(state, path)) for state in states)
        if not is_same(before, now):
            yield path, before, now


def _as_whole(path: str) -> str:
    """Return the path of the whole list where an entry of it makes no sense alone."""
    root = path.partition(".")[0]
    return root if root in (INLINE, MANAGED) else path


def _outcome(change: Change, path: str, before: Any, now: Any, planned: Change | None, echoes: Echoes) -> str:
    """Return what the plan does about a value that changed by hand."""
    if planned is None or not planned.is_change:
        return "this plan keeps it"
    if planned.action == "delete":
        return "this plan takes the whole away"
    after = echoes.without(change, path, at(planned.after, path))
    if is_same(after, before):
        return "this plan puts it back"
    if is_same(after, now) or after == UNKNOWN:
        return "this plan keeps it" if after != UNKNOWN else "this plan may change it"
    return "this plan sets something else"


# --- Words -------------------------------------------------------------------------------------------


def _sentence(one: Drifted, outcome: str = "") -> str:
    if one.is_gone:
        return f"deleted by hand: {one.title}" + (f"; {outcome}" if outcome else "")
    shown = [_change(path, before, now) for path, before, now, _ in one.attributes[:SHOWN]]
    more = len(one.attributes) - SHOWN
    words = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    return f"changed by hand: {one.title}: {words}" + (f"; {outcome}" if outcome else "")


def _change(path: str, before: Any, now: Any) -> str:
    if told_in(path):
        return f"{_label(path)} {_told(before, now)}"
    old, new = pair(before, now, SHORT)
    return f"{_label(path)} {old} → {new}"


def _label(path: str) -> str:
    root, _, key = path.partition(".")
    if root in ("tags", "tags_all") and key:
        return f"tag {key}"
    return ".".join(step for step in path.split(".") if not step.isdigit())


def _told(before: Any, now: Any) -> str:
    """Return what a policy or a definition has gained and lost, without its JSON."""
    try:
        old, new = ({grant.spelled or grant.action for grant in grants(value)} for value in (before, now))
    except ValueError:
        old, new = ({str(entry) for entry in value or []} for value in _lists(before, now))
    gained, lost = sorted(new - old), sorted(old - new)
    words = [f"gains {', '.join(gained)}"] * bool(gained) + [f"loses {', '.join(lost)}"] * bool(lost)
    return " and ".join(words) or "was edited"


def _lists(*values: Any) -> list[list[Any]]:
    return [value if isinstance(value, list) else [] for value in values]


def _block(one: Drifted) -> Block:
    head = f"{markdown.text(one.title)} ({markdown.code(one.address)})"
    if one.is_gone:
        return Block(f"{head} was deleted by hand; {one.outcome}", Risk.CARE)
    rows = [
        (markdown.code(path), *_cells(path, before, now), markdown.text(outcome))
        for path, before, now, outcome in one.attributes
    ]
    table = markdown.table(("attribute", "as Terraform left it", "now", "what happens"), rows)
    return Block(f"{head}\n\n{table}", Risk.CARE)


def _cells(path: str, before: Any, now: Any) -> tuple[str, str]:
    if told_in(path):
        return "", markdown.text(_told(before, now))
    old, new = pair(before, now, SHORT)
    return markdown.code(old), markdown.code(new)


def _as_data(one: Drifted) -> dict[str, Any]:
    return {
        "address": one.address,
        "what": one.title,
        "deleted": one.is_gone,
        "plan": one.outcome,
        "changed": [
            {"attribute": path, "before": before, "now": now, "plan": outcome}
            for path, before, now, outcome in one.attributes
        ],
    }
