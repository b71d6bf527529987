"""A workflow on moto's server, for the commands: real executions of a state machine with fixed answers.

No function and no model runs: its image-classification is a Pass state. Everything else that the commands
touch is there: pictures, labels, manifests, executions with their history, and captures.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scones.inference.executions import Execution, wait_for_execution
from scones.inference.runs import run_step_function_multiple_times
from scones.settings import LOCAL_HOME_VARIABLE, Environment, Workflow, write_json
from scones.staging.plan import INDEX_KEY, MANIFEST_KEY, Entry, index_body
from scones.waiting import Patience
from unit.report.records import lines, picture, record

REGION, BUCKET, ENDPOINT = "us-east-1", "scones-unit", "scones-unit"
ANSWERS = {
    "test/bike_s_000001.png": [0.99, 0.01],
    "test/bike_s_000002.png": [0.02, 0.98],
    "test/bike_s_000003.png": [0.60, 0.40],
}
MANIFEST = {"source": "drawn", "counts": {"train": 9, "test": 3}}
LABELS = "7\t0\tbike_s_000001.png\n8\t1\tbike_s_000002.png\n9\t1\tbike_s_000003.png\n"
PICTURES = dict(zip(ANSWERS, map(picture, ("red", "green", "blue")), strict=True))
REVIEW = "test/bike_s_000003.png"


def definition() -> str:
    """The state machine: each picture its answer, and an error of its own for any other picture."""
    cases = {
        f"answer {i}": {
            "Type": "Pass",
            "Result": answer,
            "ResultPath": "$.inferences",
            "Next": "image-classification",
        }
        for i, answer in enumerate(ANSWERS.values())
    }
    choices = [
        {"Variable": "$.s3_key", "StringEquals": key, "Next": f"answer {i}"} for i, key in enumerate(ANSWERS)
    ]
    review = {"Variable": "$.s3_key", "StringEquals": REVIEW, "Next": "not met"}
    return json.dumps(
        {
            "StartAt": "which",
            "States": {
                "which": {"Type": "Choice", "Choices": choices, "Default": "missing"},
                **cases,
                "image-classification": {
                    "Type": "Pass",
                    "Parameters": {
                        "s3_key.$": "$.s3_key",
                        "inferences.$": "$.inferences",
                        "inference_id.$": "States.Format('inference of {}', $.s3_key)",
                    },
                    "Next": "decide",
                },
                "decide": {"Type": "Choice", "Choices": [review], "Default": "done"},
                "done": {"Type": "Succeed"},
                "not met": {"Type": "Fail", "Error": "THRESHOLD_CONFIDENCE_NOT_MET", "Cause": "0.6 < 0.93"},
                "missing": {"Type": "Fail", "Error": "ObjectNotFound", "Cause": "there is no such object"},
            },
        }
    )


@dataclass
class Deployed:
    """The environment that the commands find under `home`, and what is deployed in it."""

    home: Path
    environment: Environment
    workflow: Workflow

    def client(self, service: str) -> Any:
        return self.environment.client(service)

    def variables(self) -> dict[str, str]:
        """The process environment of a command that is to find this workflow."""
        return os.environ | {LOCAL_HOME_VARIABLE: str(self.home)}

    def run(self, *keys: str) -> list[Execution]:
        """Run an execution a picture, and return them when they have ended."""
        stepfunctions, arn = self.client("stepfunctions"), self.workflow.state_machine_arn
        started = run_step_function_multiple_times(stepfunctions, arn, BUCKET, keys)
        return [wait_for_execution(stepfunctions, one, Patience(30, interval=0.02)) for one in started]

    def capture(self, key: str, image: bytes | None = None, name: str | None = None) -> None:
        """Write the capture of a picture's inference, as the endpoint would have; `name` is its file's."""
        now = datetime.now(UTC)
        image = PICTURES[key] if image is None else image
        body = lines([record(f"event of {name or key}", ANSWERS[key], now, f"inference of {key}", image)])
        name = f"{now:%Y/%m/%d/%H}/{(name or key).replace('/', '-')}.jsonl"
        self.client("s3").put_object(
            Bucket=BUCKET, Key=f"data_capture/{ENDPOINT}/AllTraffic/{name}", Body=body
        )


def deploy(home: Path, endpoint_url: str) -> Deployed:
    write_json(
        home / "localaws.json",
        {"endpoint_url": endpoint_url, "pid": os.getpid(), "region": REGION, "account_id": "123456789012"},
    )
    environment = Environment("local", home)
    s3 = environment.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    index = {}
    for key, body in PICTURES.items():
        etag = s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        index[key] = Entry(hashlib.sha256(body).hexdigest(), etag)
    s3.put_object(Bucket=BUCKET, Key=INDEX_KEY, Body=index_body(index))
    s3.put_object(Bucket=BUCKET, Key=MANIFEST_KEY, Body=json.dumps(MANIFEST).encode())
    s3.put_object(Bucket=BUCKET, Key="test.lst", Body=LABELS.encode())
    workflow = Workflow(
        state_machine_arn=environment.client("stepfunctions").create_state_machine(
            name="classify", definition=definition(), roleArn="arn:aws:iam::123456789012:role/states"
        )["stateMachineArn"],
        endpoint_name=ENDPOINT,
        review_queue_url="",
        notification_topic_arn="",
        function_names={},
        capture_s3_uri=f"s3://{BUCKET}/data_capture",
        confidence_threshold=0.93,
        class_names=["bicycle", "motorcycle"],
        loading_bays={},
        incoming_prefix="incoming/",
        data_bucket=BUCKET,
        paused=False,
    )
    write_json(home / "workflow.outputs.json", asdict(workflow))
    return Deployed(home, environment, workflow)
