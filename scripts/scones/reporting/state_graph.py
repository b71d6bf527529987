"""A state machine's graph, laid out in layers from the start down.

The steps are those of K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical
System Structures" (1981): layers by the longest way, the ways that skip a layer cut into pieces, an order
within each layer by the mean place of the neighbours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scones.review.state_machine.definition import SEPARATOR, Machine

HEIGHT, LAYER = 34.0, 76.0  # of a box, and from the top of a layer to that of the next
LETTER, CAPITAL = 7.2, 9.2  # widths of letters, in bold
PADDING, GAP = 20.0, 22.0  # around a name, and between boxes
LANE = 14.0  # width of a way that passes a layer
SWEEPS = 8

Node = str | tuple[str, str, int]  # a state, or where a way from one to another passes a layer
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A state: its middle, its width and its height, and its type as the definition names it."""

    name: str
    kind: str
    x: float
    y: float
    width: float
    height: float = HEIGHT


@dataclass(frozen=True)
class Way:
    """A way between two states through points; `kind` is next, choice, default or catch."""

    source: str
    target: str
    kind: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Layout:
    """A graph whose boxes and ways lie within width and height, from 0."""

    boxes: Sequence[Box]
    ways: Sequence[Way]
    width: float
    height: float


def lay_out(machine: Machine) -> Layout:
    """Return the place of every state and of every way between two states, one for each pair."""
    states = list(machine.states)
    ways = _ways(machine)
    backward = _backward(_roots(machine, states), ways)
    forward = [pair for pair in ways if pair not in backward]
    levels = _levels(states, forward)
    rows, chains = _rows(states, levels, forward)
    _order(rows, [link for chain in chains.values() for link in pairwise(chain)])
    widths = {node: _width(node) for row in rows for node in row}
    xs = _places(rows, widths, [link for chain in chains.values() for link in pairwise(chain)])
    left = min((xs[node] - widths[node] / 2 for node in xs), default=0.0) - GAP
    ys = {node: GAP / 2 + HEIGHT / 2 + LAYER * level for level, row in enumerate(rows) for node in row}
    boxes = {
        name: Box(name, str(machine.states[name].get("Type", "")), xs[name] - left, ys[name], widths[name])
        for name in states
    }
    drawn = []
    for (source, target), kind in ways.items():
        chain = chains.get((source, target))
        inner = [(xs[node] - left, ys[node]) for node in chain[1:-1]] if chain else []
        drawn.append(Way(source, target, kind, _points(boxes[source], boxes[target], inner)))
    right = max((xs[node] + widths[node] / 2 for node in xs), default=0.0) - left + GAP
    return Layout(list(boxes.values()), drawn, right, len(rows) * LAYER - LAYER + HEIGHT + GAP)


def _ways(machine: Machine) -> dict[tuple[str, str], str]:
    """Return the kind of way between each two states; of several, the first. Inner levels hang on theirs."""
    found: dict[tuple[str, str], str] = {}
    for edge in machine.edges():
        if edge.target in machine.states and edge.source != edge.target:
            found.setdefault((edge.source, edge.target), edge.kind)
    for level, start in machine.starts.items():
        holder = level if level in machine.states else level.rpartition(SEPARATOR)[0]
        if holder in machine.states and start in machine.states:
            found.setdefault((holder, start), "next")
    return found


def _roots(machine: Machine, states: Sequence[str]) -> list[str]:
    start = machine.starts.get("", "")
    return [*([start] if start in machine.states else []), *states]


