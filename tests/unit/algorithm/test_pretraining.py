"""Pretraining, and what a training job does with the backbone that it leaves."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import real_data
from algorithm import backbone
from algorithm.data import Split
from algorithm.errors import AlgorithmError, ClientError
from algorithm.hyperparameters import parse
from algorithm.optimization import cycles
from algorithm.pretraining import Pretraining, Recipe, split_digest
from algorithm.training import start
from scones.staging import archive, cifar

ROOT = Path(__file__).parents[3]
RECIPE = Recipe(widths=(4, 8, 8), epochs=2, batch_size=8, learning_rates=(0.12, 0.08))
CLASSES = {1: "apple", 8: "bicycle", 9: "bottle", 48: "motorcycle"}


def split(count: int, seed: int) -> Split:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return Split(images, torch.arange(count) % 3)


def pretraining(recipe: Recipe = RECIPE) -> Pretraining:
    return Pretraining(recipe, split(24, 1), split(6, 2), 3)


def weights(work: Pretraining) -> list[torch.Tensor]:
    return list(work.average.classifier.state_dict().values())


def test_an_interrupted_pretraining_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    whole, first = pretraining(), pretraining()
    for _ in range(RECIPE.epochs):
        whole.run_epoch(lambda: None)
    first.run_epoch(lambda: None)
    first.save(tmp_path)

    second = pretraining()
    assert second.resume(tmp_path)
    second.run_epoch(lambda: None)

    assert all(map(torch.equal, weights(second), weights(whole)))


def test_every_cycle_rises_to_its_peak_and_falls_to_nothing() -> None:
    first, second = (
        [cycles((0.12, 0.08), step, 201) for step in part] for part in (range(101), range(101, 201))
    )

    for rates, peak in ((first, 0.12), (second, 0.08)):
        assert max(rates) == pytest.approx(peak, rel=0.05)
        assert max(rates[0], rates[-1]) < 0.1 * peak
        assert rates.index(max(rates)) < len(rates) / 3


def test_a_checkpoint_of_another_recipe_is_neither_gone_on_with_nor_written_over(tmp_path: Path) -> None:
    first = pretraining()
    first.run_epoch(lambda: None)
    first.save(tmp_path)

    with pytest.raises(ClientError, match="is of another recipe or other data"):
        pretraining(Recipe(widths=(4, 8, 8), epochs=3, batch_size=8)).resume(tmp_path)


def test_a_checkpoint_that_is_cut_off_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"PK")

    with pytest.raises(ClientError, match=r"checkpoint\.pt cannot be read"):
        pretraining().resume(tmp_path)


# --- the command ------------------------------------------------------------------------------------------


def write_archive(path: Path, poison: int) -> None:
    """Four classes of 30 training pictures; `poison` colours the target classes and the whole test split."""
    labels = np.array([label for label in CLASSES for _ in range(30)])
    rows = np.random.default_rng(0).integers(0, 256, (len(labels), cifar.ROW_BYTES), dtype=np.uint8)
    rows[np.isin(labels, [8, 48])] = poison
    names = [f"picture_{index}.png" for index in range(len(labels))]
    test = cifar.Records(np.full_like(rows, poison), labels, names)
    train = cifar.Records(rows, labels, names)
    archive.write(
        path,
        {
            "train": cifar.write_split(train, "training"),
            "test": cifar.write_split(test, "testing"),
            "meta": cifar.write_meta(),
        },
    )


def pretrain(folder: Path, poison: int) -> tuple[bytes, dict[str, Any]]:
    folder.mkdir()
    write_archive(folder / "drawn.tar.gz", poison)
    command = [sys.executable, str(ROOT / "scripts/pretrain.py"), "--data", str(folder / "drawn.tar.gz")]
    options = ["--epochs", "1", "--batch-size", "8", "--widths", "4,8,8"]
    places = ["--folder", str(folder / "work"), "--output", str(folder / "backbone")]
    subprocess.run([*command, *options, *places], check=True, capture_output=True, cwd=folder)
    content = (folder / "backbone" / backbone.WEIGHTS).read_bytes()
    return content, json.loads((folder / "backbone" / backbone.CARD).read_text())


def test_neither_a_target_class_nor_a_test_picture_touches_the_backbone(tmp_path: Path) -> None:
    """The same weights, to the bit, whatever those pictures show."""
    first, card = pretrain(tmp_path / "one", poison=0)
    second, _ = pretrain(tmp_path / "two", poison=255)

    assert first == second
    assert card["classes_left_out"] == ["bicycle", "motorcycle"]
    assert not set(card["classes"]) & {"bicycle", "motorcycle"}


# --- what is shipped --------------------------------------------------------------------------------------


def test_the_shipped_backbone_is_the_one_its_card_describes_and_small() -> None:
    shipped, card = backbone.load_backbone(), backbone.read_card()

    assert shipped.digest == card["weights_sha256"]
    assert card["weights_bytes"] <= 8_000_000
    assert all(value.dtype == torch.float16 for value in shipped.weights.values())
    assert not set(card["classes"]) & set(card["classes_left_out"])
    assert len(card["classes"]) == 98


@real_data.needs_real_archive
def test_the_shipped_backbone_learnt_from_the_pictures_its_card_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The archive's training split without the target classes, to the byte."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import pretrain as command

    card = backbone.read_card()
    classes, training, held_out = command.other_classes(real_data.ARCHIVE, tuple(card["classes_left_out"]))

    assert list(classes) == card["classes"]
    assert split_digest(training) == card["data"]["pixels_sha256"]
    assert split_digest(held_out) == card["data"]["held_out_pixels_sha256"]


def test_weights_that_are_not_the_cards_are_refused(tmp_path: Path) -> None:
    work = pretraining()
    path = backbone.save_backbone(tmp_path, work.average.classifier, {})
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")

    with pytest.raises(AlgorithmError, match="is not the one that card.json describes"):
        backbone.load_backbone(tmp_path)


def test_without_weights_the_error_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(AlgorithmError, match="make them with scripts/pretrain.py"):
        backbone.load_backbone(tmp_path)


def test_a_job_starts_from_the_backbone_with_a_head_of_its_own() -> None:
    basics = {"num_classes": "5", "num_training_samples": "24", "image_shape": "3,32,32"}
    shipped = backbone.load_backbone()

    classifier = start(parse(basics | {"use_pretrained_model": "1"}), split(24, 1))

    state = classifier.state_dict()
    assert torch.equal(state["network.stages.1.weight"], shipped.weights["network.stages.1.weight"].float())
    assert torch.equal(state["mean"], shipped.weights["mean"].float())
    assert state["network.head.weight"].shape[0] == 5
