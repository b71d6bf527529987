"""The ledger: every change of a plan, as a block or as one of a counted line. Nothing is left out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scones.review.findings import Block, Context, Finding, Part, Risk
from scones.review.ledger.noise import COMPUTED, TAGS, ZIPS, Noise, changed_tags, is_said_twice
from scones.review.nouns import NOUNS, because, name, plural, title
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.risks import risk_of
from scones.review.text import markdown
from scones.review.values import at, both, is_empty, is_same, pair, parsed, plain, told_in

TITLE = "Changes"
ACTIONS = {
    "replace": "replace",
    "delete": "delete",
    "create": "create",
    "update": "change",
    "forget": "forget",
}
ORDER = ("replace", "delete", "forget", "update", "create")
FOLDED = {
    TAGS: "in nothing but tags",
    ZIPS: "in nothing but the function's zip",
    COMPUTED: "in nothing but what AWS fills in",
}
SHORT = 80  # characters of a value in a cell
MOST_ROWS = 40  # of one change; review.json has them all
A_BLOCK = 100  # addresses in one folded block
MOST_TAGS = 3  # in the line that counts


def changes(plan: Plan, context: Context) -> Part:  # noqa: ARG001 (every look gets one)
    """Return a block for every change, the riskiest first, and the noise folded into counted lines."""
    noise = Noise(plan)
    kinds = [(change, noise.kind(change)) for change in plan.changed]
    meant = sorted((change for change, kind in kinds if kind is None), key=_rank)
    folded = {kind: [change for change, found in kinds if found == kind] for kind in FOLDED}
    blocks = [_block(change, noise) for change in meant]
    blocks += [block for kind, found in folded.items() for block in _folded(kind, found)]
    aside = [aside for aside in (_moved(plan), _imported(plan), _outputs(plan)) if aside[1]]
    blocks += [Block(markdown.details(line, _listed(listed)), covers=0) for line, listed in aside]
    findings = [Finding(Risk.NOTE, _counted(kind, folded[kind])) for kind in (TAGS, COMPUTED) if folded[kind]]
    findings += [Finding(Risk.NOTE, line) for line, _ in aside if not kinds or line != _outputs(plan)[0]]
    kinds += [(change, None) for change in plan.changes if _is_only_told_of(change)]
    return Part(TITLE, tuple(findings), tuple(blocks), [_as_data(change, kind) for change, kind in kinds])


def _is_only_told_of(change: Change) -> bool:
    """Say whether nothing but what the state says of a resource changes: its address, or that it is there."""
    return not change.is_change and bool(change.is_moved or change.importing)


def _rank(change: Change) -> tuple[int, int, str]:
    return (-risk_of(change), ORDER.index(change.action), change.address)


# --- One change --------------------------------------------------------------------------------------


def _block(change: Change, noise: Noise) -> Block:
    head = f"**{ACTIONS[change.action]}** {markdown.code(change.address)}"
    if change.type in NOUNS and name(change) != change.address:
        head += f": {markdown.text(title(change))}"
    if change.is_leftover:
        head += ", left behind by an interrupted replacement"
    head += markdown.text(because(change))
    if change.action == "create":
        return Block(markdown.details(f"create {change.address}", _created(change)), Risk.SAFE)
    rows = list(_rows(change, noise)) if change.action in ("update", "replace") else []
    parts = [head]
    if rows:
        parts.append(markdown.table(("attribute", "before", "after"), rows[:MOST_ROWS]))
    if len(rows) > MOST_ROWS:
        parts.append(f"and {len(rows) - MOST_ROWS} more attributes")
    return Block("\n\n".join(parts), risk_of(change))


def _rows(change: Change, noise: Noise) -> Iterator[tuple[str, str, str]]:
    """Yield the attributes that somebody meant to change, those that force a replacement first."""
    paths = sorted(change.changed_paths(), key=lambda path: path not in change.replace_paths)
    for path in paths:
        if noise.is_computed(change, path) or is_said_twice(path, paths):
            continue
        where = markdown.code(path) + (" (forces it)" if path in change.replace_paths else "")
        pairs = [("", *both(change, path))] if told_in(path) else _pairs(*both(change, path))
        for inner, before, after in pairs:
            inside = f" {markdown.code(inner)}" if inner else ""
            if path in change.replace_paths or not is_same(before, after):
                yield where + inside, *_cells(path, before, after)


def _pairs(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield what differs inside two strings of JSON, with its path; else the two values as they are."""
    old, new = parsed(before), parsed(after)
    if old is before or new is after or isinstance(old, list) != isinstance(new, list):
        yield "", before, after
        return
    inner = Change("", "", "", "update", before={"json": old}, after={"json": new})
    for path in inner.changed_paths():
        yield path.removeprefix("json").removeprefix("."), *both(inner, path)


