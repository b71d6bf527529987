"""Permissions: who may do what after a plan that they may not do now, and the other way round.

Policies are compared by what they say (scones.review.permissions.policies), never as text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from scones.review.findings import Block, Context, Finding, Part, Risk
from scones.review.nouns import plural
from scones.review.permissions.access_levels import LEVELS, expanded, is_every, is_wild, levels, narrowest
from scones.review.permissions.holders import Document, Holder, holders, own_account
from scones.review.permissions.policies import (
    Grant,
    Statement,
    condition_text,
    is_covered,
    is_same_but_condition,
    statements,
)
from scones.review.permissions.widenings import (
    ROLE_IS_PASSED,
    Widenings,
    all_grants,
    is_aws_own,
    is_root_of,
    is_wide_managed,
    names,
    widenings,
)
from scones.review.plan import Plan
from scones.review.text import markdown

TITLE = "Permissions"
HARMLESS = "no needless wildcard, no PassRole, no other account"
SHOWN = 12  # names in one cell of a table; review.json has them all


def permissions(plan: Plan, context: Context) -> Part:  # noqa: ARG001 (every look gets one)
    """Return every change of permissions: what is opened first, then the rest, statement by statement."""
    changed = [holder for holder in holders(plan) if _is_changed(holder)]
    if not changed:
        return Part(TITLE)
    opened, own = widenings(plan), own_account(plan)
    findings = [Finding(Risk.CARE, one.text, one.address) for one in opened.all]
    findings += [finding for holder in changed for finding in _of_changed(holder, own)]
    findings += _counted_new([holder for holder in changed if holder.is_new], opened)
    findings += _counted_gone([holder for holder in changed if holder.is_gone])
    worst = {finding.address for finding in findings if finding.risk >= Risk.CARE}
    blocks = tuple(_block(holder, worst) for holder in changed)
    data = {
        "holders": [_as_data(holder) for holder in changed],
        "opened": {
            kind: [{"text": one.text, "address": one.address} for one in ones]
            for kind, ones in vars(opened).items()
            if ones
        },
    }
    return Part(TITLE, tuple(findings), blocks, data)


# --- What changes ------------------------------------------------------------------------------------


def _is_changed(holder: Holder) -> bool:
    before, after = holder.before, holder.after
    return (
        all_grants(before.trust) != all_grants(after.trust)
        or all_grants(before.policies) != all_grants(after.policies)
        or (before.managed, before.boundary) != (after.managed, after.boundary)
        or _troubles(before.trust, before.policies) != _troubles(after.trust, after.policies)
    )


def _troubles(*documents: Iterable[Document]) -> set[tuple[str, str]]:
    return {(one.name, one.trouble) for many in documents for one in many if one.trouble}


def _opened(holder: Holder) -> list[Grant]:
    """Return what the holder's policies allow afterwards and did not before."""
    return _beyond(all_grants(holder.after.policies), all_grants(holder.before.policies))


def _closed(holder: Holder) -> list[Grant]:
    return _beyond(all_grants(holder.before.policies), all_grants(holder.after.policies))


def _beyond(these: frozenset[Grant], others: frozenset[Grant]) -> list[Grant]:
    return [grant for grant in these - others if grant.effect == "Allow" and not is_covered(grant, others)]


# --- The head of the review --------------------------------------------------------------------------


def _of_changed(holder: Holder, own: str | None) -> Iterable[Finding]:
    """Say in a sentence or two what becomes of one holder, beyond what is opened."""
    if holder.is_gone:
        return
    if not holder.is_new:
        yield from _of_managed(holder)
        yield from _of_trust(holder)
        yield from _of_actions(holder, own)
        return
    for document in (*holder.after.trust, *holder.after.policies):
        if document.trouble:
            text = f"{holder.title}: policy `{document.name}` is {document.trouble}"
            yield Finding(Risk.NOTE, text, document.address)


def _of_actions(holder: Holder, own: str | None) -> Iterable[Finding]:
    old = all_grants(holder.before.policies)
    opened = [grant for grant in _opened(holder) if not _is_told(holder, grant, old, own)]
    managing = [grant for grant in opened if holder.is_identity and levels([grant.action]) == LEVELS[:1]]
    rest = [grant for grant in opened if grant not in managing]
    more, less = (
        ("may also do", "may no longer do") if holder.is_identity else ("also allows", "no longer allows")
    )
    for risk, verb, some in (
        (Risk.CARE, "newly manages permissions:", managing),
        (Risk.SAFE, more, rest),
        (Risk.SAFE, less, _closed(holder)),
    ):
        if some:
            yield Finding(risk, f"{holder.title} {verb} {_said(some)}", holder.address)


