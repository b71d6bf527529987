"""Who has to agree to a plan is written down for each environment, and what is not written is strict."""

import io
from pathlib import Path

import pytest

from scones.errors import SconesError
from scones.infrastructure.approvals import FILE, Rules, allowed_gates, confirm
from scones.infrastructure.refusals import Refusal
from scones.review.gates import GATES
from scones.settings import Environment


def test_prod_approves_nothing_by_default() -> None:
    prod = Rules.load("prod")

    assert prod.confirm and prod.clean_tree and prod.approved == {}


def test_an_environment_that_is_not_named_is_as_strict_as_prod() -> None:
    assert Rules.load("staging") == Rules.load("prod")


def test_local_aws_may_be_emptied_but_not_changed_without_asking() -> None:
    local = Rules.load("local")

    assert local.approves("destroys-bucket", "destroy")
    assert not local.approves("destroys-bucket", "apply")


def test_every_gate_that_is_approved_by_default_exists() -> None:
    names = {gate.name for gate in GATES} | {"*"}

    for environment in ("local", "dev", "prod", "default"):
        assert {gate for gates in Rules.load(environment).approved.values() for gate in gates} <= names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "cannot be read"),
        ("[other]", r"\[prod\] or \[default\] needs confirm"),
        ("[prod]\nconfirm = true\nclean_tree = true\nplan_hours = 1\nplan_days = 1", "needs confirm"),
        (
            "[prod]\nconfirm = true\nclean_tree = true\nplan_hours = 1\n[prod.approved]\nmaybe = []",
            "knows no maybe",
        ),
    ],
)
def test_rules_that_are_not_said_properly_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "approvals.toml"
    file.write_text(text)

    with pytest.raises(SconesError, match=message):
        Rules.load("prod", file)


def test_the_rules_lie_beside_the_environments() -> None:
    assert FILE.is_file()


def test_allow_takes_several_gates() -> None:
    assert allowed_gates(["a", "b", "c"], "a, b,") == {"a", "b"}


def test_allow_refuses_a_gate_that_there_is_not() -> None:
    with pytest.raises(SconesError, match="ALLOW=destroys-all: there is no such gate"):
        allowed_gates(["destroys-bucket"], "destroys-all")


@pytest.mark.parametrize("answer", ["", "yes", "PROD", "dev"])
def test_any_answer_but_the_name_is_a_no(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFIRM", answer)

    with pytest.raises(Refusal, match=r"refused \(not-confirmed\).*CONFIRM=prod"):
        confirm(Environment("prod", Path()), "All of it.")


def test_the_name_is_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFIRM", "prod")

    confirm(Environment("prod", Path()), "All of it.")


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


def test_the_name_can_be_typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("CONFIRM", raising=False)
    monkeypatch.setattr("sys.stdin", Terminal("prod\n"))

    confirm(Environment("prod", Path()), "All of it.")

    assert capsys.readouterr().out == "All of it. Type prod to go on: "


def test_anything_else_that_is_typed_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONFIRM", raising=False)
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))

    with pytest.raises(Refusal, match="not-confirmed"):
        confirm(Environment("prod", Path()), "All of it.")
