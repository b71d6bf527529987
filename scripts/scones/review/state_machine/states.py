"""The state machine: what its states do differently after a plan, and whether its role lets them."""

from collections.abc import Iterable, Mapping
from typing import Any

from scones.review.findings import Block, Context, Finding, Part, Risk
from scones.review.kinds import MACHINE
from scones.review.nouns import plural
from scones.review.permissions.holders import Holder, is_sensitive
from scones.review.permissions.policies import Statement, statements
from scones.review.permissions.widenings import all_grants, names
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.state_machine.definition import SEPARATOR, Machine
from scones.review.state_machine.differences import Difference, Differences, compare
from scones.review.state_machine.graph import flowchart
from scones.review.state_machine.sufficiency import Check, check, role_of
from scones.review.text import markdown

TITLE = "State machine"
MOST_TOLD = 15  # changes of states in the head of the review; the section has them all
# What of a machine, beside its definition, decides what its role needs.
SETTINGS = ("role_arn", "logging_configuration", "tracing_configuration", "encryption_configuration")


def state_machine(plan: Plan, context: Context) -> Part:  # noqa: ARG001 (every look gets one)
    """Return what changes about every state machine of the plan, and whether its role suffices."""
    findings: list[Finding] = []
    blocks: list[Block] = []
    data = []
    for change in plan.of_type(MACHINE):
        look = _Look(plan, change)
        findings += look.findings
        blocks += look.blocks
        data += [look.data] if look.data else []
    return Part(TITLE, tuple(findings), tuple(blocks), {"machines": data} if data else None)


class _Look:
    """One state machine of the plan: findings, blocks and data, all empty where nothing about it changes."""

    def __init__(self, plan: Plan, change: Change) -> None:
        self.change = change
        self.findings: list[Finding] = []
        self.blocks: list[Block] = []
        self.data: dict[str, Any] = {}
        name = change.after.get("name") or change.before.get("name")
        self.title = f"state machine `{change.name if name in (None, UNKNOWN) else name}`"
        if not change.after:
            if change.action == "delete":
                self._gone()
            return
        before, after = _machine(change.before), _machine(change.after)
        is_touched = change.before.get("definition") != change.after.get("definition")
        if not (is_touched or _needs_a_check(plan, change)):
            return
        self.data = {"address": change.address, "title": self.title.replace("`", "")}
        if after is None or is_sensitive(change, "definition"):
            self._unknown()
            return
        differences = compare(before, after) if before else Differences()
        self._say_differences(before, after, differences)
        found = check(plan, change, after)
        self._say_check(found)
        self._show(before, after, differences, found)

    # --- The head of the review ----------------------------------------------------------------------

    def _find(self, risk: Risk, text: str) -> None:
        self.findings.append(Finding(risk, text, self.change.address))

    def _gone(self) -> None:
        self._find(Risk.CARE, f"{self.title} goes, and its executions with it")
        self.data = {"address": self.change.address, "is_gone": True}
        self.blocks.append(Block(f"**{markdown.text(self.title)}** · goes", Risk.CARE))

    def _unknown(self) -> None:
        reason = _why_hidden(self.change)
        text = f"{self.title}: its definition {reason}, so nobody could check its states and what they need"
        self._find(Risk.CARE, text)
        self.data["trouble"] = f"definition {reason}"
        self.blocks.append(Block(markdown.text(text), Risk.CARE))

    def _say_differences(self, before: Machine | None, after: Machine, differences: Differences) -> None:
        if before is None:
            start = after.starts[""]
            number = len(after.states)
            self._find(
                Risk.NOTE, f"{self.title} is new: {number} {plural('state', number)}, starting at `{start}`"
            )
        told = list(_told(differences))
        for risk, text in sorted(told, key=lambda one: -one[0])[:MOST_TOLD]:
            self._find(risk, text)
        if len(told) > MOST_TOLD:
            rest = len(told) - MOST_TOLD
            worst = max(risk for risk, _ in told)
            self._find(worst, f"{self.title}: {rest} more {plural('change', rest)} of states, listed below")
        unreached = _newly_unreached(before, after)
        if unreached:
            self._find(Risk.CARE, f"{self.title}: no execution reaches {names(unreached)}")
        self.data |= {
            "added": list(differences.added),
            "removed": list(differences.removed),
            "renamed": dict(differences.renamed),
            "changed": [_sentence(one) for one in (*differences.top, *differences.changed)],
            "states": list(after.states),
        }

    def _say_check(self, found: Check) -> None:
        for text in _missing(found):
            self._find(Risk.CARE, text)
        if found.trouble:
            self._find(
                Risk.NOTE if self.change.action == "create" else Risk.CARE,
                f"whether {self.title} may do what its states need could not be checked: {found.trouble}",
            )
        for statement in statements(found.unused):
            self._find(Risk.NOTE, _unused(found, statement))
        self.data["check"] = {
            "role": found.role,
            "trouble": found.trouble,
            "missing": [vars(need) for need in found.missing],
            "unused": [{"action": one.spelled, "resource": one.resource} for one in found.unused],
            "unknown": [{"state": path, "why": why} for path, why in found.unknown],
        }

    # --- The section ---------------------------------------------------------------------------------

    def _show(self, before: Machine | None, after: Machine, differences: Differences, found: Check) -> None:
        worst = max((finding.risk for finding in self.findings), default=Risk.NOTE)
        verb = "new" if before is None else "changes" if differences else "same definition"
        parts = [f"**{markdown.text(self.title)}** · {verb}", _lines(differences), _check_text(found)]
        self.blocks.append(Block("\n\n".join(part for part in parts if part), worst))
        graphs = _graphs(before, after, differences)
        if graphs:
            self.blocks.append(Block(graphs, Risk.NOTE))


