"""The graph is text that Mermaid reads, whatever states are called, and colours that everybody can read."""

import re

import pytest

from scones.review.state_machine.graph import COLOURS, LETTERS, flowchart
from unit.review.machines import call, machine

NAMES = (
    "end",
    'a"b',
    "x;y",
    "a|b",
    "`c`",
    "<b>",
    "1. one",
    "- two",
    "$$x$$",
    "#35;",
    "_u_",
    "*s*",
    "[z]",
    "(p)",
    "{q}",
)


def drawn(*names: str, **marks: str) -> str:
    states = {name: call() for name in names}
    text = flowchart(machine(states), marks)
    assert text is not None
    return text


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_kind_is_a_quoted_label(name: str) -> None:
    line = next(line for line in drawn(name).split("\n") if line.startswith("  s0["))
    found = re.fullmatch(r'  s0\["([^"]*)"\]', line)
    assert found is not None
    assert re.sub(r"#(\d+);", lambda sign: chr(int(sign[1])), found[1]) == name
    assert not re.search(r"[`<>|\[\]{}()]", found[1])


def test_states_have_the_shape_of_their_type() -> None:
    states = {
        "Choose": {"Type": "Choice", "Choices": [], "Default": "Done"},
        "Done": {"Type": "Succeed"},
        "Bad": {"Type": "Fail"},
    }
    text = flowchart(machine(states)) or ""
    assert 's0{"Choose"}' in text and 's1(["Done"])' in text and 's2[["Bad"]]' in text
    assert 's0 -->|"otherwise"| s1' in text


def test_caught_errors_are_dotted() -> None:
    states = {"One": call(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Two"}]), "Two": call()}
    assert 's0 -.->|"States.ALL"| s1' in (flowchart(machine(states)) or "")


def test_states_within_others_are_drawn_within_them() -> None:
    inner = {"StartAt": "In", "States": {"In": call()}}
    lines = (flowchart(machine({"Each": {"Type": "Map", "ItemProcessor": inner, "End": True}})) or "").split(
        "\n"
    )
    assert lines[2:6] == ['  subgraph s0["Each"]', '    start1(("start")) --> s1', '    s1["In"]', "  end"]


def test_what_changes_is_coloured() -> None:
    text = drawn("One", "Two", One="added", Two="changed")
    assert "class s0 added" in text and "class s1 changed" in text and "removed" not in text


@pytest.mark.parametrize("colour", COLOURS.values())
def test_letters_can_be_read_on_every_colour(colour: str) -> None:
    dark, light = sorted((luminance(colour), luminance(LETTERS)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_machine_that_mermaid_would_refuse_is_not_drawn() -> None:
    states = {f"s{at}": call(Next=f"s{at + 1}") for at in range(500)} | {"s500": call()}
    assert flowchart(machine(states)) is None
