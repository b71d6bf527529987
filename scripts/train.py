"""Train the model on the staged data, as a SageMaker training job.

    python scripts/train.py --env local
    python scripts/train.py --env dev --instance-type ml.g4dn.xlarge --spot --set epochs=50

Leaves model.tar.gz and what the model answers on the validation pictures in the data bucket, a package in the
model registry, and the manifest for Terraform.
The same data and settings again change nothing; an interrupted wait goes on with the job that runs.
"""

import argparse
import json
import sys

from scones.errors import NotDeployed, UsageError, main
from scones.settings import Environment, add_environment_argument, write_json
from scones.training import job as training
from scones.training import models
from scones.training.evaluations import publish_evaluation


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    foundation = environment.foundation
    recipe = build_recipe(environment, arguments)
    sagemaker, s3 = environment.client("sagemaker"), environment.client("s3")

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

    digest = models.digest_of_object(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
    package = models.register_model(sagemaker, s3, foundation, job, recipe)
    evaluation_uri = publish_evaluation(s3, foundation.data_bucket, job)
    manifest = models.model_manifest(job, recipe, digest, package, evaluation_uri)
    models.publish_manifest(s3, foundation.data_bucket, manifest)
    write_json(environment.home / "model.tfvars.json", {"model": manifest})
    if arguments.json:
        print(json.dumps(manifest | {"seconds": job.get("TrainingTimeInSeconds"), "trained": trained_now}))
    say(summary(job, manifest, environment.name))


def build_recipe(environment: Environment, arguments: argparse.Namespace) -> training.Recipe:
    bucket = environment.foundation.data_bucket
    data = models.read_json_object(environment.client("s3"), bucket, "manifests/data.json")
    if data is None:
        raise NotDeployed(f"no data is staged: run 'make stage ENV={environment.name}'")
    of_the_data = training.DRAWN_HYPERPARAMETERS if data["source"] == "drawn" else {}
    return training.Recipe(
        image_uri=built_in_image(environment.foundation.region),
        data_digest=data["data_digest"],
        num_classes=len(data["classes"]),
        num_training_samples=data["counts"]["training"],
        hyperparameters=of_the_data | dict(arguments.set),
        instance_type=arguments.instance_type,
        spot=arguments.spot,
    )


def built_in_image(region: str) -> str:
    """Return the image of the built-in algorithm in a region, as the SageMaker SDK knows it."""
    from sagemaker.core import image_uris  # two seconds to import: only when it is needed

    return str(image_uris.retrieve("image-classification", region))


def summary(job: dict, manifest: dict, environment: str) -> str:
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in sorted(manifest["metrics"].items()))
    return (
        f"{job['TrainingJobName']}: {metrics}; {job.get('TrainingTimeInSeconds', 0)} s of training.\n"
        f"Next: make plan ENV={environment}"
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=hyperparameter,
        metavar="NAME=VALUE",
        help="a hyperparameter of the built-in image-classification algorithm; may be repeated",
    )
    parser.add_argument("--instance-type", default="ml.g4dn.xlarge", help="default: %(default)s")
    parser.add_argument(
        "--spot", action="store_true", help="train on spot capacity, which may be interrupted"
    )
    parser.add_argument("--json", action="store_true", help="print the model manifest on standard output")
    return parser.parse_args()


def hyperparameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise UsageError(f"--set {text}: write NAME=VALUE, such as --set epochs=50")
    return name.strip(), value.strip()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(command)