def _backward(roots: Iterable[str], ways: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the ways that lead back to a state on the way to them: without these, there is no circle."""
    out: dict[str, list[str]] = {}
    for source, target in ways:
        out.setdefault(source, []).append(target)
    found: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in roots:
        above: dict[str, Iterator[str]] = {} if root in done else {root: iter(out.get(root, []))}
        while above:  # a stack with its names: a definition may be deeper than Python's own
            here = next(reversed(above))
            target = next(above[here], "")
            if not target:
                done.add(here)
                del above[here]
            elif target in above:
                found.add((here, target))
            elif target not in done:
                above[target] = iter(out.get(target, []))
    return found


def _levels(states: Sequence[str], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return each state's layer: one below the lowest of those that lead to it."""
    levels = dict.fromkeys(states, 0)
    for _ in states:
        moved = [(s, t) for s, t in forward if levels[t] <= levels[s]]
        if not moved:
            break
        for source, target in moved:
            levels[target] = max(levels[target], levels[source] + 1)
    return levels


def _rows(
    states: Sequence[str], levels: Mapping[str, int], forward: Sequence[tuple[str, str]]
) -> tuple[list[list[Node]], dict[tuple[str, str], list[Node]]]:
    """Return the layers, and for each way what it passes through, its ends included."""
    rows: list[list[Node]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for name in states:
        rows[levels[name]].append(name)
    chains: dict[tuple[str, str], list[Node]] = {}
    for source, target in forward:
        between: list[Node] = [(source, target, level) for level in range(levels[source] + 1, levels[target])]
        for level, node in enumerate(between, start=levels[source] + 1):
            rows[level].append(node)
        chains[source, target] = [source, *between, target]
    return rows, chains


def _neighbours(links: Iterable[tuple[Node, Node]]) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for one, other in links:
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def _order(rows: list[list[Node]], links: Sequence[tuple[Node, Node]]) -> None:
    near = _neighbours(links)
    for sweep in range(SWEEPS):
        order = range(len(rows)) if sweep % 2 == 0 else reversed(range(len(rows)))
        step = -1 if sweep % 2 == 0 else 1
        for level in order:
            if not 0 <= level + step < len(rows):
                continue
            places = {node: place for place, node in enumerate(rows[level + step])}
            own = {node: float(place) for place, node in enumerate(rows[level])}
            for node in rows[level]:
                seen = [places[other] for other in near.get(node, []) if other in places]
                own[node] = sum(seen) / len(seen) if seen else own[node]
            rows[level].sort(key=own.__getitem__)


def _width(node: Node) -> float:
    if not isinstance(node, str):
        return LANE
    return max(76.0, PADDING + sum(CAPITAL if letter.isupper() else LETTER for letter in node))


def _places(
    rows: Sequence[Sequence[Node]], widths: Mapping[Node, float], links: Sequence[tuple[Node, Node]]
) -> dict[Node, float]:
    """Return the x of each node: near the mean of its neighbours', as far as its row has room."""
    near = _neighbours(links)
    xs: dict[Node, float] = {}
    for row in rows:
        x = -sum(widths[node] + GAP for node in row) / 2
        for node in row:
            xs[node] = x + widths[node] / 2
            x += widths[node] + GAP
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [
                sum(xs[other] for other in near[node]) / len(near[node]) if near.get(node) else xs[node]
                for node in row
            ]
            for node, x in zip(row, _apart(row, wanted, widths), strict=True):
                xs[node] = x
    return xs


def _apart(row: Sequence[Node], wanted: Sequence[float], widths: Mapping[Node, float]) -> list[float]:
    """Return places in the row's order that do not touch: halfway between pushing right and pushing left."""
    room = [(widths[one] + widths[other]) / 2 + GAP for one, other in pairwise(row)]
    rightward, leftward = list(wanted), list(wanted)
    for place in range(1, len(row)):
        rightward[place] = max(rightward[place], rightward[place - 1] + room[place - 1])
    for place in reversed(range(len(row) - 1)):
        leftward[place] = min(leftward[place], leftward[place + 1] - room[place])
    return [(one + other) / 2 for one, other in zip(rightward, leftward, strict=True)]


def _points(source: Box, target: Box, inner: Sequence[Point]) -> list[Point]:
    """Return a way's points: from foot to head of two boxes, or beside them when it goes up."""
    if target.y > source.y:
        return [
            (source.x, source.y + source.height / 2),
            *inner,
            (target.x, target.y - target.height / 2),
        ]
    side = max(source.x + source.width / 2, target.x + target.width / 2) + GAP / 2
    return [
        (source.x + source.width / 2, source.y),
        (side, (source.y + target.y) / 2),
        (target.x + target.width / 2, target.y),
    ]
