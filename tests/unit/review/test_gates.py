"""Each gate trips for what it guards against, when the thing goes and when it loosens, and for no more."""

from typing import Any

import pytest

from scones.review.findings import Context, Finding, Risk
from scones.review.gates import GATES, trips
from scones.review.plan import UNKNOWN
from unit.review.guards.harmless import HARMLESS
from unit.review.guards.losses import LOSSES
from unit.review.guards.openings import OPENINGS
from unit.review.guards.things import (
    BUCKET,
    MASTER,
    PASS,
    QUEUE,
    REPLACE,
    configuration,
    endpoint,
    entry,
    role_policy,
    tripped,
)
from unit.review.plans import plan

RED = [*LOSSES, *OPENINGS]


@pytest.mark.parametrize(("gate", "made", "words"), RED, ids=[f"{gate}: {words}" for gate, _, words in RED])
def test_a_gate_trips(gate: str, made: dict[str, Any], words: str) -> None:
    found = tripped(made)

    assert any(words in what for what in found.get(gate, [])), found


@pytest.mark.parametrize("made", HARMLESS.values(), ids=HARMLESS)
def test_no_gate_trips_for(made: dict[str, Any]) -> None:
    assert tripped(made) == {}


@pytest.mark.parametrize("value", [UNKNOWN, "(sensitive)", [UNKNOWN], [{"a": 1}]])
def test_no_gate_breaks_on_values_that_are_masked_or_not_known(value: Any) -> None:
    for _, made, _ in RED:
        for name in made["change"]["after"] or {}:
            after = made["change"]["after"] | {name: value}
            tripped(made | {"change": made["change"] | {"after": after}})


def test_every_gate_has_a_red_example() -> None:
    elsewhere = {"accuracy-floor", "secret-in-clear"}

    assert {gate for gate, _, _ in RED} | elsewhere == {gate.name for gate in GATES}


def test_gates_have_names_that_allow_can_hold_and_say_who_agrees() -> None:
    for gate in GATES:
        assert gate.name == gate.name.lower() and " " not in gate.name and "," not in gate.name
        assert gate.guards and gate.approver
    assert len({gate.name for gate in GATES}) == len(GATES)


def test_a_trip_names_the_resource_and_why_it_is_replaced() -> None:
    made = entry("aws_sagemaker_endpoint", endpoint(), endpoint(name="new"), REPLACE)
    made["change"]["replace_paths"] = [["name"]]

    (trip,) = trips(plan(made), Context("dev"))

    assert trip.address == "module.x.aws_sagemaker_endpoint.this"
    assert trip.what == "replaces endpoint scones-dev, because name changes from scones-dev to new"


def test_what_an_interrupted_replacement_left_behind_trips_nothing() -> None:
    left = entry("aws_sqs_queue", QUEUE, None) | {"deposed": "0123abcd"}

    assert tripped(left) == {}


def test_a_key_that_is_forgotten_is_not_said_to_be_no_longer_rotated() -> None:
    found = tripped(entry("aws_kms_key", MASTER, None, ["forget"]))

    assert len(found["destroys-key"]) == 1


def test_a_secret_in_clear_trips_once_it_is_put_there() -> None:
    care = Finding(Risk.CARE, "`environment.API_TOKEN` holds a password, in clear", "a.b")
    note = Finding(Risk.NOTE, "`environment.OLD` holds a password, in clear", "a.b")

    found = tripped(entry("aws_s3_bucket", BUCKET, BUCKET), secrets_in_clear=(care, note))

    assert found == {"secret-in-clear": [care.text]}


def test_a_secret_is_found_in_the_plan_itself_where_nobody_looked_before() -> None:
    made = entry(
        "aws_lambda_function",
        {"function_name": "f"},
        {"function_name": "f", "environment": [{"variables": {"API_TOKEN": "Zk3vQ9xW2mN8pL5tR7"}}]},
    )

    assert "secret-in-clear" in tripped(made)


def test_destroying_everything_trips_the_gates_of_what_does_not_come_back() -> None:
    found = tripped(
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), None),
        entry("aws_sagemaker_endpoint_configuration", configuration(), None),
        entry("aws_kms_key", MASTER, None),
        entry("aws_s3_bucket", BUCKET, None),
        entry("aws_sqs_queue", QUEUE, None),
        entry("aws_iam_role_policy", role_policy(PASS), None),
    )

    assert set(found) == {"destroys-endpoint", "destroys-key", "destroys-bucket", "destroys-data"}
