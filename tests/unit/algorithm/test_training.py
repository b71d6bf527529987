"""A training job as SageMaker sees it: log, exit code, model folder."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from algorithm import artifact, images
from algorithm.container import Container
from algorithm.data import Split
from algorithm.errors import ClientError
from algorithm.hyperparameters import parse
from algorithm.job import clear_outputs
from algorithm.selection import Selection
from algorithm.training import Tally, Trainer, finish_epoch

SCRIPTS = Path(__file__).parents[3] / "scripts"
PREFIX = r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] "
EPOCH_LINES = [
    r"Epoch\[0\] Batch \[20\]#011Speed: \d+\.\d{3} samples/sec#011accuracy=[01]\.\d{6}",
    r"Epoch\[0\] Train-accuracy=[01]\.\d{6}",
    r"Epoch\[0\] Time cost=\d+\.\d{3}",
    r"Epoch\[0\] Validation-accuracy=[01]\.\d{6}",
    r"Storing the best model with validation accuracy: [01]\.\d{6}",
    r'Saved checkpoint to "opt/ml/model/image-classification-0001\.params"',
]
START_LINES = [
    r"Reading default configuration from \S+/default-input\.json: \{.*\}",
    r"Merging with provided configuration from opt/ml/input/config/hyperparameters\.json: \{.*\}",
    r"Final configuration: \{.*\}",
    r"Searching for \.lst files in opt/ml/input/data/train_lst\.",
    r"Creating record files for train\.lst",
    r"Done creating record files\.\.\.",
    r"Searching for \.lst files in opt/ml/input/data/validation_lst\.",
    r"Creating record files for validation\.lst",
    r"Done creating record files\.\.\.",
    r"use_pretrained_model: 0",
    r"multi_label: 0",
    r"Performing random weight initialization",
    r"---- Parameters ----",
]
ARTEFACT = [
    "image-classification-symbol.json",
    "image-classification-training.json",
    "model-shapes.json",
]


def evaluation_file(job: Any) -> Path:
    return Path(job.base) / "output" / "data" / "evaluation.json"


def largest(values: list[float]) -> int:
    return values.index(max(values))


def params(job: Any) -> list[str]:
    return [name for name in job.model if name.endswith(".params")]


def test_the_log_has_the_built_in_algorithms_lines_in_its_order(
    job: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.train(mini_batch_size="2", num_training_samples="24") == 0
    # 12 batches an epoch would not reach the batch line: list every picture twice.
    lines = "".join(f"{index}\t{index % 2}\t{index % 24}.png\n" for index in range(48))
    job.put("train_lst", "train.lst", lines.encode())
    capsys.readouterr()

    assert job.train(mini_batch_size="2", num_training_samples="48") == 0

    log = capsys.readouterr().out.splitlines()
    parameters = [PREFIX + rf"{name}: .*" for name in ("num_classes", "num_training_samples")]
    for expected, line in zip([PREFIX + form for form in START_LINES] + parameters, log, strict=False):
        assert re.fullmatch(expected, line)
    for form, line in zip(EPOCH_LINES, log[-len(EPOCH_LINES) :], strict=True):
        assert re.fullmatch(PREFIX + form, line)


def test_the_artefact_holds_the_best_epochs_weights_and_how_they_came_to_be(job: Any) -> None:
    assert job.train(epochs="3") == 0

    best = job.record["best_epoch"]
    assert job.model == sorted([f"image-classification-{best:04d}.params", *ARTEFACT])
    assert [epoch["epoch"] for epoch in job.record["history"]] == [1, 2, 3]
    assert job.record["hyperparameters"]["seed"] == 0
    assert (
        job.record["metrics"]["validation:accuracy"] == job.record["history"][best - 1]["validation_accuracy"]
    )
    shapes = json.loads((job.base / "model" / "model-shapes.json").read_text())
    assert shapes == [{"name": "data", "shape": [1, 3, 16, 16]}]


def test_a_job_learns_red_from_blue(job: Any) -> None:
    assert job.train(epochs="8", mini_batch_size="8") == 0

    assert job.record["metrics"]["validation:accuracy"] == 1.0


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(job: Any) -> None:
    weights = []
    for seed in ("5", "5", "6"):
        assert job.train(seed=seed) == 0
        weights.append((job.base / "model" / "image-classification-0001.params").read_bytes())

    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


@pytest.mark.parametrize(
    "hyperparameters",
    [
        {"optimizer": "sgd", "momentum": "0"},
        {"optimizer": "nag", "lr_scheduler_step": "1,2"},
        {"optimizer": "adam", "learning_rate": "0.001"},
        {"optimizer": "rmsprop", "learning_rate": "0.001"},
        {"use_weighted_loss": "1", "augmentation_type": "crop_color_transform"},
        {"num_layers": "20", "augmentation_type": "none"},
        {"mini_batch_size": "512"},
    ],
    ids=lambda value: "-".join(value.values()),
)
def test_every_documented_way_to_train_trains(job: Any, hyperparameters: dict[str, str]) -> None:
    assert job.train(**hyperparameters) == 0
    assert len(params(job)) == 1


def test_checkpoints_are_kept_beside_the_best_epoch(job: Any) -> None:
    assert job.train(epochs="4", checkpoint_frequency="2") == 0

    best = f"image-classification-{job.record['best_epoch']:04d}.params"
    assert set(params(job)) == {"image-classification-0002.params", "image-classification-0004.params", best}


def test_early_stopping_ends_a_job_that_no_longer_improves(
    job: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping = {"early_stopping_min_epochs": "1", "early_stopping_patience": "1"}

    assert job.train(epochs="20", learning_rate="0", early_stopping="True", **stopping) == 0

    assert len(job.record["history"]) == 2
    assert capsys.readouterr().out.splitlines()[-1].endswith("Early stopping criteria met.")


def test_top_k_accuracy_is_logged_when_asked_for(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert job.train(top_k="2") == 0

    log = capsys.readouterr().out
    assert "Epoch[0] Train-top_k_accuracy_2=1.000000" in log
    assert "Epoch[0] Validation-top_k_accuracy_2=1.000000" in log


def test_a_stopped_job_keeps_its_best_model_and_ends_well(job: Any) -> None:
    """SIGTERM, as SageMaker sends it, in the middle of a job that would take hours."""
    job.configure("hyperparameters", job.hyperparameters | {"epochs": "1000000"})
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "SAGEMAKER_BASE_DIR": str(job.base)}
    command = [sys.executable, "-m", "algorithm", "train"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Saved checkpoint" in line:
                process.send_signal(signal.SIGTERM)
                break
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "Training was stopped; keeping the best model so far" in rest
    assert job.model == sorted([f"image-classification-{job.record['best_epoch']:04d}.params", *ARTEFACT])
    assert len(json.loads(evaluation_file(job).read_text())["pictures"]) == 8


def test_the_kept_models_answers_on_the_validation_pictures_are_left_beside_the_model(job: Any) -> None:
    assert job.train(epochs="4", mini_batch_size="8") == 0

    found = json.loads(evaluation_file(job).read_text())
    assert found["classes"] == 2
    assert [(entry["key"], entry["label"]) for entry in found["pictures"]] == [
        (f"{index}.png", index % 2) for index in range(8)
    ]
    hits = [largest(entry["probabilities"]) == entry["label"] for entry in found["pictures"]]
    assert sum(hits) / len(hits) == job.record["metrics"]["validation:accuracy"]


def test_the_answers_are_those_that_the_served_model_gives(job: Any) -> None:
    assert job.train(epochs="3", checkpoint_frequency="1") == 0

    classifier = artifact.load(job.base / "model")
    for entry in json.loads(evaluation_file(job).read_text())["pictures"]:
        image = images.pixels(images.decode((job.channel("validation") / entry["key"]).read_bytes()))
        with torch.inference_mode():
            served = classifier.answer(torch.from_numpy(image)[None])
        assert entry["probabilities"] == pytest.approx(served.probabilities[0].tolist(), abs=2e-6)
        assert entry["out_of_domain"] == pytest.approx(served.out_of_domain.item(), abs=2e-6)


def test_answers_of_an_earlier_job_do_not_stay(job: Any) -> None:
    evaluation_file(job).parent.mkdir(parents=True)
    evaluation_file(job).write_text("{}")

    clear_outputs(Container(job.base))

    assert not evaluation_file(job).exists()


def test_training_that_diverges_says_what_to_lower(tmp_path: Path) -> None:
    settings = parse({"num_classes": "2", "num_training_samples": "4", "image_shape": "3,16,16"})
    split = Split(torch.randint(0, 256, (4, 3, 16, 16), dtype=torch.uint8), torch.tensor([0, 1, 0, 1]))
    tally = Tally(seen=4, loss=float("nan"))

    with pytest.raises(ClientError, match="diverged in epoch 0: the loss is nan; lower learning_rate"):
        finish_epoch(Trainer(settings, split), Selection(settings), split, tally, tmp_path, str)

    assert list(tmp_path.iterdir()) == []


def test_neither_command_is_misuse() -> None:
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}

    done = subprocess.run(
        [sys.executable, "-m", "algorithm"], env=environment, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (2, "usage: python -m algorithm {train,serve,predict}\n")
