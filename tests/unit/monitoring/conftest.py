"""Local AWS with the real state machine and drift function, before an endpoint that only captures."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from scones.settings import LOCAL_HOME_VARIABLE, REPOSITORY, Environment, Workflow, write_json
from unit.report.records import picture
from unit.statemachine.conftest import render

ACCOUNT, REGION, NAME, BUCKET = "123456789012", "us-east-1", "scones-unit", "scones-unit-data"
CAPTURES = f"s3://{BUCKET}/data_capture"
STAND_INS = Path(__file__).with_name("stand_ins.py")
PICTURES = 40
SHADES = ("brightness", "red", "green", "blue")


@dataclass(frozen=True)
class Deployed:
    """What the command finds, and the clients that the tests look with."""

    environment: Environment

    def client(self, service: str) -> Any:
        return self.environment.client(service)

    def demonstrate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, REPOSITORY / "scripts" / "drift_demo.py", "--settling", "0", *arguments]
        variables = os.environ | {LOCAL_HOME_VARIABLE: str(self.environment.home)}
        return subprocess.run(command, capture_output=True, text=True, env=variables, check=False)

    def keys(self, prefix: str) -> list[str]:
        listed = self.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def act(self, **how: Any) -> None:
        """Have the stand-ins act so from now on."""
        self.client("s3").put_object(Bucket=BUCKET, Key="script.json", Body=json.dumps(how).encode())


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    home = tmp_path_factory.mktemp("local")
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(home)]
    variables = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts")}
    with (home.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout is not None
    try:
        url = json.loads(server.stdout.readline())["endpoint_url"]
        state = {"endpoint_url": url, "pid": server.pid, "region": REGION, "account_id": ACCOUNT}
        write_json(home / "localaws.json", state)
        made = Deployed(Environment("local", home))
        deploy(made)
        yield made
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


def deploy(made: Deployed) -> None:
    s3 = made.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for number in range(PICTURES):
        s3.put_object(Bucket=BUCKET, Key=f"test/bike_{number:02}.png", Body=picture("red"))
        s3.put_object(Bucket=BUCKET, Key=f"background/test/lion_{number:02}.png", Body=picture("blue"))
    s3.put_object(Bucket=BUCKET, Key="models/job/baseline.json", Body=baseline())
    role = role_of(made.client("iam"))
    arns = {name: function_of(made, name, role) for name in ("serialize", "classify", "threshold")}
    function_of(made, "monitor-drift", role)
    queue = made.client("sqs").create_queue(QueueName="review")["QueueUrl"]
    topic = made.client("sns").create_topic(Name="failures")["TopicArn"]
    definition = render(
        **{f"{name}_function_arn": arn for name, arn in arns.items()},
        review_queue_url=queue,
        notification_topic_arn=topic,
    )
    machine = made.client("stepfunctions").create_state_machine(
        name="classify", definition=definition, roleArn=role
    )
    for label in ("drift", "out-of-domain", "review-share", "mean-confidence"):
        made.client("cloudwatch").put_metric_alarm(
            AlarmName=f"{NAME}-{label}",
            Namespace="Scones/Stand-in",  # nothing is measured there: the stand-in sets the states
            MetricName=label,
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Threshold=1,
            TreatMissingData="ignore",
            AlarmActions=[topic],
        )
    workflow = Workflow(
        state_machine_arn=machine["stateMachineArn"],
        endpoint_name=NAME,
        review_queue_url=queue,
        notification_topic_arn=topic,
        function_names={"monitor-drift": "monitor-drift"},
        capture_s3_uri=CAPTURES,
        confidence_threshold=0.93,
        class_names=["bicycle", "motorcycle"],
        loading_bays={"bicycle": "bay-1", "motorcycle": "bay-2"},
        incoming_prefix="incoming/",
        data_bucket=BUCKET,
        paused=False,
    )
    write_json(made.environment.home / "workflow.outputs.json", asdict(workflow))


def baseline() -> bytes:
    """A model that is as sure of everything as the stand-in, of pictures as bright."""
    content = {
        "pictures": 100,
        "confidence": [0.97] * 100,
        "class_share": [1.0, 0.0],
        "statistics": {name: [0.5] * 50 + [0.6] * 50 for name in SHADES},
        "out_of_domain": [0.05] * 100,
    }
    return json.dumps(content).encode()


def role_of(iam: Any) -> str:
    services = {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}
    trust = {"Effect": "Allow", "Principal": services, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = iam.create_role(RoleName="all", AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=policy(allow))
    return role["Arn"]


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def function_of(made: Deployed, name: str, role: str) -> str:
    """Deploy the stand-in of that name; that of monitor-drift has the real one with it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(STAND_INS, "stand_ins.py")
        if name == "monitor-drift":
            for path in sorted((REPOSITORY / "lambdas" / name).glob("*.py")):
                archive.write(path, path.name)
    variables = {
        "BUCKET": BUCKET,
        "NAME": NAME,
        "CAPTURE_S3_URI": f"{CAPTURES}/{NAME}/AllTraffic",
        "BASELINE_S3_URI": f"s3://{BUCKET}/models/job/baseline.json",
        "REPORTS_S3_URI": f"s3://{BUCKET}/drift",
        "WORKFLOW": NAME,
        "WINDOW_MINUTES": "60",
        "OUT_OF_DOMAIN_LIMIT": "0.5",
        "PSI_LIMIT": "0.25",
        "CLASS_SHARE_LIMIT": "1",
        "KS_LIMIT": "0.2",
        "RISE_LIMIT": "0.1",
        "MINIMUM_INFERENCES": "28",
    }
    return made.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler=f"stand_ins.{name.replace('-', '_')}",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=60,
        Environment={"Variables": variables},
    )["FunctionArn"]
