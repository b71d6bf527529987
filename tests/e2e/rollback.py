"""A bad model, from the package to the rollback, on a local AWS of its own.

    python -m e2e.rollback

Stages, trains, plans and applies as the main job does; then packages a model that comes up and answers every
picture with an error, plans it and applies it, while a client sends pictures all the time. The apply has to
fail, the client has to get every answer, the former model has to serve, and the alarm has to have fired.
"""

import contextlib
import hashlib
import io
import os
import shutil
import signal
import sys
import tarfile
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rich.console import Console
from rich.markup import escape

from e2e import main as main_job
from e2e.live import RUN_PATIENCE
from e2e.main import (
    HOME,
    INTERRUPTED,
    LOG,
    applied,
    local_aws,
    planned,
    script,
    staged,
    table_of_steps,
    trained,
)
from e2e.runner import Runner, Step, StepFailed
from scones.inference.runs import run_pictures
from scones.inference.testcases import list_pictures
from scones.settings import LOCAL_HOME_VARIABLE, REPOSITORY, Environment, read_json, write_json
from scones.waiting import wait_until

PICTURES = 8
TRIES = 10  # of a picture whose execution fails
# An update's minute of being watched lasts 15 s: long enough for errors to be counted on a busy machine too.
TIME_SCALE = "0.25"
BROKEN = b"""

def predict_fn(*_):
    raise RuntimeError("this model is broken on purpose")
"""


def main() -> int:
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 110)
    main_job.refuse_a_second_run(console)
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ[LOCAL_HOME_VARIABLE] = str(HOME)
    variables = dict(os.environ) | {"ENV": "local", "LOCALAWS_TIME_SCALE": TIME_SCALE}
    runner = Runner(REPOSITORY, variables, LOG, console)

    started, code, client = time.monotonic(), 1, Client()
    console.print(f"A bad model on local AWS. Everything it says: {LOG}\n")
    try:
        if runner.run(the_steps(client)):
            code = 0
    except KeyboardInterrupt:
        console.print("\nStopped; ending what runs …")
        code = INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        client.stop()
        if not runner.run([main_job.local_aws_down()]):
            code = code or 1
    conclude(console, runner, code, time.monotonic() - started)
    return code


def the_steps(client: "Client") -> list[Step]:
    up = local_aws("start", "--container", "scripts/algorithm/container.json")
    return [
        Step("local AWS up", [up]),
        Step("foundation", [script("foundation")], lambda: applied("foundation")),
        Step("stage", [script("stage", "--data", "drawn")], staged),
        Step("train", [script("train", "--set", "epochs=2")], trained),
        Step("plan", [script("plan")], planned),
        Step("apply", [script("apply")], lambda: applied("workflow")),
        Step("a client asks", look=client.start),
        Step("package a bad model", look=package_a_bad_model),
        Step("plan it", [script("plan")], planned),
        Step("apply it: fails", [failing(script("apply"))], the_apply_failed_for_its_rollback),
        Step("the client", look=client.conclude),
        Step("the alarm", look=the_alarm_fired),
    ]


def failing(command: list[str]) -> list[str]:
    """A command that goes well when the given one does not."""
    return ["sh", "-c", '! "$@"', "sh", *command]


# --- The bad model -----------------------------------------------------------------------------------


def package_a_bad_model() -> str:
    """Put the trained model's package, whose code now raises, beside it; it is what a plan takes next."""
    environment = Environment.load("local")
    manifest = read_json(environment.home / "model.tfvars.json")["model"]
    s3 = environment.client("s3")
    bucket, _, key = manifest["model_data_url"].removeprefix("s3://").partition("/")
    members = unpacked(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    members["code/inference.py"] += BROKEN
    package = packed(members)
    broken = key.replace("model.tar.gz", "broken/model.tar.gz")
    s3.put_object(Bucket=bucket, Key=broken, Body=package)
    manifest |= {
        "model_data_url": f"s3://{bucket}/{broken}",
        "model_digest": hashlib.sha256(package).hexdigest(),
    }
    write_json(environment.home / "model.tfvars.json", {"model": manifest})
    return f"{len(package) / 1e6:.1f} MB, answers with an error"


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]