def _cells(path: str, before: Any, after: Any) -> tuple[str, str]:
    if section := told_in(path):
        return "", f"see {section}"
    old, new = pair(before, after, SHORT)
    return _value(before, old), _value(after, new)


def _value(value: Any, words: str) -> str:
    return f"*{words}*" if is_empty(value) or value == UNKNOWN else markdown.code(words)


def _created(change: Change) -> str:
    """Return what a new resource is set to; what is not set, or not known yet, says nothing."""
    rows = []
    for path, value in _leaves(change.after, ""):
        section = told_in(path)
        shown = f"see {section}" if section else markdown.code(plain(value, SHORT))
        rows.append((markdown.code(path), shown))
    table = (
        markdown.table(("attribute", "value"), rows[:MOST_ROWS]) if rows else "Nothing of it is known yet."
    )
    more = len(rows) - MOST_ROWS
    return table + (f"\n\nand {more} more attributes" if more > 0 else "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if path == "tags_all" or is_empty(value) or value == UNKNOWN:
        return
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _leaves(entry, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
        for place, entry in enumerate(value):
            yield from _leaves(entry, f"{path}.{place}")
    else:
        yield path, value


# --- Noise, and what is no change of a resource ------------------------------------------------------


def _folded(kind: str, found: Sequence[Change]) -> Iterator[Block]:
    for start in range(0, len(found), A_BLOCK):
        some = found[start : start + A_BLOCK]
        line = f"{len(some)} more {FOLDED[kind]}" if start else _counted(kind, found)
        yield Block(markdown.details(line, _listed(change.address for change in some)), covers=len(some))


def _counted(kind: str, found: Sequence[Change]) -> str:
    many = f"{len(found)} resources change" if len(found) > 1 else "1 resource changes"
    line = f"{many} {FOLDED[kind]}"
    return f"{line}: {_common_tags(found)}" if kind == TAGS else line


def _common_tags(found: Sequence[Change]) -> str:
    tags = Counter(
        f"{key} {plain(before)} → {plain(after)}"
        for change in found
        for key, (before, after) in changed_tags(change).items()
    )
    shown = [
        words if number == len(found) else f"{words} ({number})"
        for words, number in tags.most_common(MOST_TAGS)
    ]
    more = len(tags) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


Aside = tuple[str, list[str]]  # a line that counts, and what it counts


def _moved(plan: Plan) -> Aside:
    moved = [change for change in plan.changes if change.is_moved]
    verb = "get" if len(moved) > 1 else "gets"
    line = f"{len(moved)} {plural('resource', len(moved))} {verb} another address"
    return line, [f"{change.previous_address} → {change.address}" for change in moved]


def _imported(plan: Plan) -> Aside:
    taken = [change for change in plan.changes if change.importing]
    verb = "are" if len(taken) > 1 else "is"
    line = f"{len(taken)} {plural('resource', len(taken))} that Terraform did not know {verb} imported"
    return line, [f"{change.address}, which AWS calls {change.importing}" for change in taken]


def _outputs(plan: Plan) -> Aside:
    changed = plan.changed_outputs
    line = f"{len(changed)} outputs change" if len(changed) > 1 else "1 output changes"
    return line, changed


def _listed(words: Iterable[str]) -> str:
    return "\n".join(f"- {markdown.code(word)}" for word in words)


def _as_data(change: Change, kind: str | None) -> dict[str, Any]:
    told = (path for path in change.changed_paths() if not told_in(path))
    changed = {path: [at(change.before, path), at(change.after, path)] for path in told}
    return {
        "address": change.address,
        "action": change.action,
        "moved_from": change.previous_address if change.is_moved else "",
        "imported": change.importing,
        "risk": risk_of(change).name.lower(),
        "folded": kind,
        "because": because(change).removeprefix(", because "),
        "changed": changed if change.action in ("update", "replace") else {},
    }
