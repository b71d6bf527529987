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
from scones.evaluation.judging import judge, sentence, target_error_of
from scones.evaluation.threshold import TARGET_ERROR, Choice
from scones.s3 import digest_of_object, read_json_object
from scones.settings import REPOSITORY, Environment, add_environment_argument, read_json, write_json
from scones.training import backbone, images, models
from scones.training import job as training
from scones.training.package import build_package, upload_package

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ALGORITHM = REPOSITORY / "scripts" / "algorithm"


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

    serving = images.serving(arguments.algorithm, foundation.region)
    digest = digest_of_object(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
    package = models.register_model(sagemaker, s3, foundation, job, recipe, serving)
    former = models.fetch_manifest(s3, foundation.data_bucket)
    target_error = target_error_of(name, former, arguments.target_error)
    choice, judgement = judge(s3, foundation.data_bucket, job, target_error)
    manifest = models.model_manifest(job, recipe, digest, package, serving, data["classes"], judgement)
    models.publish_manifest(s3, foundation.data_bucket, manifest)
    write_json(environment.home / "model.tfvars.json", {"model": manifest})
    if arguments.json:
        print(json.dumps(manifest | {"seconds": job.get("TrainingTimeInSeconds"), "trained": trained_now}))
    for remark in backbone_remarks(recipe, data):
        say(remark)
    say(summary(job, manifest, choice, environment.name))


def staged_data(environment: Environment, s3: "S3Client") -> dict[str, Any]:
    data = read_json_object(s3, environment.foundation.data_bucket, "manifests/data.json")
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
            drawn = training.DRAWN_PRETRAINED_HYPERPARAMETERS if data["source"] == "drawn" else {}
            hyperparameters = {"use_pretrained_model": "1", **drawn}
    return training.Recipe(
        image_uri=images.training_image(arguments.algorithm, environment.foundation.region),
        data_digest=data["data_digest"],
        num_classes=len(data["classes"]),
        num_training_samples=data["counts"]["training"],
        hyperparameters=hyperparameters | dict(arguments.set),
        instance_type=arguments.instance_type or images.INSTANCE_TYPES[arguments.algorithm],
        instance_count=arguments.instance_count,
        max_runtime_seconds=arguments.max_run,
        spot=arguments.spot,
        max_wait_seconds=arguments.max_wait,
        program=program,
        background=program is not None and bool(data["counts"].get("background_training")),
    )


def backbone_remarks(recipe: training.Recipe, data: dict[str, Any]) -> list[str]:
    """What a job that starts from the backbone has to be told of; nothing for any other."""
    if recipe.program is None or recipe.hyperparameters.get("use_pretrained_model") != "1":
        return []
    return backbone.remarks(read_json(ALGORITHM / "backbone" / "card.json"), data)


def summary(job: dict[str, Any], manifest: dict[str, Any], choice: Choice | None, environment: str) -> str:
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in sorted(manifest["metrics"].items()))
    lines = [f"{job['TrainingJobName']}: {metrics}; {job.get('TrainingTimeInSeconds', 0)} s of training."]
    if choice:
        lines.append(sentence(choice))
    return "\n".join([*lines, f"Next: make plan ENV={environment}"])


# --- Arguments --------------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument(
        "--algorithm",
        default=os.environ.get("ALGORITHM") or images.ALGORITHMS[0],
        help="pytorch or builtin (default: the variable ALGORITHM, or pytorch)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=hyperparameter,
        metavar="NAME=VALUE",
        help="a hyperparameter of the image-classification algorithm; may be repeated",
    )
    defaults = ", ".join(f"{kind} for {name}" for name, kind in images.INSTANCE_TYPES.items())
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
        metavar="E",
        help=f"share of the trusted answers that may be wrong (default: as before, at first {TARGET_ERROR})",
    )
    parser.add_argument("--json", action="store_true", help="print the model manifest on standard output")
    arguments = parser.parse_args()
    check_arguments(arguments)
    return arguments


def check_arguments(given: argparse.Namespace) -> None:
    """Raise UsageError for words that do not fit together, before anything is done."""
    if given.algorithm not in images.ALGORITHMS:
        raise UsageError(
            f"there is no algorithm {given.algorithm!r}: choose {' or '.join(images.ALGORITHMS)}"
        )
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
    if given.target_error is not None and not 0 <= given.target_error < 1:
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
