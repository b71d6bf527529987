"""AWS's PyTorch containers: a program out of S3 is told what AWS tells it, trains, and serves."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .sagemaker_toy import Toy, archive, channel, members

LOGS = "/aws/sagemaker/TrainingJobs"
TRAINING = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312"
INFERENCE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"

TELL = b"""
import json, os, pathlib, sys
told = {k: v for k, v in os.environ.items() if k.startswith(("SM_", "SAGEMAKER_", "TRAINING_JOB", "CURRENT"))}
base = os.environ["SAGEMAKER_BASE_DIR"]
text = json.dumps({"variables": told, "arguments": sys.argv[1:], "paths": sys.path, "here": os.getcwd()})
pathlib.Path(os.environ["SM_MODEL_DIR"], "told.json").write_text(text.replace(base, "/opt/ml"))
print("accuracy=0.5")
"""

HANDLER = b"""
import json, pathlib

class Refused(Exception):
    status_code, message = 415, "only pictures"

def model_fn(model_dir):
    return json.loads(pathlib.Path(model_dir, "model.json").read_text())

def input_fn(data, content_type):
    if content_type == "text/nothing":
        raise Refused
    return [type(data).__name__, len(data), content_type]

def predict_fn(given, model):
    if given[1] == 13:
        raise ValueError("unlucky")
    return [*given, model["version"]]

def output_fn(prediction, accept, context):
    asked = context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes") or ""
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "told " + asked)
    if accept == "application/json;verbose":
        return json.dumps({"whole": prediction}), "application/json"
    return json.dumps(prediction)
"""


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


def submit(toy: Toy, program: str = "train.py", told: dict[str, Any] | None = None, **changes: Any) -> str:
    """Train with a source archive that is one program, hyperparameters encoded as the SDK does."""
    source = changes.pop("source", {"train.py": TELL})
    content = source if isinstance(source, bytes) else archive(source)
    ours = {
        "sagemaker_program": program,
        "sagemaker_submit_directory": toy.put("code/sourcedir.tar.gz", content),
        "sagemaker_container_log_level": 20,
        "sagemaker_region": "us-east-1",
        "sagemaker_job_name": "a-job",
    }
    encoded = {name: json.dumps(value) for name, value in {**ours, **(told or {})}.items()}
    algorithm = {
        "TrainingImage": TRAINING,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
    }
    return toy.train(encoded, AlgorithmSpecification=algorithm, **changes)


def told_by(toy: Toy, job: dict[str, Any]) -> dict[str, Any]:
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    told: dict[str, Any] = json.loads(
        members(toy.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["told.json"].replace(
            b"training/" + job["TrainingJobName"].encode(), b"JOB"
        )
    )
    return told


own = {"LOCALAWS_TOOLKIT": "0"}
both = pytest.mark.parametrize("contract", [{}, own], ids=["toolkit", "own"])


# --- Training ---------------------------------------------------------------------------------------


@both
def test_a_program_is_told_its_job(toy: Toy, contract: dict[str, str]) -> None:
    toy.put("train/a.txt", b"x")
    job = toy.ended(
        submit(
            toy,
            told={"epochs": "3", "rate": 0.5},
            Environment=contract,
            InputDataConfig=[channel("train", f"s3://{toy.bucket}/train/")],
        )
    )

    told = told_by(toy, job)
    assert told["arguments"] == ["--epochs", "3", "--rate", "0.5"]
    assert told["here"] == "/opt/ml/code"
    variables = told["variables"]
    assert json.loads(variables["SM_HPS"]) == {"epochs": "3", "rate": 0.5}
    assert variables["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"
    assert variables["SM_MODEL_DIR"] == "/opt/ml/model"
    assert variables["SM_OUTPUT_DATA_DIR"] == "/opt/ml/output/data"
    assert (variables["SM_HOSTS"], variables["SM_CURRENT_HOST"]) == ('["algo-1"]', "algo-1")
    assert job["FinalMetricDataList"][0]["Value"] == 0.5


@pytest.mark.skipif(
    find_spec("sagemaker_training") is None,
    reason="sagemaker-training is not installed: scripts/setup.sh says why",
)
def test_the_own_contract_tells_what_the_toolkit_tells(toy: Toy) -> None:
    toy.put("train/a.txt", b"x")
    channels = [channel("train", f"s3://{toy.bucket}/train/")]
    told = [
        told_by(
            toy,
            toy.ended(
                submit(
                    toy,
                    told={"epochs": "3", "deep": {"a": [1, None]}, "on": True, "k": None},
                    Environment={"LOCALAWS_TOOLKIT": switch},
                    InputDataConfig=channels,
                )
            ),
        )
        for switch in ("1", "0")
    ]
    theirs, ours = ({**one["variables"], "arguments": one["arguments"]} for one in told)
    for variables in (theirs, ours):
        for name in ("TRAINING_JOB_NAME", "TRAINING_JOB_ARN", "LOCALAWS_TOOLKIT"):
            variables.pop(name, None)

    # What is about instance groups or the toolkit itself is left out.
    missing = {name for name in set(theirs) - set(ours) if "GROUP" not in name}
    assert missing == {"SM_TRAINING_ENV", "SM_FRAMEWORK_PARAMS", "SM_FRAMEWORK_MODULE", "SM_IS_HETERO"}
    assert {name: theirs[name] for name in ours} == ours


def test_a_program_cannot_import_what_local_aws_runs_from(toy: Toy) -> None:
    program = b"import localaws"
    job = toy.ended(submit(toy, source={"train.py": program}))

    assert job["TrainingJobStatus"] == "Failed"
    assert "ModuleNotFoundError: No module named 'localaws'" in toy.lines(LOGS, job["TrainingJobName"])


@both
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": {"train.py": b"raise SystemExit(3)"}}, "ExecuteUserScriptError:\nExitCode 3"),
        ({"program": "/etc/passwd"}, "/etc/passwd"),
        ({"program": "../train.py"}, "../train.py"),
        ({"source": b"no archive"}, "gzopen|cannot be unpacked"),
        ({"source": {"train.py": TELL, "requirements.txt": b"nobody-has-this==1\n"}}, "Requirements"),
    ],
    ids=["exit code", "absolute", "parent", "no archive", "requirements"],
)
def test_what_cannot_be_run_fails_with_its_reason(
    toy: Toy, contract: dict[str, str], changes: dict[str, Any], reason: str
) -> None:
    job = toy.ended(submit(toy, Environment=contract, **changes))

    assert job["TrainingJobStatus"] == "Failed"
    assert any(part in job["FailureReason"] for part in reason.split("|")), job["FailureReason"]


@both
def test_a_program_gives_its_own_reason(toy: Toy, contract: dict[str, str]) -> None:
    program = b"""
