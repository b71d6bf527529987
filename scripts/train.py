"""Train the model on the staged data, as a SageMaker training job.

    python scripts/train.py --env local
    python scripts/train.py --env dev --spot --instance-count 2 --set epochs=50
    python scripts/train.py --env dev --algorithm builtin --instance-type ml.g4dn.xlarge

pytorch is the algorithm in scripts/algorithm, in script mode on AWS's PyTorch container; builtin is
SageMaker's own image-classification. Leaves model.tar.gz and what the model answers on the validation
pictures in the data bucket, a package in the model registry, and the manifest for Terraform, with the
confidence threshold that keeps the validation pictures' error at the target. The same data and settings again
change nothing; an interrupted wait goes on with the job that runs.
"""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from scones.errors import NotDeployed, UsageError, main
from scones.evaluation.threshold import TARGET_ERROR, Choice, choose
from scones.settings import REPOSITORY, Environment, add_environment_argument, write_json
from scones.training import job as training
from scones.training import models
from scones.training.baseline import make_baseline, publish_baseline
from scones.training.evaluations import evaluation_key, publish_evaluation
from scones.training.package import build_package, upload_package

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ALGORITHM = REPOSITORY / "scripts" / "algorithm"
ALGORITHMS = ("pytorch", "builtin")
DEFAULT = "builtin"
# The newest that AWS has for training and for serving alike (CPU images, Python 3.12).
PYTORCH_VERSION = "2.6.0"
INSTANCE_TYPES = {"pytorch": "ml.c5.2xlarge", "builtin": "ml.g4dn.xlarge"}
SERVING_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
}


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    foundation = environment.foundation
    sagemaker, s3 = environment.client("sagemaker"), environment.client("s3")
    data = staged_data(environment, s3)
    recipe = build_recipe(environment, s3, data, arguments)

    job = training.find_job(sagemaker, s3, recipe)
    trained_now = job is None or job["TrainingJobStatus"] != "Completed"
    if job is None:
        name = training.start_job(sagemaker, recipe, foundation, f"scones-{environment.name}")
        say(f"training job {name} started")
    else:
        name = job["TrainingJobName"]
        say(f"training job {name} has this recipe already: {job['TrainingJobStatus']}")
    if trained_now:
        job = training.wait_for_job(sagemaker, environment.client("logs"), name, show=say)
    assert job is not None

    serving = serving_of(arguments.algorithm, recipe, foundation.region)
    digest = models.digest_of_object(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
    package = models.register_model(sagemaker, s3, foundation, job, recipe, serving)
    choice, judgement = judge(s3, foundation.data_bucket, job, arguments.target_error)
    manifest = models.model_manifest(job, recipe, digest, package, serving, data["classes"], judgement)
    models.publish_manifest(s3, foundation.data_bucket, manifest)
    write_json(environment.home / "model.tfvars.json", {"model": manifest})
    if arguments.json:
        print(json.dumps(manifest | {"seconds": job.get("TrainingTimeInSeconds"), "trained": trained_now}))
    say(summary(job, manifest, choice, environment.name))


def staged_data(environment: Environment, s3: "S3Client") -> dict[str, Any]:
    data = models.read_json_object(s3, environment.foundation.data_bucket, "manifests/data.json")
    if data is None:
        raise NotDeployed(f"no data is staged: run 'make stage ENV={environment.name}'")
    return data


def build_recipe(
    environment: Environment, s3: "S3Client", data: dict[str, Any], arguments: argparse.Namespace
) -> training.Recipe:
    hyperparameters = dict(training.DRAWN_HYPERPARAMETERS) if data["source"] == "drawn" else {}
    program = None
    if arguments.algorithm == "pytorch":
        package = build_package(ALGORITHM)
        uri = upload_package(s3, environment.foundation.data_bucket, package)
        program = training.Program(uri, package.digest)
        if package.is_pretrained:
            hyperparameters["use_pretrained_model"] = "1"
    return training.Recipe(
        image_uri=image(arguments.algorithm, "training", environment.foundation.region),
        data_digest=data["data_digest"],
        num_classes=len(data["classes"]),
        num_training_samples=data["counts"]["training"],
        hyperparameters=hyperparameters | dict(arguments.set),
        instance_type=arguments.instance_type or INSTANCE_TYPES[arguments.algorithm],
        instance_count=arguments.instance_count,
        max_runtime_seconds=arguments.max_run,
        spot=arguments.spot,
        max_wait_seconds=arguments.max_wait,
        program=program,
        background=program is not None and bool(data["counts"].get("background_training")),
    )


def image(algorithm: str, scope: str, region: str) -> str:
    """Return the image that trains or serves an algorithm in a region, as the SageMaker SDK knows it."""
    from sagemaker.core import image_uris  # two seconds to import: only when it is needed

    if algorithm == "builtin":
        return str(image_uris.retrieve("image-classification", region))
    kind = INSTANCE_TYPES["pytorch"]  # any CPU instance has the same image
    return str(
        image_uris.retrieve("pytorch", region, version=PYTORCH_VERSION, image_scope=scope, instance_type=kind)
    )


def serving_of(algorithm: str, recipe: training.Recipe, region: str) -> models.Serving:
    if algorithm == "builtin":
        return models.Serving(recipe.image_uri)
    return models.Serving(
        image(algorithm, "inference", region), SERVING_ENVIRONMENT | {"SAGEMAKER_REGION": region}
    )


def judge(
    s3: "S3Client", bucket: str, job: dict[str, Any], target_error: float
) -> tuple[Choice | None, models.Judgement]:
    """Publish what the model answers on validation, and choose the rule that its answers are trusted by."""
    name = job["TrainingJobName"]
    evaluation_uri = publish_evaluation(s3, bucket, job)
    if evaluation_uri is None:
        return None, models.Judgement()
    evaluation = models.read_json_object(s3, bucket, evaluation_key(name)) or {}
    choice = choose(evaluation, target_error)
    baseline = make_baseline(evaluation, choice.out_of_domain_limit)
    return choice, models.Judgement(
        evaluation_uri=evaluation_uri,
        baseline_uri=publish_baseline(s3, bucket, name, baseline),
        confidence_threshold=choice.threshold,
        out_of_domain_limit=choice.out_of_domain_limit,
    )


def summary(job: dict[str, Any], manifest: dict[str, Any], choice: Choice | None, environment: str) -> str:
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in sorted(manifest["metrics"].items()))
    lines = [f"{job['TrainingJobName']}: {metrics}; {job.get('TrainingTimeInSeconds', 0)} s of training."]
    if choice and choice.is_reached:
        lines.append(
            f"Trusted from a confidence of {choice.threshold:.4f} on: {choice.coverage.share:.1%} of the "
            f"validation pictures, at most {choice.target_error:.1%} of them wrong."
        )
    elif choice:
        lines.append(
            f"No threshold keeps the error at {choice.target_error:.1%}: only a confidence of "
            f"{choice.threshold:.4f}, the highest there is, will be trusted."
        )
    return "\n".join([*lines, f"Next: make plan ENV={environment}"])


