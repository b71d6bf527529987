"""A small model, really trained and really served on local AWS, with everything that an evaluation reads."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scones.settings import LOCAL_HOME_VARIABLE, REPOSITORY, Environment, Foundation, Workflow, write_json
from scones.training.evaluations import publish_evaluation

BUCKET, ENDPOINT, JOB, GROUP, REGION = "scones-unit", "scones-unit", "job-1", "scones-unit", "us-east-1"
IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
NAMES = ["bicycle", "motorcycle"]
SIDE, TRAINING, VALIDATION, TEST, BACKGROUND = 16, 24, 8, 20, 12
URL = f"s3://{BUCKET}/models/{JOB}/output/model.tar.gz"
HYPERPARAMETERS = {
    "image_shape": f"3,{SIDE},{SIDE}",
    "num_classes": "2",
    "num_training_samples": str(TRAINING),
    "epochs": "2",
}


def picture(kind: int, seed: int, strength: int = 60) -> bytes:
    """A PNG of noise, tinted: red for class 0, blue for class 1, green for 2, which is neither."""
    pixels = np.random.default_rng(seed).integers(0, 190, (SIDE, SIDE, 3), dtype=np.uint8)
    pixels[:, :, (0, 2, 1)[kind]] += strength
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def pictures(prefix: str, count: int, seed: int, strength: int = 60) -> dict[str, bytes]:
    return {f"{prefix}{n}.png": picture(n % 2, seed + n, strength) for n in range(count)}


def lst(files: dict[str, bytes], label: Callable[[int], int] = lambda n: n % 2) -> bytes:
    lines = [f"{n}\t{label(n)}\t{name.rpartition('/')[2]}\n" for n, name in enumerate(files)]
    return "".join(lines).encode()


def staged() -> dict[str, bytes]:
    """The data bucket's objects. Test pictures are tinted less than the others, so that some are mistaken."""
    train = pictures("train/t", TRAINING, 0)
    validation = pictures("train/v", VALIDATION, 1000)
    test = pictures("test/", TEST, 2000, strength=4)
    background = {f"background/test/{n}.png": picture(2, 3000 + n) for n in range(BACKGROUND)}
    manifest = {
        "source": "drawn",
        "data_digest": "d" * 64,
        "classes": NAMES,
        "counts": {"training": TRAINING, "validation": VALIDATION, "test": TEST},
    }
    lists = {
        "training.lst": lst(train),
        "validation.lst": lst(validation),
        "test.lst": lst(test),
        "background_test.lst": lst(background, lambda n: 40 + n),
        "manifests/data.json": json.dumps(manifest).encode(),
    }
    return train | validation | test | background | lists


def train(base: Path, objects: dict[str, bytes]) -> None:
    """Run the algorithm on the objects as SageMaker runs it."""
    for channel, prefix in (("train", "train/t"), ("validation", "train/v")):
        for key, body in objects.items():
            if key.startswith(prefix):
                put(base / "input" / "data" / channel / key.removeprefix("train/"), body)
        name = "training.lst" if channel == "train" else "validation.lst"
        put(base / "input" / "data" / f"{channel}_lst" / name, objects[name])
    channels = {
        name: {"TrainingInputMode": "File", "ContentType": "application/x-image"}
        for name in ("train", "validation", "train_lst", "validation_lst")
    }
    configuration = base / "input" / "config"
    put(configuration / "hyperparameters.json", json.dumps(HYPERPARAMETERS).encode())
    put(configuration / "inputdataconfig.json", json.dumps(channels).encode())
    put(
        configuration / "resourceconfig.json",
        json.dumps({"current_host": "algo-1", "hosts": ["algo-1"]}).encode(),
    )
    subprocess.run(
        [sys.executable, "-m", "algorithm", "train"],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "scripts"), "SAGEMAKER_BASE_DIR": str(base)},
    )


def put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def packed(folder: Path) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    return archive.getvalue()