def packed(members: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


# --- The client --------------------------------------------------------------------------------------


@dataclass
class Client:
    """Sends the same pictures through the workflow, again and again, until it is told to stop.

    What fails it sends again, as whoever needs an answer would. `before`: the good model's answers.
    """

    before: dict[str, tuple[float, ...]] = field(default_factory=dict)
    answers: int = 0
    repeated: int = 0
    fault: str | None = None
    _thread: threading.Thread | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def _environment(self) -> Environment:
        return Environment.load("local")

    @cached_property
    def _stepfunctions(self) -> Any:
        return self._environment.client("stepfunctions")

    def start(self) -> str:
        s3, bucket = self._environment.client("s3"), self._environment.workflow.data_bucket
        keys = list_pictures(s3, bucket)[:PICTURES]
        self.before = self._round(keys)
        if len(self.before) < PICTURES:
            raise StepFailed(f"only {len(self.before)} of {PICTURES} pictures were answered")
        self._thread = threading.Thread(target=self._send, args=(keys,), daemon=True)
        self._thread.start()
        return f"{PICTURES} pictures, over and over"

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(RUN_PATIENCE.timeout)

    def conclude(self) -> str:
        """Stop, and say whether every answer came and was the good model's."""
        self.stop()
        if self.fault:
            raise StepFailed(self.fault)
        if not self.repeated:
            raise StepFailed("no execution failed: the bad model was never asked")
        return f"{self.answers} answers, {self.repeated} of them asked for again, none lost or other"

    def _send(self, keys: list[str]) -> None:
        try:
            while not self._stopping.is_set():
                waiting = list(keys)
                for _ in range(TRIES):
                    found = self._round(waiting)
                    self.answers += len(found)
                    wrong = [key for key in found if found[key] != self.before[key]]
                    waiting = [key for key in waiting if key not in found]
                    self.repeated += len(waiting)
                    if wrong:
                        self.fault = (
                            f"{len(wrong)} answers are not the good model's, that of {wrong[0]} for one"
                        )
                    if not waiting or self.fault:
                        break
                    time.sleep(1)
                if waiting:
                    self.fault = self.fault or f"{len(waiting)} pictures got no answer in {TRIES} tries"
                if self.fault:
                    return
        except Exception as error:  # told in its step, not in a thread that nobody hears
            self.fault = f"the client broke: {error!r}"

    def _round(self, keys: list[str]) -> dict[str, tuple[float, ...]]:
        """Send pictures once; returns the answers of those that were answered, by key."""
        workflow = self._environment.workflow
        runs = run_pictures(
            self._stepfunctions, workflow.state_machine_arn, workflow.data_bucket, keys, RUN_PATIENCE
        )
        return {
            run.key: tuple(run.classification.inferences)
            for run in runs
            if run.verdict in ("accepted", "review")
        }


# --- What came of it ---------------------------------------------------------------------------------


def the_apply_failed_for_its_rollback() -> str:
    """The former configuration serves, and SageMaker says that an alarm was the reason."""
    told = wait_until(settled_endpoint, RUN_PATIENCE, "the end of the rollback")
    model = read_json(HOME / "model.tfvars.json")["model"]
    serving = (
        Environment.load("local")
        .client("sagemaker")
        .describe_endpoint_config(EndpointConfigName=told["EndpointConfigName"])["ProductionVariants"][0][
            "ModelName"
        ]
    )
    if told["EndpointStatus"] != "InService" or model["model_digest"][:8] in serving:
        raise StepFailed(f"the endpoint is {told['EndpointStatus']} with {serving}")
    reason = told.get("FailureReason", "")
    if not any(name in reason for name in alarm_names(told)):
        raise StepFailed(f"it was not an alarm that rolled back: {reason or 'no reason is given'}")
    return f"{serving} still serves: {reason}"


def the_alarm_fired() -> str:
    cloudwatch = Environment.load("local").client("cloudwatch")
    for name in alarm_names(the_endpoint()):
        items = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
        for item in items["AlarmHistoryItems"]:
            if item["HistorySummary"].endswith("to ALARM"):
                return f"{name}: {item['HistorySummary']}"
    raise StepFailed("no alarm has gone off")


def the_endpoint() -> dict[str, Any]:
    environment = Environment.load("local")
    told: Any = environment.client("sagemaker").describe_endpoint(
        EndpointName=environment.workflow.endpoint_name
    )
    return dict(told)


def settled_endpoint() -> dict[str, Any] | None:
    told = the_endpoint()
    return None if told["EndpointStatus"] in ("Updating", "RollingBack") else told


def alarm_names(endpoint: dict[str, Any]) -> list[str]:
    alarms = endpoint["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    return [alarm["AlarmName"] for alarm in alarms]


def conclude(console: Console, runner: Runner, code: int, seconds: float) -> None:
    failed = [outcome for outcome in runner.outcomes if outcome.result == "FAILED"]
    if failed:
        console.print(f"\nThe end of {LOG}:\n", highlight=False)
        with contextlib.suppress(OSError):
            console.print(runner.tail(), markup=False, highlight=False, soft_wrap=True)
    console.print()
    console.print(table_of_steps(runner.outcomes, seconds))
    if code == 0:
        console.print(f"The bad model was rolled back, and no answer was lost, in {seconds:.0f} s.")
    elif failed:
        said = escape(failed[0].note)
        console.print(f"FAILED at '{failed[0].name}': {said}\nRead {LOG}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