def _machine(values: Mapping[str, Any]) -> Machine | None:
    try:
        return Machine.from_json(str(values.get("definition", "")))
    except (ValueError, AttributeError, KeyError, TypeError):
        return None


def _why_hidden(change: Change) -> str:
    if is_sensitive(change, "definition"):
        return "is marked sensitive"
    return "is known after apply only" if change.after.get("definition") == UNKNOWN else "cannot be read"


def _needs_a_check(plan: Plan, change: Change) -> bool:
    """Say whether what the machine needs, or what its role may do, can have changed."""
    if any(change.before.get(name) != change.after.get(name) for name in SETTINGS):
        return True
    role = role_of(plan, change)
    return role is not None and _is_changed(role)


def _is_changed(role: Holder) -> bool:
    before, after = role.before, role.after
    return all_grants(before.policies) != all_grants(after.policies) or before.managed != after.managed


def _told(differences: Differences) -> Iterable[tuple[Risk, str]]:
    """Return a sentence a change, except for comments."""
    for path in differences.removed:
        yield Risk.CARE, f"state `{path}` is removed"
    for path in differences.added:
        yield Risk.SAFE, f"state `{path}` is new"
    for old, new in differences.renamed:
        yield Risk.SAFE, f"state `{old}` is renamed to `{new}`"
    for one in (*differences.top, *differences.changed):
        if not _is_comment(one):
            yield Risk.CARE if one.is_loss or one.is_way else Risk.SAFE, _sentence(one)


def _newly_unreached(before: Machine | None, after: Machine) -> list[str]:
    reached, earlier = after.reached(), before.reached() if before else set()
    never = before.states.keys() - earlier if before else set()
    lost = [path for path in after.states if path not in reached and path not in never]
    return [path for path in lost if not any(path.startswith(outer + SEPARATOR) for outer in lost)]


def _sentence(one: Difference) -> str:
    return f"state `{one.state}` {one.text}" if one.state else one.text


def _is_comment(one: Difference) -> bool:
    return one.text == "has another comment"


def _missing(found: Check) -> Iterable[str]:
    """Return one sentence for what a state lacks on one resource."""
    groups: dict[tuple[str, bool, str], list[str]] = {}
    for need in found.missing:
        groups.setdefault((need.why, need.is_state, need.resource), []).append(need.action)
    for (why, is_state, resource), actions in groups.items():
        lacks = names(actions, 10) + (f" on `{resource}`" if resource else "")
        if is_state:
            yield f"state `{why}` may not {lacks}: its executions will fail"
        else:
            yield f"role `{found.role}` may not {lacks}, which {why} needs"


def _unused(found: Check, statement: Statement) -> str:
    doubt = ", as far as its states can be checked" if found.unknown else ""
    where = names([one for one in statement.resources if one], 3)
    return f"role `{found.role}` may do {names(statement.actions)} on {where}, which no state needs{doubt}"


def _lines(differences: Differences) -> str:
    comments = [_sentence(one) for one in (*differences.top, *differences.changed) if _is_comment(one)]
    lines = [text for _, text in _told(differences)] + comments
    return "\n".join(f"- {markdown.text(line)}" for line in lines)


def _check_text(found: Check) -> str:
    if found.trouble:
        return f"What its states need could not be checked: {markdown.text(found.trouble)}."
    lines = [f"- missing: {markdown.text(text)}" for text in _missing(found)]
    lines += [f"- unused: {markdown.text(_unused(found, one))}" for one in statements(found.unused)]
    lines += [f"- not checked: {markdown.text(f'state `{path}`: {why}')}" for path, why in found.unknown]
    role = markdown.code(found.role)
    if lines:
        return f"What its states need, and what role {role} may do:\n\n" + "\n".join(lines)
    return f"Role {role} may do all that its states need, and nothing else."


def _graphs(before: Machine | None, after: Machine, differences: Differences) -> str:
    if before is None:
        return _folded("Graph", after, {})
    if not differences:
        return ""
    old = dict.fromkeys(differences.removed, "removed") | {path: "changed" for path, _ in differences.renamed}
    touched = [one.state for one in differences.changed if not _is_comment(one)]
    renamed = {new: previous for previous, new in differences.renamed}
    new = dict.fromkeys(touched, "changed") | dict.fromkeys(renamed, "changed")
    old |= {renamed.get(path, path): "changed" for path in touched}
    new |= dict.fromkeys(differences.added, "added")
    return "\n\n".join((_folded("Graph before", before, old), _folded("Graph after", after, new)))


def _folded(summary: str, machine: Machine, marks: Mapping[str, str]) -> str:
    drawn = flowchart(machine, marks)
    body = markdown.fenced(drawn, "mermaid") if drawn else "Too large to be drawn."
    return markdown.details(summary, body)
