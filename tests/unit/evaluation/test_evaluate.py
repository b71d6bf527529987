"""python scripts/evaluate.py, against a model that is really served."""

import json
import subprocess
from html.parser import HTMLParser
from typing import Any

import pytest

from scones.evaluation.card import BEGIN, END
from unit.evaluation.deployed import BACKGROUND, BUCKET, IMAGE, JOB, NAMES, TEST, URL, VALIDATION, Deployed

QUICK = ("--latency-calls=5", "--made=3")
RESULTS = ("evaluation.html", "evaluation.json", f"evaluations/{JOB}/page.html")


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that says why; the command has done nothing else."""
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_the_deployed_model_is_measured_and_agrees_with_its_training(deployed: Deployed) -> None:
    result = deployed.run("evaluate", "--json", *QUICK)

    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["accuracy"]["total"] == TEST
    assert sum(map(sum, found["confusion_matrix"])) == TEST
    assert found["agreement"]["training"]["pictures"] == VALIDATION
    assert found["agreement"]["offline"]["pictures"] == TEST + BACKGROUND
    assert found["accepted"]["background"]["total"] == BACKGROUND
    assert [found["accepted"][kind]["total"] for kind in ("noise", "blank", "text")] == [3, 3, 3]
    assert found["out_of_domain"]["by"] == "out_of_domain"
    assert found["latency"]["calls"] == 5
    assert_is_kept(deployed, found)


def assert_is_kept(deployed: Deployed, found: dict[str, Any]) -> None:
    """The page, the numbers and the charts are in the home and in S3, the metrics at the package."""
    assert json.loads((deployed.home / "evaluation.json").read_text()) == found
    assert deployed.read(f"evaluations/{JOB}/evaluation.json") == found
    for name in ("reliability", "coverage-accuracy", "out-of-domain-roc", "out-of-domain-scores"):
        assert (deployed.home / f"evaluation-{name}.png").read_bytes().startswith(b"\x89PNG")
    quality = deployed.read(f"models/{JOB}/metrics.json")["multiclass_classification_metrics"]
    assert quality["validation:accuracy"] == {"value": 0.75}
    assert quality["accuracy"]["value"] == found["accuracy"]["share"]
    assert quality["confusion_matrix"] == {
        truth: dict(zip(NAMES, counts, strict=True))
        for truth, counts in zip(NAMES, found["confusion_matrix"], strict=True)
    }
    package = deployed.client("sagemaker").describe_model_package(ModelPackageName=deployed.package)
    properties = package["CustomerMetadataProperties"]
    assert properties["training_job"] == JOB
    assert properties["test_accuracy"] == f"{found['accuracy']['share']:.4f}"
    assert properties["evaluated_at"] == found["evaluated_at"]


def test_the_summary_has_80_columns_and_the_card_gets_its_figures(deployed: Deployed) -> None:
    card = deployed.home / "card.md"
    card.write_text(f"# The model\n\nBefore.\n\n{BEGIN}\nold figures\n{END}\n\nAfter.\n")
    deployed.set_outputs(out_of_domain_limit=0.5, class_thresholds={"bicycle": 0.99})

    result = deployed.run("evaluate", f"--card={card}", *QUICK)

    assert result.returncode == 0, result.stderr
    *lines, last = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("bicycle 0.99" in line for line in lines)
    assert last.endswith("Next: open it in a browser")
    text = card.read_text()
    assert text.startswith("# The model\n\nBefore.\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old figures" not in text
    assert f"of {TEST}" in text


class Page(HTMLParser):
    """What a page holds: tags, and the attributes of its pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))


def test_mistakes_are_shown_on_a_page_that_holds_all_in_itself_and_miss_the_floor(deployed: Deployed) -> None:
    deployed.put("test.lst", "".join(f"{n}\t0\t{n}.png\n" for n in range(TEST)).encode())

    result = deployed.run("evaluate", "--json", "--floor=1", *QUICK)

    found = json.loads(result.stdout)
    wrong = [each for each in found["answers"]["test"] if each["probabilities"][1] > 0.5]
    assert result.returncode == 1
    assert "below the floor of 1" in result.stderr
    assert TEST - found["accuracy"]["successes"] == len(wrong) > 0
    surest = sorted(wrong, key=lambda each: -each["probabilities"][1])[:10]
    assert [mistake["key"] for mistake in found["mistakes"]] == [each["key"] for each in surest]
    page = Page((deployed.home / "evaluation.html").read_text())
    assert len(page.images) == 4 + len(surest)
    assert all(image["alt"] and str(image["src"]).startswith("data:image/png") for image in page.images)
    assert "script" not in page.tags
    assert page.tags.count("table") == 3


def test_an_older_model_that_is_still_deployed_is_the_one_that_is_measured(deployed: Deployed) -> None:
    newer = {
        "training_job_name": "job-2",
        "model_data_url": URL.replace(JOB, "job-2"),
        "model_package_arn": deployed.package.replace("/1", "/2"),
    }
    deployed.put("manifests/model.json", json.dumps(newer).encode())

    result = deployed.run("evaluate", "--json", *QUICK)

    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["training_job"], found["model_data_url"]) == (JOB, URL)
    assert found["notes"] == [f"job-2 was trained since and is not deployed: this is {JOB}."]
    assert found["agreement"]["training"]["pictures"] == VALIDATION
    assert "registry" not in result.stderr
    assert_is_kept(deployed, found)
    listed = deployed.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="models/job-2/")
    assert listed["KeyCount"] == 0