def _of_trust(holder: Holder) -> Iterable[Finding]:
    before, after = (
        {grant.principal for grant in all_grants(side.trust) if grant.effect == "Allow"}
        for side in (holder.before, holder.after)
    )
    if before - after and not any(document.trouble for document in holder.after.trust):
        text = f"{holder.title} may no longer be assumed by {names(sorted(before - after))}"
        yield Finding(Risk.SAFE, text, holder.address)


def _is_told(holder: Holder, grant: Grant, old: frozenset[Grant], own: str | None) -> bool:
    """Say whether a grant is among what the plan opens, and needs no second sentence."""
    if is_same_but_condition(grant, old):
        return True
    if not holder.is_identity:
        is_known = any(grant.principal == other.principal for other in old if other.effect == "Allow")
        return not is_root_of(grant.principal, own) and (is_wild(grant.action) or not is_known)
    if is_wild(grant.action) or grant.action == ROLE_IS_PASSED:
        return True
    return is_every(grant.resource) and bool(narrowest([grant.action]))


def _said(grants: Sequence[Grant]) -> str:
    """Return what grants are about: actions, resources, whom they are for, and access levels."""
    resources = sorted({grant.resource for grant in grants if grant.resource})
    principals = sorted({grant.principal for grant in grants if grant.principal})
    said = [names(sorted({grant.spelled for grant in grants}))]
    said += [f"on {names(resources, 3)}"] if resources else []
    said += [f"to {names(principals, 3)}"] if principals else []
    return " ".join([*said, f"({', '.join(levels(grant.action for grant in grants))})"])


def _of_managed(holder: Holder) -> Iterable[Finding]:
    for arn in sorted(holder.after.managed - holder.before.managed):
        if is_aws_own(arn) and not is_wide_managed(arn):
            text = f"{holder.title} gets the policy `{arn}`, whose statements are not in this plan"
            yield Finding(Risk.CARE, text, holder.address)
    for arn in sorted(holder.before.managed - holder.after.managed):
        yield Finding(Risk.SAFE, f"{holder.title} loses the policy `{arn}`", holder.address)


def _counted_new(new: Sequence[Holder], opened: Widenings) -> list[Finding]:
    if not new:
        return []
    ours = {address for holder in new for address in _addresses(holder)}
    is_harmless = ours.isdisjoint(one.address for one in opened.all)
    none = f": {_unknown_of(new)}{HARMLESS}" if is_harmless else ""
    return [Finding(Risk.NOTE, f"new permissions of {_counted_kinds(new)}{none}")]


def _unknown_of(new: Sequence[Holder]) -> str:
    """Return which policies cannot be told yet; what is said of the others is not said of them."""
    unknown = [
        f"`{document.name}` of {holder.title}"
        for holder in new
        for document in (*holder.after.trust, *holder.after.policies)
        if document.trouble
    ]
    if not unknown:
        return ""
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    verb = "is" if len(unknown) == 1 else "are"
    return f"what {', '.join(unknown[:SHOWN])}{more} will say {verb} not known; of the others "


def _counted_gone(gone: Sequence[Holder]) -> list[Finding]:
    return [Finding(Risk.NOTE, f"permissions go with {_counted_kinds(gone)}")] if gone else []


def _counted_kinds(some: Sequence[Holder]) -> str:
    counted = Counter(holder.kind for holder in some)
    said = [f"{number} {plural(kind, number)}" for kind, number in counted.items()]
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


# --- The section -------------------------------------------------------------------------------------


def _block(holder: Holder, worst: set[str]) -> Block:
    addresses = _addresses(holder)
    risk = Risk.NOTE if holder.is_new or holder.is_gone else Risk.SAFE
    if worst & addresses:
        risk = Risk.CARE
    text = "\n\n".join(part for part in (_headline(holder), _table(holder)) if part)
    return Block(text, risk, covers=len(addresses))


