"""What two machines have not in common is said in words, one line each, and nothing else is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scones.review.state_machine.definition import Machine
from scones.review.state_machine.differences import compare
from unit.review.machines import State, call, definition, machine

RETRY = {"ErrorEquals": ["Throttled"], "MaxAttempts": 5}
OTHER = {"ErrorEquals": ["Down"], "MaxAttempts": 2}
CATCH = {"ErrorEquals": ["States.ALL"], "Next": "Tell"}


def lines(before: State, after: State) -> list[str]:
    """Return what is said of the state `Ask` when it changes from one body to the other."""
    rest: dict[str, State] = {"Tell": call(), "Stop": {"Type": "Fail"}}
    return [
        one.text for one in compare(machine({"Ask": before} | rest), machine({"Ask": after} | rest)).changed
    ]


def losses(before: State, after: State) -> list[bool]:
    return [one.is_loss for one in compare(machine({"Ask": before}), machine({"Ask": after})).changed]


# --- Retries -----------------------------------------------------------------------------------------


def test_fewer_retries_are_a_loss() -> None:
    fewer = call(Retry=[RETRY | {"MaxAttempts": 3}])
    assert lines(call(Retry=[RETRY]), fewer) == ["retries 3 times instead of 5"]
    assert losses(call(Retry=[RETRY]), fewer) == [True]
    assert losses(fewer, call(Retry=[RETRY])) == [False]


def test_a_retry_among_several_is_named_by_its_errors() -> None:
    before, after = ([entry, OTHER] for entry in (RETRY, RETRY | {"MaxAttempts": 1}))
    assert lines(call(Retry=before), call(Retry=after)) == ["retries `Throttled` once instead of 5"]


def test_a_retry_without_a_number_tries_three_times() -> None:
    assert (
        lines(call(Retry=[{"ErrorEquals": ["A"]}]), call(Retry=[{"ErrorEquals": ["A"], "MaxAttempts": 3}]))
        == []
    )


def test_a_retry_that_goes_is_a_loss() -> None:
    assert lines(call(Retry=[RETRY]), call()) == ["no longer retries `Throttled`"]
    assert losses(call(Retry=[RETRY]), call()) == [True]


def test_a_new_retry_says_so() -> None:
    assert lines(call(), call(Retry=[RETRY])) == ["retries `Throttled` 5 times, which is new"]


@pytest.mark.parametrize(("field", "old", "new"), [("IntervalSeconds", 1, 9), ("BackoffRate", 2.0, 1.5)])
def test_how_a_retry_waits_is_said(field: str, old: Any, new: Any) -> None:
    found = lines(call(Retry=[RETRY | {field: old}]), call(Retry=[RETRY | {field: new}]))
    assert found == [f"retries with `{field}` `{new}` instead of `{old}`"]


def test_the_order_of_retries_counts() -> None:
    assert lines(call(Retry=[RETRY, OTHER]), call(Retry=[OTHER, RETRY])) == [
        "retries errors in another order, and the first that fits counts"
    ]


# --- Catches, ways and limits ------------------------------------------------------------------------


def test_a_catch_that_goes_is_a_loss() -> None:
    assert lines(call(Catch=[CATCH]), call()) == ["no longer catches `States.ALL`"]


def test_a_catch_that_leads_elsewhere_says_where() -> None:
    assert lines(call(Catch=[CATCH]), call(Catch=[CATCH | {"Next": "Stop"}])) == [
        "catches `States.ALL` and goes on to `Stop` instead of `Tell`"
    ]


def test_a_new_catch_says_where_it_leads() -> None:
    assert lines(call(), call(Catch=[CATCH])) == ["catches `States.ALL` and goes on to `Tell`, which is new"]


def test_where_a_caught_error_is_put_is_said() -> None:
    found = lines(call(Catch=[CATCH]), call(Catch=[CATCH | {"ResultPath": "$.error"}]))
    assert found == ["catches `States.ALL` with `ResultPath` `$.error` instead of nothing"]


def test_another_next_state_is_said() -> None:
    assert lines(call(Next="Tell"), call(Next="Stop")) == ["goes on to `Stop` instead of `Tell`"]
    assert lines(call(Next="Tell"), call()) == ["goes on to an end instead of `Tell`"]


def choice(*rules: tuple[int, str], default: str = "Stop") -> State:
    choices = [{"Variable": "$.x", "NumericEquals": number, "Next": target} for number, target in rules]
    return {"Type": "Choice", "Choices": choices, "Default": default}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (choice((1, "Stop")), "goes to `Stop` instead of `Tell` if `$.x NumericEquals 1`"),
        (choice((1, "Tell"), (2, "Stop")), "goes to `Stop` if `$.x NumericEquals 2`, which is new"),
        (choice(), "no longer goes to `Tell` if `$.x NumericEquals 1`"),
        (choice((1, "Tell"), default="Tell"), "goes otherwise to `Tell` instead of `Stop`"),
    ],
)
def test_what_a_choice_does_otherwise_is_said(after: State, said: str) -> None:
    assert lines(choice((1, "Tell")), after) == [said]


def test_the_order_of_rules_counts() -> None:
    assert lines(choice((1, "Tell"), (2, "Stop")), choice((2, "Stop"), (1, "Tell"))) == [
        "tries its rules in another order"
    ]


@pytest.mark.parametrize(
    ("field", "verb"), [("TimeoutSeconds", "times out"), ("HeartbeatSeconds", "waits for a heartbeat")]
)
def test_limits_are_said_and_losing_one_is_a_loss(field: str, verb: str) -> None:
    before, after = call(**{field: 60}), call(**{field: 30})
    assert lines(before, after) == [f"{verb} after 30 s instead of 60 s"]
    assert lines(call(), before) == [f"{verb} after 60 s, which is new"]
    assert losses(before, call()) == [True]


def test_any_other_field_is_one_line_down_to_its_value() -> None:
    before, after = (
        call() | {"Parameters": {"FunctionName": name, "Payload": {"a": 1}}} for name in ("a", "b")
    )
    assert lines(before, after) == ["has `Parameters.FunctionName` `b` instead of `a`"]


def test_another_type_is_said() -> None:
    assert (
        lines({"Type": "Pass", "End": True}, {"Type": "Succeed"})[0] == "is a `Succeed` instead of a `Pass`"
    )


def test_a_comment_is_told_as_such() -> None:
    assert lines(call(), call(Comment="x")) == ["has another comment"]


# --- Whole machines ----------------------------------------------------------------------------------


def test_added_and_removed_states_are_told_apart() -> None:
    found = compare(
        machine({"One": call(), "Two": call(Comment="a")}),
        machine({"One": call(), "Three": {"Type": "Fail"}}),
    )
    assert (found.added, found.removed) == (("Three",), ("Two",))


def test_a_state_that_is_the_same_by_another_name_is_renamed_and_nothing_else() -> None:
    def made(name: str) -> Machine:
        return machine(
            {"One": call(Next=name), name: call(TimeoutSeconds=7, Next="Three"), "Three": {"Type": "Fail"}}
        )

    found = compare(made("Two"), made("Other"))
    assert found.renamed == (("Two", "Other"),)
    assert not (found.added or found.removed or found.changed or found.top)


def test_two_renamed_states_that_lead_to_each_other_are_found() -> None:
    def made(one: str, two: str) -> Machine:
        return machine({one: call(Next=two), two: {"Type": "Pass", "Next": one}})

    assert dict(compare(made("A", "B"), made("C", "D")).renamed) == {"A": "C", "B": "D"}


def test_twins_are_not_called_renamed() -> None:
    before = machine({"One": call(), "A": {"Type": "Fail"}, "B": {"Type": "Fail"}})
    after = machine({"One": call(), "C": {"Type": "Fail"}, "D": {"Type": "Fail"}})
    assert compare(before, after).renamed == ()


def test_states_within_a_map_are_compared_by_their_path() -> None:
    def made(seconds: int) -> Machine:
        inner = {"StartAt": "In", "States": {"In": call(TimeoutSeconds=seconds)}}
        return machine({"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}})

    [one] = compare(made(1), made(2)).changed
    assert (one.state, one.text) == ("Each / In", "times out after 2 s instead of 1 s")


def test_another_start_is_a_way() -> None:
    states = {"One": call(), "Two": call()}
    [one] = compare(machine(states, "One"), machine(states, "Two")).top
    assert (one.text, one.is_way) == ("the machine starts at `Two` instead of `One`", True)


def test_the_limit_of_the_machine_itself_is_said() -> None:
    [one] = compare(machine({"One": call()}, TimeoutSeconds=9), machine({"One": call()})).top
    assert one.text == "the machine no longer times out, so far after 9 s" and one.is_loss


names = st.sampled_from(["One", "Two", "Three"])
bodies = st.sampled_from(
    [call(), call(Retry=[RETRY]), call(Catch=[CATCH | {"Next": "One"}]), choice((1, "One")), {"Type": "Fail"}]
)
machines = st.dictionaries(names, bodies, min_size=1).map(machine)


@given(machines)
def test_a_machine_does_not_differ_from_itself(one: Machine) -> None:
    assert not compare(one, one)


@given(st.dictionaries(names, bodies, min_size=1))
def test_the_order_of_states_and_of_fields_makes_no_difference(states: dict[str, State]) -> None:
    start = next(iter(states))
    turned = {name: dict(reversed(states[name].items())) for name in reversed(states)}
    assert not compare(machine(states, start), machine(turned, start))


@given(machines, machines)
def test_the_way_back_removes_what_the_way_there_added(one: Machine, other: Machine) -> None:
    there, back = compare(one, other), compare(other, one)
    assert {new: old for old, new in there.renamed} == dict(back.renamed)
    assert set(there.added) == set(back.removed)
    assert set(there.removed) == set(back.added)
    assert bool(there) == bool(back)


def test_white_space_makes_no_difference() -> None:
    text = definition({"One": call()})
    assert not compare(Machine.from_json(text), Machine.from_json(json.dumps(json.loads(text), indent=4)))