import os, pathlib
pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("no pictures")
raise SystemExit(1)
"""
    job = toy.ended(submit(toy, Environment=contract, source={"train.py": program}))

    assert job["FailureReason"] == "AlgorithmError: no pictures, exit code: 1"


@both
def test_requirements_that_are_met_let_the_program_run(toy: Toy, contract: dict[str, str]) -> None:
    source = {"train.py": TELL, "requirements.txt": b"boto3\n"}

    assert toy.ended(submit(toy, Environment=contract, source=source))["TrainingJobStatus"] == "Completed"


@both
def test_an_archive_writes_nothing_outside_the_code(toy: Toy, contract: dict[str, str]) -> None:
    job = toy.ended(submit(toy, Environment=contract, source={"train.py": TELL, "../model/evil.txt": b"x"}))

    if job["TrainingJobStatus"] == "Completed":  # the toolkit renames what would leave the folder
        assert "evil.txt" not in members(toy.get(job["ModelArtifacts"]["S3ModelArtifacts"]))


@both
def test_a_stop_reaches_the_program(toy: Toy, contract: dict[str, str]) -> None:
    program = b"""
import os, pathlib, signal, time
def save(*_):
    pathlib.Path(os.environ["SM_MODEL_DIR"], "saved.txt").write_text("saved")
    raise SystemExit(0)
signal.signal(signal.SIGTERM, save)
print("waiting", flush=True)
time.sleep(60)
"""
    name = submit(toy, Environment=contract, source={"train.py": program})
    toy.until_training(name)
    toy.sagemaker.stop_training_job(TrainingJobName=name)

    job = toy.ended(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert "saved.txt" in members(toy.get(job["ModelArtifacts"]["S3ModelArtifacts"]))


@both
def test_two_instances_meet_where_the_first_one_is(toy: Toy, contract: dict[str, str]) -> None:
    program = b"""