# --- What is wrong -----------------------------------------------------------------------------------


def test_another_answer_than_training_s_is_a_failure(deployed: Deployed) -> None:
    key = f"models/{JOB}/evaluation.json"
    recorded = deployed.read(key)
    first = recorded["pictures"][0]
    first["probabilities"] = [value + 2e-5 * (1 if not place else -1) for place, value in
                              enumerate(sorted(first["probabilities"]))]  # fmt: skip
    deployed.put(key, json.dumps(recorded).encode())

    result = deployed.run("evaluate", *QUICK)

    assert result.returncode == 1
    assert f"the endpoint and its training disagree on train/{first['key']}" in result.stderr


def test_without_a_record_of_training_the_rest_is_measured(deployed: Deployed) -> None:
    deployed.client("s3").delete_object(Bucket=BUCKET, Key=f"models/{JOB}/evaluation.json")
    deployed.client("s3").delete_object(Bucket=BUCKET, Key="background_test.lst")

    result = deployed.run("evaluate", "--json", *QUICK)

    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["agreement"]["training"] is None
    assert found["out_of_domain"] is None
    assert len(found["notes"]) == 2
    assert not (deployed.home / "evaluation-out-of-domain-roc.png").exists()


def nothing_deployed(deployed: Deployed) -> None:
    (deployed.home / "workflow.outputs.json").unlink()


def paused(deployed: Deployed) -> None:
    deployed.set_outputs(paused=True)


def endpoint_gone(deployed: Deployed) -> None:
    deployed.set_outputs(endpoint_name="another")


def nothing_staged(deployed: Deployed) -> None:
    deployed.client("s3").delete_object(Bucket=BUCKET, Key="manifests/data.json")


def other_classes(deployed: Deployed) -> None:
    deployed.put("manifests/data.json", json.dumps({"classes": ["bus", "train"]}).encode())


def picture_missing(deployed: Deployed) -> None:
    deployed.client("s3").delete_object(Bucket=BUCKET, Key="test/7.png")


def picture_truncated(deployed: Deployed) -> None:
    deployed.put("test/7.png", deployed.body("test/7.png")[:200])


def list_empty(deployed: Deployed) -> None:
    deployed.put("test.lst", b"")


def label_beyond(deployed: Deployed) -> None:
    deployed.put("test.lst", b"1\t2\t1.png\n")


def more_classes(deployed: Deployed) -> None:
    names = [*NAMES, "bus"]
    deployed.set_outputs(class_names=names)
    deployed.put("manifests/data.json", json.dumps({"classes": names}).encode())


def model_of_another_place(deployed: Deployed) -> None:
    """An endpoint whose model no training job of this workflow left."""
    sagemaker = deployed.client("sagemaker")
    model = sagemaker.describe_model(ModelName="model")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/copies/model.tar.gz"}
    deployed.put("copies/model.tar.gz", deployed.body(URL.removeprefix(f"s3://{BUCKET}/")))
    name = "strange"
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=model["ExecutionRoleArn"], PrimaryContainer=container
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    wait = {"Delay": 1, "MaxAttempts": 60}
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=wait)
    deployed.set_outputs(endpoint_name=name)


def no_archive(deployed: Deployed) -> None:
    deployed.put(URL.removeprefix(f"s3://{BUCKET}/"), b"no archive")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (nothing_deployed, "nothing is deployed in local yet: run 'make stage train apply ENV=local'"),
        (paused, "the endpoint is paused: run 'make resume apply ENV=local'"),
        (endpoint_gone, "there is no endpoint another: run 'make plan apply ENV=local'"),
        (nothing_staged, "no data is staged: run 'make stage ENV=local'"),
        (other_classes, "the data is staged for bus, train, the endpoint answers bicycle, motorcycle"),
        (picture_missing, f"test/7.png is in test.lst and not in s3://{BUCKET}: run 'make stage'"),
        (picture_truncated, "did not answer test/7.png"),
        (list_empty, f"there is no test picture in s3://{BUCKET}/test.lst"),
        (label_beyond, "test/1.png in test.lst has class 2 of 2"),
        (more_classes, "is not one for 3 classes"),
        (no_archive, "model.tar.gz cannot be unpacked"),
        (
            model_of_another_place,
            f"strange serves s3://{BUCKET}/copies/model.tar.gz, which no training job left in",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_one_line(deployed: Deployed, spoil: Any, reason: str) -> None:
    spoil(deployed)

    assert reason in refused(deployed.run("evaluate", *QUICK))

    assert not (deployed.home / "evaluation.html").exists()


@pytest.mark.parametrize("word", ["--floor=1.5", "--concurrency=0", "--made=-1"])
def test_an_argument_out_of_range_is_misuse(deployed: Deployed, word: str) -> None:
    result = deployed.run("evaluate", word)

    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
