"""make drift-demo, run as a user runs it: real executions and reports, alarms whose states are set."""

import json
from collections.abc import Iterator

import pytest

from scones.settings import write_json

from .conftest import BUCKET, NAME, Deployed

COUNT = ("--count", "30")


@pytest.fixture(autouse=True)
def as_usual(deployed: Deployed) -> Iterator[None]:
    deployed.act()
    set_drift_alarm(deployed, "OK")
    yield
    assert deployed.keys("drift-demo/") == [], "a strange picture was left"


def set_drift_alarm(deployed: Deployed, state: str) -> None:
    deployed.client("cloudwatch").set_alarm_state(
        AlarmName=f"{NAME}-drift", StateValue=state, StateReason="at first"
    )


def test_clean_pictures_raise_nothing_and_strange_ones_the_alarm(deployed: Deployed) -> None:
    done = deployed.demonstrate(*COUNT, "--json")

    assert (done.returncode, done.stderr.splitlines()[-1][:15]) == (0, "Drift was seen,")
    shown = json.loads(done.stdout)
    clean, strange = shown["clean"], shown["strange"]
    assert (shown["holds"], clean["raised"], strange["raised"]) == (True, [], [f"{NAME}-drift"])
    assert (clean["report"]["drifted"], clean["report"]["inferences"], clean["accepted"]) == (False, 30, 30)
    assert strange["report"]["inferences"] == 30, "its window is its own"
    assert {"BrightnessPSI", "ColourPSI", "OutOfDomainRate"} == set(strange["report"]["beyond"])
    report = deployed.client("s3").get_object(Bucket=BUCKET, Key=strange["report"]["key"])
    assert json.loads(report["Body"].read())["drifted"] is True


def test_the_figures_are_a_table_of_eighty_columns(deployed: Deployed) -> None:
    done = deployed.demonstrate(*COUNT)

    *table, last = done.stdout.splitlines()
    assert done.returncode == 0
    assert all(len(line) <= 80 for line in table)
    assert [line.split()[0] for line in table[2:8]] == [
        *("ConfidencePSI", "ConfidenceKS", "ClassSharePSI"),
        *("BrightnessPSI", "ColourPSI", "OutOfDomainRate"),
    ]
    assert last.startswith("Drift was seen, ") and last.endswith("Next: make report ENV=local")


def test_an_alarm_from_before_is_over_first(deployed: Deployed) -> None:
    set_drift_alarm(deployed, "ALARM")

    assert deployed.demonstrate(*COUNT).returncode == 0


def test_clean_pictures_that_are_called_drift_fail_it(deployed: Deployed) -> None:
    deployed.act(clean="strange")

    done = deployed.demonstrate(*COUNT, "--timeout", "5")

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "error: clean pictures are called drift: BrightnessPSI, ColourPSI, OutOfDomainRate",
    )


def test_an_alarm_that_does_not_go_off_fails_it(deployed: Deployed) -> None:
    deployed.act(heard=False)

    done = deployed.demonstrate(*COUNT, "--timeout", "2")

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "error: strange pictures did not raise the alarm on drift: the alarm did not go off",
    )


def test_pictures_that_the_functions_may_not_read_fail_it_in_one_line(deployed: Deployed) -> None:
    deployed.act(unreadable=True)

    done = deployed.demonstrate(*COUNT)

    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "error: 30 of 30 executions failed: this function's role may not read drift-demo/",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "27"], "--count must be at least 28: fewer pictures get no verdict"),
        (["--concurrency", "0"], "--concurrency must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(deployed: Deployed, arguments: list[str], message: str) -> None:
    done = deployed.demonstrate(*arguments)

    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")


def test_where_the_functions_may_not_read_strange_pictures_none_is_sent(deployed: Deployed) -> None:
    path = deployed.environment.home / "workflow.outputs.json"
    known = json.loads(path.read_text())
    write_json(path, known | {"picture_prefixes": ["incoming/", "test/"]})
    try:
        done = deployed.demonstrate(*COUNT)
    finally:
        write_json(path, known)

    assert (done.returncode, done.stderr) == (
        1,
        "error: the functions of local may not read drift-demo/: name it in picture_prefixes, "
        "or show drift in another environment\n",
    )