@dataclass
class Deployed:
    """The environment that the commands find under `home`, and what is deployed in it."""

    home: Path
    environment: Environment
    workflow: Workflow
    package: str

    def client(self, service: str) -> Any:
        return self.environment.client(service)

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)

    def body(self, key: str) -> bytes:
        content: bytes = self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def read(self, key: str) -> Any:
        return json.loads(self.body(key))

    def set_outputs(self, **outputs: Any) -> None:
        write_json(self.home / "workflow.outputs.json", asdict(self.workflow) | outputs)

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, f"scripts/{script}.py", *words],
            cwd=REPOSITORY,
            env=os.environ | {LOCAL_HOME_VARIABLE: str(self.home)},
            capture_output=True,
            text=True,
        )


@contextmanager
def served(home: Path, base: Path) -> Iterator[Deployed]:
    """Train, start local AWS, stage and deploy; end local AWS afterwards."""
    objects = staged()
    train(base, objects)
    container = REPOSITORY / "scripts" / "algorithm" / "container.json"
    server = subprocess.Popen(
        [sys.executable, "-m", "localaws", "serve", "--home", str(home), "--container", str(container)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        state = json.loads(server.stdout.readline())
        write_json(home / "localaws.json", {"pid": server.pid, "region": REGION, **state})
        yield deploy(home, base, objects)
    finally:
        server.terminate()
        server.wait(timeout=30)
        if server.stdout:
            server.stdout.close()


def deploy(home: Path, base: Path, objects: dict[str, bytes]) -> Deployed:
    environment = Environment("local", home)
    s3, sagemaker, iam = (environment.client(name) for name in ("s3", "sagemaker", "iam"))
    s3.create_bucket(Bucket=BUCKET)
    artifacts = {
        f"models/{JOB}/output/model.tar.gz": packed(base / "model"),
        f"models/{JOB}/output/output.tar.gz": packed(base / "output" / "data"),
    }
    for key, body in (objects | artifacts).items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    publish_evaluation(s3, BUCKET, {"TrainingJobName": JOB, "ModelArtifacts": {"S3ModelArtifacts": URL}})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(
        RoleName="scones",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Role"]["Arn"]
    allowed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*", "ecr:*"], "Resource": "*"}],
    }
    iam.put_role_policy(RoleName="scones", PolicyName="s3", PolicyDocument=json.dumps(allowed))
    sagemaker.create_model(
        ModelName="model", ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": URL}
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "model",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="config")
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    package = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelPackageDescription=f"training job {JOB}",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": URL}],
            "SupportedContentTypes": ["image/png"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        CustomerMetadataProperties={"training_job": JOB},
    )["ModelPackageArn"]
    manifest = {
        "training_job_name": JOB,
        "model_data_url": URL,
        "model_digest": hashlib.sha256(artifacts[f"models/{JOB}/output/model.tar.gz"]).hexdigest(),
        "model_package_arn": package,
        "evaluation_uri": f"s3://{BUCKET}/models/{JOB}/evaluation.json",
    }
    s3.put_object(Bucket=BUCKET, Key="manifests/model.json", Body=json.dumps(manifest).encode())
    trained = {"multiclass_classification_metrics": {"validation:accuracy": {"value": 0.75}}}
    s3.put_object(Bucket=BUCKET, Key=f"models/{JOB}/metrics.json", Body=json.dumps(trained).encode())
    write_json(
        home / "foundation.outputs.json",
        asdict(Foundation(REGION, "123456789012", BUCKET, "key", role, GROUP)),
    )
    workflow = Workflow(
        state_machine_arn="",
        endpoint_name=ENDPOINT,
        review_queue_url="",
        notification_topic_arn="",
        function_names={},
        capture_s3_uri=f"s3://{BUCKET}/data_capture",
        confidence_threshold=0.6,
        class_names=NAMES,
        loading_bays={},
        incoming_prefix="incoming/",
        data_bucket=BUCKET,
        paused=False,
    )
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=ENDPOINT, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return Deployed(home, environment, workflow, package)