def _addresses(holder: Holder) -> set[str]:
    documents = (*holder.before.trust, *holder.before.policies, *holder.after.trust, *holder.after.policies)
    return {holder.address, *(document.address for document in documents)}


def _headline(holder: Holder) -> str:
    said = [f"**{holder.kind} {markdown.code(holder.name)}**"]
    if holder.is_new:
        said.append("new")
    if holder.is_gone:
        said.append("goes")
    for sign, gained in (("gets", holder.after), ("loses", holder.before)):
        other = holder.before if gained is holder.after else holder.after
        if gained.managed - other.managed:
            said.append(f"{sign} " + ", ".join(map(markdown.code, sorted(gained.managed - other.managed))))
        if gained.boundary and gained.boundary != other.boundary:
            said.append(f"{sign} the boundary {markdown.code(gained.boundary)}")
    for name, trouble in sorted(_troubles(holder.after.trust, holder.after.policies)):
        said.append(f"policy {markdown.code(name)}: {markdown.text(trouble)}")
    return " · ".join(said)


def _table(holder: Holder) -> str:
    """Return one row a statement. Columns that would be empty in every row are left out."""
    if holder.is_gone:
        return ""
    head = ("", "who", "may", "on", "when", "level")
    rows = [_row(sign, statement) for sign, statement in _statements(holder)]
    kept = [column for column in range(len(head)) if any(row[column] for row in rows)]
    if holder.is_new:
        kept = [column for column in kept if column]
    return (
        markdown.table([head[at] for at in kept], [[row[at] for at in kept] for row in rows]) if rows else ""
    )


def _statements(holder: Holder) -> list[tuple[str, Statement]]:
    """Return added and removed statements, trust first."""
    found = []
    for before, after in (
        (holder.before.trust, holder.after.trust),
        (holder.before.policies, holder.after.policies),
    ):
        old, new = all_grants(before), all_grants(after)
        found += [("+", statement) for statement in statements(new - old)]
        found += [("−", statement) for statement in statements(old - new)]
    return found


def _row(sign: str, statement: Statement) -> list[str]:
    denied = "" if statement.effect == "Allow" else "**not** "
    return [
        sign,
        _cell([principal for principal in statement.principals if principal]),
        denied + _cell(statement.actions, _counted),
        _where(statement),
        _cell([condition_text((entry,)) for entry in statement.condition]),
        ", ".join(levels(statement.actions)),
    ]


def _where(statement: Statement) -> str:
    where = _cell([resource for resource in statement.resources if resource])
    is_least = statement.resources == ("*",) and not any(statement.principals)
    if is_least and not narrowest(statement.actions):
        where += " (AWS knows no narrower resource)"
    return where


def _counted(action: str) -> str:
    return (
        f"{markdown.code(action)} ({len(expanded(action))} actions)"
        if is_wild(action)
        else markdown.code(action)
    )


def _cell(words: Sequence[str], shown: Any = markdown.code) -> str:
    listed = "<br>".join(shown(word) for word in words[:SHOWN])
    return listed + (f"<br>and {len(words) - SHOWN} more" if len(words) > SHOWN else "")


# --- For programs ------------------------------------------------------------------------------------


def _as_data(holder: Holder) -> dict[str, Any]:
    before, after = holder.before, holder.after
    sides = {"trust": (before.trust, after.trust), "policies": (before.policies, after.policies)}
    return {
        "kind": holder.kind,
        "name": holder.name,
        "address": holder.address,
        "is_new": holder.is_new,
        "is_gone": holder.is_gone,
        "unknown": sorted(name for name, _ in _troubles(after.trust, after.policies)),
        "managed": {
            "added": sorted(after.managed - before.managed),
            "removed": sorted(before.managed - after.managed),
        },
        "boundary": {"before": before.boundary, "after": after.boundary},
    } | {
        name: {
            "added": [_statement(one) for one in statements(all_grants(new) - all_grants(old))],
            "removed": [_statement(one) for one in statements(all_grants(old) - all_grants(new))],
        }
        for name, (old, new) in sides.items()
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "effect": statement.effect,
        "principals": [principal for principal in statement.principals if principal],
        "actions": list(statement.actions),
        "resources": [resource for resource in statement.resources if resource],
        "condition": condition_text(statement.condition),
        "levels": list(levels(statement.actions)),
    }