# --- Arguments --------------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument(
        "--algorithm",
        default=os.environ.get("ALGORITHM") or DEFAULT,
        help=f"pytorch or builtin (default: the variable ALGORITHM, or {DEFAULT})",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=hyperparameter,
        metavar="NAME=VALUE",
        help="a hyperparameter of the image-classification algorithm; may be repeated",
    )
    defaults = ", ".join(f"{kind} for {name}" for name, kind in INSTANCE_TYPES.items())
    parser.add_argument("--instance-type", help=f"default: {defaults}")
    parser.add_argument(
        "--instance-count",
        type=int,
        default=1,
        metavar="N",
        help="instances that train together, each on its share of a batch (default: %(default)s)",
    )
    parser.add_argument(
        "--spot", action="store_true", help="train on spot capacity, which may be interrupted and resumes"
    )
    parser.add_argument(
        "--max-run", type=int, default=3600, metavar="S", help="seconds of training (default: %(default)s)"
    )
    parser.add_argument(
        "--max-wait", type=int, metavar="S", help="seconds with the wait for spot capacity (default: twice)"
    )
    parser.add_argument(
        "--target-error",
        type=float,
        default=TARGET_ERROR,
        metavar="E",
        help="share of the trusted answers that may be wrong (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print the model manifest on standard output")
    arguments = parser.parse_args()
    check_arguments(arguments)
    return arguments


def check_arguments(given: argparse.Namespace) -> None:
    """Raise UsageError for words that do not fit together, before anything is done."""
    if given.algorithm not in ALGORITHMS:
        raise UsageError(f"there is no algorithm {given.algorithm!r}: choose {' or '.join(ALGORITHMS)}")
    if given.instance_count < 1:
        raise UsageError(f"--instance-count {given.instance_count}: a job has at least one instance")
    if given.algorithm == "builtin" and given.instance_count > 1:
        raise UsageError("--instance-count is for --algorithm pytorch: builtin trains on one instance here")
    if given.max_run < 1:
        raise UsageError(f"--max-run {given.max_run}: training takes at least a second")
    if given.max_wait is not None and not given.spot:
        raise UsageError("--max-wait is for --spot: other capacity is not waited for")
    if given.max_wait is not None and given.max_wait < given.max_run:
        raise UsageError(f"--max-wait {given.max_wait} must not be below --max-run {given.max_run}")
    if not 0 <= given.target_error < 1:
        raise UsageError(f"--target-error {given.target_error:g}: give a share from 0 to below 1")


def hyperparameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise UsageError(f"--set {text}: write NAME=VALUE, such as --set epochs=50")
    return name.strip(), value.strip()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(command)
