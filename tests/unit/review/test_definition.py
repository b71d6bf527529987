"""A definition is read with everything that is in it, however deep."""

import json
from pathlib import Path

import pytest

from scones.review.state_machine.definition import Machine, rule, shown
from unit.review.machines import call, machine

TEMPLATE = Path(__file__).parents[3] / "statemachine" / "classify-vehicle.asl.json"

NESTED = {
    "Each": {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Resize",
            "States": {"Resize": call(Next="Store"), "Store": call()},
        },
        "Next": "Both",
    },
    "Both": {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Tell", "States": {"Tell": call()}},
            {"StartAt": "Tell", "States": {"Tell": call()}},
        ],
        "End": True,
    },
}


def test_states_within_map_and_parallel_have_a_path() -> None:
    assert list(machine(NESTED).states) == [
        "Each",
        "Each / Resize",
        "Each / Store",
        "Both",
        "Both / 1 / Tell",
        "Both / 2 / Tell",
    ]


def test_the_older_word_for_a_map_is_read_too() -> None:
    inner = {"StartAt": "Resize", "States": {"Resize": call()}}
    assert list(machine({"Each": {"Type": "Map", "Iterator": inner, "End": True}}).states) == [
        "Each",
        "Each / Resize",
    ]


def test_a_name_may_hold_a_slash() -> None:
    assert list(machine({"a/b": call()}).states) == ["a/b"]


def test_each_level_has_its_start() -> None:
    assert machine(NESTED).starts == {
        "": "Each",
        "Each": "Each / Resize",
        "Both / 1": "Both / 1 / Tell",
        "Both / 2": "Both / 2 / Tell",
    }


def test_a_container_does_not_repeat_the_states_within_it() -> None:
    assert "States" not in json.dumps(machine(NESTED).states["Each"])


def test_ways_go_from_path_to_path() -> None:
    ways = {(edge.source, edge.target) for edge in machine(NESTED).edges()}
    assert ways == {("Each", "Both"), ("Each / Resize", "Each / Store")}


def test_every_kind_of_way_is_found() -> None:
    states = {
        "Ask": call(Next="Choose", Catch=[{"ErrorEquals": ["A", "B"], "Next": "End"}]),
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "Ask"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    }
    assert [(edge.target, edge.kind, edge.label) for edge in machine(states).edges()] == [
        ("Choose", "next", ""),
        ("End", "catch", "A, B"),
        ("Ask", "choice", "$.x IsNull true"),
        ("End", "default", "otherwise"),
    ]


def test_all_that_can_be_reached_is_found_within_containers_too() -> None:
    assert machine(NESTED).reached() == set(machine(NESTED).states)


def test_what_nothing_leads_to_is_not_reached() -> None:
    assert machine({"One": call(), "Two": call()}).reached() == {"One"}


def test_everything_else_of_a_machine_is_kept() -> None:
    assert machine({"One": call()}, TimeoutSeconds=9).top == {"TimeoutSeconds": 9}


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"States": []}'])
def test_what_is_no_definition_is_refused(broken: str) -> None:
    with pytest.raises(ValueError):
        Machine.from_json(broken)


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"Variable": "$.a", "NumericGreaterThan": 3, "Next": "X"}, "$.a NumericGreaterThan 3"),
        (
            {
                "And": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "IsString": True}],
                "Next": "X",
            },
            "$.a IsNull true and $.b IsString true",
        ),
        ({"Not": {"Variable": "$.a", "StringEquals": "x"}, "Next": "X"}, "not ($.a StringEquals x)"),
        ({"Condition": "{% $x > 1 %}", "Next": "X"}, "{% $x > 1 %}"),
    ],
)
def test_a_rule_reads_as_one_line(choice: dict[str, object], text: str) -> None:
    assert rule(choice) == text


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 500)) == 120


def test_the_definition_of_this_project_is_read_and_every_state_reached() -> None:
    found = Machine.from_json(TEMPLATE.read_text())
    assert found.starts[""] == "serializeImageData"
    assert found.reached() == set(found.states)
