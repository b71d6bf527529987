"""The main job, from nothing to nothing, on a local AWS of its own.

    python -m e2e.main --data drawn
    python -m e2e.main --data path/to/cifar-100-python.tar.gz

Sets up the foundation, stages, trains, plans, applies, checks answers, measures the endpoint, shows that
drift is seen, draws the report, plans again, holds the roles' permissions against their use, destroys, and
proves that nothing is left. What runs is what a user runs: the commands behind the Makefile.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from e2e.leftovers import processes, resources
from e2e.runner import Outcome, Runner, Step, StepFailed
from scones.infrastructure.terraform import ROOTS
from scones.settings import BUILD, LOCAL_HOME_VARIABLE, REPOSITORY, Environment, read_json, write_json
from scones.staging.cifar100 import DIGESTS

HOME = BUILD / "e2e"
LOG = HOME / "e2e.log"
CHECKS = HOME / "checks.xml"
INTERRUPTED = 130
# What the model has to reach on all test pictures, through the deployed endpoint. The real ones are known by
# the digest of their lists, whatever their archive is called.
DRAWN_FLOOR = 0.9
REAL_FLOOR, REAL_CALIBRATION_ERROR, REAL_BACKGROUND_ACCEPTED = 0.94, 0.05, 0.1


def main() -> int:
    arguments = parse_arguments()
    for sign in (signal.SIGINT, signal.SIGTERM):  # `kill` cleans up as Ctrl-C does, also in the background
        signal.signal(sign, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 110)
    refuse_a_second_run(console)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ[LOCAL_HOME_VARIABLE] = str(HOME)
    environment = dict(os.environ) | {"ENV": "local"}
    runner = Runner(REPOSITORY, environment, LOG, console)

    started = time.monotonic()
    console.print(f"The main job on local AWS, DATA={arguments.data}. Everything it says: {LOG}\n")
    code = 1
    try:
        if runner.run(the_steps(arguments.data)):
            code = 0
    except KeyboardInterrupt:
        console.print("\nStopped; ending what runs …")
        code = INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the clean-up is not interrupted
        if not runner.run([local_aws_down()]):
            code = code or 1
    conclude(console, runner, code, time.monotonic() - started)
    return code


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="drawn", help="drawn, cifar100, or the path of an archive")
    return parser.parse_args()


def refuse_a_second_run(console: Console) -> None:
    """Two runs would share one folder: say so instead of breaking the first."""
    running = processes(HOME)
    if running:
        console.print(f"error: another run uses {HOME} (process {running[0]}); wait for it, or end it")
        raise SystemExit(1)


# --- The steps ---------------------------------------------------------------------------------------


def the_steps(data: str) -> list[Step]:
    return [
        Step("local AWS up", [local_aws("start", "--container", "scripts/algorithm/container.json")]),
        Step("foundation", [script("foundation")], lambda: applied("foundation")),
        Step("stage", [script("stage", "--data", data)], staged),
        Step("train", [script("train")], trained),
        Step("plan", [script("plan")], planned),
        Step("apply", [script("apply")], lambda: applied("workflow")),
        Step("check answers", [pytest("tests/e2e", f"--junit-xml={CHECKS}")], checked),
        Step("evaluate", [script("evaluate")], evaluated),
        Step("drift demo", [script("drift_demo")], lambda: "clean: no alarm; strange: alarm"),
        Step("report", [script("report")], reported),
        Step(
            "plan again",
            [script("plan", "--check", "--root", name) for name in ROOTS],
            lambda: "both are empty",
        ),
        Step("permissions", [script("permissions", "--check")], permitted),
        Step("destroy", [script("destroy")], nothing_left),
    ]


def local_aws_down() -> Step:
    return Step("local AWS down", [local_aws("stop")], no_process_left)


def python(*words: str) -> list[str]:
    return [sys.executable, *words]


def script(name: str, *words: str) -> list[str]:
    return python(f"scripts/{name}.py", "--env", "local", *words)


def pytest(*words: str) -> list[str]:
    return python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "live", "-W", "ignore", *words)


def local_aws(*words: str) -> list[str]:
    return python("-m", "localaws", words[0], "--home", str(HOME), *words[1:])


# --- What each has left ------------------------------------------------------------------------------


def applied(root: str) -> str:
    state = read_json(HOME / f"{root}.tfstate")
    if not state or not state["resources"]:
        raise StepFailed(f"the state of {root} is empty")
    made = sum(len(entry["instances"]) for entry in state["resources"] if entry["mode"] == "managed")
    return f"{made} resources"


def staged() -> str:
    data = read_json(HOME / "data.json")
    counts = data["counts"]
    return f"{data['source']}: {counts['train']} + {counts['test']} pictures"


def trained() -> str:
    metrics = read_json(HOME / "model.tfvars.json")["model"]["metrics"]
    return f"validation accuracy {metrics['validation:accuracy']:.3f}"


def planned() -> str:
    verdicts = {root: read_json(HOME / "plans" / root / "review.json")["verdict"] for root in ROOTS}
    return "; ".join(f"{root}: {verdict}" for root, verdict in verdicts.items())


def checked() -> str:
    cases = ElementTree.parse(CHECKS).getroot().findall(".//testcase")
    if not cases or any(case.find("skipped") is not None for case in cases):
        raise StepFailed("some checks did not run")
    return f"{len(cases)} checks"


def evaluated() -> str:
    """The endpoint's accuracy, which has to reach what its data set is known to give."""
    found, data = read_json(HOME / "evaluation.json"), read_json(HOME / "data.json")
    accuracy, background = found["accuracy"], found["accepted"]["background"]["share"]
    error = found["calibration"]["expected_calibration_error"]
    is_real = data["digests"]["test.lst"] == DIGESTS["test.lst"]
    floor = REAL_FLOOR if is_real else DRAWN_FLOOR if data["source"] == "drawn" else 0.0
    said = f"accuracy {accuracy['share']:.3f} ({accuracy['successes']} of {accuracy['total']})"
    if accuracy["share"] < floor:
        raise StepFailed(f"{said}, below the floor of {floor}")
    if is_real and (error > REAL_CALIBRATION_ERROR or background > REAL_BACKGROUND_ACCEPTED):
        raise StepFailed(
            f"{said}, calibration error {error:.3f}, {background:.1%} of the background accepted"
        )
    return said


