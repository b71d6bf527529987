"""The executions of the state machine: the graph with the ways they took, their events, and the list."""

from collections.abc import Sequence
from html import escape

from scones.inference.histories import ACCEPTED, FAILED, REFUSED, Event, Story
from scones.reporting.markup import empty, html_table, moment, section, table, unread
from scones.reporting.reading.executions import Executions
from scones.reporting.reading.unread import Unread
from scones.reporting.state_graph import Layout
from scones.reporting.state_graph_drawing import draw_svg

SHOWN = (ACCEPTED, REFUSED, FAILED)
MEANING = {
    ACCEPTED: "sure enough: the order goes to a loading bay",
    REFUSED: "not sure enough: a person looks at the picture",
    FAILED: "something went wrong on the way",
}


def chosen(executions: Executions) -> dict[str, Story]:
    """Return the newest execution of each ending that any has."""
    found = {verdict: executions.newest(verdict) for verdict in SHOWN}
    return {verdict: story for verdict, story in found.items() if story}


def render(executions: Executions | Unread, layout: Layout | None) -> str:
    """Return the graphs, the failures and the list; or why there is none."""
    if isinstance(executions, Unread):
        return section("executions", "State machine", unread(executions))
    paths = chosen(executions)
    body = _ways(paths, layout) if paths else empty("No execution has ended yet.")
    if layout and not paths:
        body += _graph(layout, [], "none", "The state machine's graph; nothing was executed yet.")
    return section("executions", "State machine", f"{body}{_failures(executions)}{_list(executions)}")


def _ways(paths: dict[str, Story], layout: Layout | None) -> str:
    return "".join(_way(verdict, story, layout) for verdict, story in paths.items())


def _way(verdict: str, story: Story, layout: Layout | None) -> str:
    alt = f"The state machine's graph; the newest {verdict} execution went {', then '.join(story.path)}."
    graph = _graph(layout, story.path, verdict, alt) if layout else ""
    said = story.classification.key or "a picture without a name"
    rows = [
        (f"{event.time:%H:%M:%S.%f}"[:-3], _event(event), f"<bdi>{escape(event.detail)}</bdi>")
        for event in story.events
    ]
    events = html_table(f"Events of the {verdict} execution", ("Time, UTC", "Event", "Detail"), rows)
    return (
        f'<article class="execution {verdict}">\n<h3>{verdict.capitalize()}: <bdi>{escape(said)}</bdi></h3>\n'
        f'<p class="note">{escape(MEANING[verdict])}; execution <bdi>{escape(story.execution.name)}</bdi>, '
        f"{_seconds(story)}</p>\n"
        f'<div class="story">\n{graph}<div class="events">{events}</div></div>\n</article>\n'
    )


def _event(event: Event) -> str:
    """Return the state above what happened in it: side by side they are wider than there is room."""
    state = f"<bdi>{escape(event.state)}</bdi><br>" if event.state else ""
    return f'{state}<span class="quiet">{event.number}. {escape(event.kind)}</span>'


def _graph(layout: Layout, path: Sequence[str], verdict: str, alt: str) -> str:
    drawing = draw_svg(layout, path, verdict, alt, f"graph-{verdict}")
    return f'<div class="scroll" role="region" aria-label="Graph of states" tabindex="0">{drawing}</div>\n'


def _failures(executions: Executions) -> str:
    counts = executions.failures()
    if not counts:
        return '<h3>Failed</h3>\n<p class="note">No execution failed with an error.</p>\n'
    causes = {
        story.execution.error or story.execution.status: story.execution.reason[:200]
        for story in reversed(executions.stories)
        if story.verdict == FAILED
    }
    rows = [(error, f"{number:,}", causes.get(error, "")) for error, number in counts.most_common()]
    return "<h3>Failed</h3>\n" + table(
        "Errors that ended executions", ("Error", "Executions", "Newest cause"), rows
    )


def _list(executions: Executions) -> str:
    if not executions.stories:
        return ""
    rows = [_row(executions, place, story) for place, story in enumerate(executions.stories)]
    which = "" if executions.are_all else "The newest; there are older ones. "
    anchors = [f"execution-{place}" for place in range(len(rows))]
    listed = html_table(
        "Executions, the newest first",
        ("Started", "Ended", "Took", "Picture", "Error", "Execution"),
        rows,
        anchors,
    )
    return (
        f'<details class="list">\n<summary><h3>All executions</h3> '
        f'<span class="quiet">{which}{len(rows):,}</span></summary>\n{listed}</details>\n'
    )


def _row(executions: Executions, place: int, story: Story) -> list[str]:
    name = f"<bdi>{escape(story.execution.name)}</bdi>"
    if not executions.is_local:
        name = f'<a href="{escape(executions.link(place))}" rel="noopener noreferrer">{name}</a>'
    error = story.execution.error or ""
    return [
        moment(story.execution.started),
        f'<span class="badge {story.verdict}">{story.verdict}</span>',
        _seconds(story),
        f"<bdi>{escape(story.classification.key or '')}</bdi>",
        f"<bdi>{escape(error)}</bdi>",
        name,
    ]


def _seconds(story: Story) -> str:
    seconds = story.execution.seconds
    return "runs still" if seconds is None else f"{seconds:.2f}\u202fs"