import os, socket, time
host, address = os.environ["SM_CURRENT_HOST"], (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if host == "algo-1":
    with socket.create_server(address) as server:
        print("met", server.accept()[0].recv(99).decode(), flush=True)
else:
    for _ in range(200):
        try:
            with socket.create_connection(address) as link:
                link.sendall(host.encode())
                break
        except ConnectionRefusedError:
            time.sleep(0.05)
    else:
        raise SystemExit("nobody listens at the first instance")
"""
    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 1}
    name = submit(toy, Environment=contract, source={"train.py": program}, ResourceConfig=resources)

    assert toy.ended(name)["TrainingJobStatus"] == "Completed"
    assert "met algo-2" in toy.lines(LOGS, f"{name}/algo-1-")


# --- Serving ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def endpoint(aws: ClientOf) -> tuple[Toy, str]:
    toy = Toy(aws)
    return toy, toy.endpoint(served(toy, HANDLER))


def served(toy: Toy, handler: bytes, **files: bytes) -> str:
    content = archive({"model.json": b'{"version": 7}', "code/inference.py": handler, **files})
    container = {
        "Image": INFERENCE,
        "ModelDataUrl": toy.put("script/model.tar.gz", content),
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    }
    return toy.model(PrimaryContainer=container)


def test_the_functions_answer_one_after_the_other(endpoint: tuple[Toy, str]) -> None:
    toy, name = endpoint

    assert toy.ask(name, b"\x89PNG", ContentType="image/png") == ["bytes", 4, "image/png", 7]


def test_text_is_given_as_text(endpoint: tuple[Toy, str]) -> None:
    toy, name = endpoint

    assert toy.ask(name, "né".encode(), ContentType="application/json") == ["str", 2, "application/json", 7]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ({}, "application/json"),
        ({"Accept": "*/*"}, "application/json"),
        ({"Accept": "application/x-other"}, "application/x-other"),
        ({"Accept": "application/json;verbose"}, "application/json"),
    ],
)
def test_the_answers_type_is_what_was_asked_for_or_what_the_function_says(
    endpoint: tuple[Toy, str], accept: dict[str, str], kind: str
) -> None:
    toy, name = endpoint
    answer = toy.runtime.invoke_endpoint(EndpointName=name, Body=b"x", ContentType="image/png", **accept)

    assert answer["ContentType"] == kind
    body = json.loads(answer["Body"].read())
    assert (body["whole"] if "verbose" in str(accept) else body) == ["bytes", 1, "image/png", 7]


def test_custom_attributes_pass_both_ways(endpoint: tuple[Toy, str]) -> None:
    toy, name = endpoint
    answer = toy.runtime.invoke_endpoint(
        EndpointName=name, Body=b"x", ContentType="image/png", CustomAttributes="trace=1"
    )

    assert answer["CustomAttributes"] == "told trace=1"


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [(b"x", "text/nothing", 415, "only pictures"), (b"x" * 13, "image/png", 500, "unlucky")],
)
def test_an_error_has_the_status_that_it_asks_for(
    endpoint: tuple[Toy, str], body: bytes, kind: str, status: int, message: str
) -> None:
    toy, name = endpoint

    with pytest.raises(ClientError) as refused:
        toy.ask(name, body, ContentType=kind)
    assert refused.value.response["OriginalStatusCode"] == status
    assert refused.value.response["OriginalMessage"].startswith(f"{message}\nTraceback")


@pytest.mark.parametrize(
    "handler",
    [b"def model_fn(folder): raise ValueError('no weights')", b"import nothing_of_the_kind", b"x = 1"],
    ids=["model", "import", "no functions"],
)
def test_a_program_that_cannot_serve_does_not_pass_the_health_check(toy: Toy, handler: bytes) -> None:
    name = f"broken-{toy.bucket}"
    config = toy.config(served(toy, handler))
    toy.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)

    endpoint = toy.settled(name)
    assert endpoint["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in endpoint["FailureReason"]