def reported() -> str:
    page = HOME / "report.html"
    if not page.is_file():
        raise StepFailed("there is no report")
    return str(page.relative_to(REPOSITORY))


def permitted() -> str:
    told = read_json(HOME / "permissions.json").values()
    statements = sum(len(role["statements"]) for role in told)
    denied = sum(len(role["denied"]) for role in told)
    return f"{statements} statements, each needed or excused; {denied} kinds of call denied"


def nothing_left() -> str:
    left = resources(Environment.load("local"), "scones-")
    for root in ROOTS:
        state = read_json(HOME / f"{root}.tfstate")
        left += [f"{entry['type']} in the state of {root}" for entry in state["resources"]]
    if left:
        raise StepFailed(f"left behind: {', '.join(left)}")
    return "nothing is left"


def no_process_left() -> str:
    left = processes(HOME)
    if left:
        raise StepFailed(f"still running: {'; '.join(left)}")
    return "no process is left"


# --- The end -----------------------------------------------------------------------------------------


def conclude(console: Console, runner: Runner, code: int, seconds: float) -> None:
    failed = [outcome for outcome in runner.outcomes if outcome.result == "FAILED"]
    if failed:
        console.print(f"\nThe end of {LOG}:\n", highlight=False)
        console.print(runner.tail(), markup=False, highlight=False, soft_wrap=True)
    write_json(
        HOME / "e2e.json", {"steps": [asdict(outcome) for outcome in runner.outcomes], "seconds": seconds}
    )
    console.print()
    console.print(table_of_steps(runner.outcomes, seconds))
    if CHECKS.is_file():
        console.print(table_of_checks())
    if code == 0:
        console.print(f"The main job works, from nothing to nothing, in {seconds:.0f} s.")
    elif failed:
        said = escape(failed[0].note)
        console.print(f"FAILED at '{failed[0].name}': {said}\nRead {LOG}", soft_wrap=True, highlight=False)


def table_of_steps(outcomes: list[Outcome], seconds: float) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("result")
    table.add_column("what was seen", overflow="fold")
    for outcome in outcomes:
        table.add_row(outcome.name, f"{outcome.seconds:.1f}", outcome.result, escape(outcome.note))
    table.add_section()
    table.add_row("all", f"{seconds:.1f}", "", "")
    return table


def table_of_checks() -> Table:
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("check", overflow="fold")
    table.add_column("result")
    table.add_column("figure", overflow="fold")
    with contextlib.suppress(ElementTree.ParseError):
        for case in ElementTree.parse(CHECKS).getroot().iter("testcase"):
            result = "ok" if case.find("failure") is None and case.find("error") is None else "FAILED"
            properties = {entry.get("name"): entry.get("value") for entry in case.iter("property")}
            name = (case.get("name") or "").removeprefix("test_").replace("_", " ")
            table.add_row(escape(name), result, properties.get("figure") or "")
    return table


if __name__ == "__main__":
    sys.exit(main())
