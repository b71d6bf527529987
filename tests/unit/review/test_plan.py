"""What a plan's JSON says it does, and whether it does anything at all."""

from typing import Any

import pytest

from unit.review.plans import change, plan

SAME = change("m.aws_sqs_queue.q", {"name": "q"}, {"name": "q"})


def imported(importing: Any) -> dict[str, Any]:
    return SAME | {"change": SAME["change"] | {"importing": importing}}


EFFECTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a change": (change("m.aws_sqs_queue.q", {"name": "q"}, {"name": "p"}), {}),
    "something forgotten": (change("m.aws_sqs_queue.q", {"name": "q"}, None, actions=["forget"]), {}),
    "another address": (SAME | {"previous_address": "aws_sqs_queue.q"}, {}),
    "an import": (imported({"id": "q"}), {}),
    "an import by something else than an id": (imported({"identity": {"url": "q"}}), {}),
    "an output": (SAME, {"output_changes": {"name": {"actions": ["update"], "before": 1, "after": 2}}}),
}


@pytest.mark.parametrize(("made", "raw"), EFFECTS.values(), ids=EFFECTS)
def test_a_plan_has_an_effect_by(made: dict[str, Any], raw: dict[str, Any]) -> None:
    assert plan(made, **raw).has_effect


def test_a_plan_in_which_nothing_differs_has_no_effect() -> None:
    same = {"output_changes": {"name": {"actions": ["no-op"], "before": 1, "after": 1}}}
    stays = SAME | {"previous_address": SAME["address"]}
    read = change("m.aws_sqs_queue.r", {"name": "q"}, {"name": "q"}, actions=["read"])

    assert not plan(SAME, stays, imported(None), read, **same).has_effect
    assert not plan().has_effect


def test_a_change_knows_where_it_comes_from() -> None:
    moved = plan(SAME | {"previous_address": "aws_sqs_queue.q"}).changes[0]

    assert (moved.is_moved, moved.previous_address) == (True, "aws_sqs_queue.q")
    assert not plan(SAME).changes[0].is_moved
    assert plan(imported({"id": "q"})).changes[0].importing == "q"


def test_what_is_made_anew_while_the_old_one_is_only_forgotten_is_replaced() -> None:
    made = change("m.aws_sqs_queue.q", {"name": "q"}, {"name": "q"}, actions=["create", "forget"])

    assert plan(made).changes[0].action == "replace"
