"""A state machine's graph: every state has its place, every way its ends, whatever the definition."""

import json
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scones.chart_style import to_png
from scones.reporting.state_graph import Layout, lay_out
from scones.reporting.state_graph_drawing import draw_figure, draw_svg
from scones.review.state_machine.definition import Machine
from scones.settings import REPOSITORY

CLASSIFY = (REPOSITORY / "statemachine" / "classify-vehicle.asl.json").read_text()
NAMES = "abcdefgh"


def machine(ways: dict[str, list[str]]) -> Machine:
    states = {
        name: {"Type": "Choice", "Choices": [{"Next": target} for target in targets]}
        for name, targets in ways.items()
    }
    return Machine.from_json(json.dumps({"StartAt": next(iter(ways)), "States": states}))


def check(layout: Layout, names: set[str]) -> None:
    assert {box.name for box in layout.boxes} == names
    for one, other in combinations(layout.boxes, 2):
        is_apart_across = abs(one.x - other.x) >= (one.width + other.width) / 2
        is_apart_down = abs(one.y - other.y) >= (one.height + other.height) / 2
        assert is_apart_across or is_apart_down, (one, other)
    for box in layout.boxes:
        assert box.width / 2 <= box.x <= layout.width - box.width / 2
        assert box.height / 2 <= box.y <= layout.height - box.height / 2


def test_the_deployed_workflow_is_laid_out_downwards() -> None:
    layout = lay_out(Machine.from_json(CLASSIFY))

    check(layout, set(json.loads(CLASSIFY)["States"]))
    boxes = {box.name: box for box in layout.boxes}
    path = ["serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE", "Classified"]
    assert all(boxes[one].y < boxes[other].y for one, other in pairwise(path))
    assert {("THRESHOLD_CONFIDENCE", "InspectError", "catch")} <= {
        (way.source, way.target, way.kind) for way in layout.ways
    }


GRAPHS = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4), min_size=1, max_size=8
)


@given(GRAPHS)
def test_any_graph_is_laid_out_with_circles_and_ways_to_nowhere(ways: dict[str, list[str]]) -> None:
    layout = lay_out(machine(ways))

    check(layout, set(ways))
    wanted = {(s, t) for s, targets in ways.items() for t in targets if t in ways and s != t}
    assert {(way.source, way.target) for way in layout.ways} == wanted


def test_states_within_a_map_hang_on_it() -> None:
    inner = {"StartAt": "in", "States": {"in": {"Type": "Pass", "End": True}}}
    definition = {"StartAt": "each", "States": {"each": {"Type": "Map", "ItemProcessor": inner, "End": True}}}

    layout = lay_out(Machine.from_json(json.dumps(definition)))

    assert [(way.source, way.target) for way in layout.ways] == [("each", "each / in")]


def test_no_states_are_a_graph_too() -> None:
    assert lay_out(Machine.from_json('{"States": {}}')).boxes == []


def test_a_way_is_marked_on_what_was_entered_only() -> None:
    layout = lay_out(machine({"a": ["b", "c"], "b": [], "c": []}))

    svg = draw_svg(layout, ["a", "c"], "refused", "a to c", "g")

    assert svg.count('class="way taken"') == svg.count('class="way other"') == 1
    assert svg.count("state choice taken") == 2


def test_a_hostile_name_is_text_in_the_drawing() -> None:
    layout = lay_out(machine({"<script>$\\frac{": []}))

    svg = draw_svg(layout, [], "none", '"><b>', "g")

    assert "<script" not in svg
    assert "<b>" not in svg
    assert to_png(draw_figure(layout, [], "accepted")).startswith(b"\x89PNG")


@pytest.mark.parametrize("verdict", ["accepted", "refused", "failed"])
def test_the_drawing_is_a_png_too(verdict: str) -> None:
    layout = lay_out(Machine.from_json(CLASSIFY))

    assert to_png(draw_figure(layout, ["serializeImageData"], verdict)).startswith(b"\x89PNG")
