"""A training job on the container contract: configuration and channels in, model folder out."""

import json
import logging
import signal
import sys
from collections.abc import Mapping
from typing import Any

import torch

from algorithm import artifact, distributed, images
from algorithm.container import Container, write_atomically
from algorithm.data import Split, check_counts, find_list, load_split, read_list
from algorithm.domain import fit_domain
from algorithm.errors import ClientError
from algorithm.evaluation import answers
from algorithm.hyperparameters import Hyperparameters, default_strings, parse
from algorithm.model import Classifier
from algorithm.training import train

log = logging.getLogger(__name__)

CHANNELS = ("train", "validation", "train_lst", "validation_lst")
# Pictures of other things, all three or none: what an answer is not trusted for.
BACKGROUND_CHANNELS = ("background", "background_lst", "background_validation_lst")
IMAGE_TYPE = "application/x-image"
EVALUATION = "evaluation.json"
DIGITS = 7  # of a probability in it


class StopRequest:
    """Turns SIGTERM, which a stopped job receives, into a question that the training loop asks."""

    def __init__(self) -> None:
        self.received = False
        signal.signal(signal.SIGTERM, self._receive)

    def _receive(self, *_: object) -> None:
        self.received = True

    def __call__(self) -> bool:
        return self.received


def start_logging() -> None:
    """Log to standard output with the built-in algorithm's prefix."""
    form, date = "[%(asctime)s %(levelname)s %(thread)d] %(message)s", "%m/%d/%Y %H:%M:%S"
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format=form, datefmt=date, force=True)


def run(container: Container) -> None:
    """Run the job that the container's input folder describes.

    Raises ClientError for a mistake in hyperparameters, channels or images, before any training.
    """
    stop = StopRequest()
    settings = read_settings(container)
    check_job(container, settings)
    splits, background = load_channels(container, settings), load_background(container, settings)
    announce(settings)
    clear_outputs(container)
    others = background[0] if background else None
    ranks = distributed.join(container)
    selection = train(
        *(settings, splits, others, container.model, stop, container.shown, container.checkpoints, ranks)
    )
    distributed.leave()
    if not ranks.leads:
        return
    if stop() and selection.best:
        log.info("Training was stopped; keeping the best model so far, of epoch %d", selection.best.epoch)
    elif stop():
        log.info("Training was stopped before its first epoch ended; there is no model to keep")
    if selection.best:
        finish_model(container, settings, splits[0], others)
        save_evaluation(container, splits[1], background[1] if background else None)


# --- configuration ----------------------------------------------------------------------------------------


def read_settings(container: Container) -> Hyperparameters:
    """The job's hyperparameters, merged with the defaults and checked."""
    given = container.hyperparameters()
    if not isinstance(given, Mapping):
        raise ClientError("hyperparameters.json must hold one object of strings")
    defaults = default_strings(given)
    log.info("Reading default configuration from algorithm/default-input.json: %s", defaults)
    log.info(
        "Merging with provided configuration from opt/ml/input/config/hyperparameters.json: %s", dict(given)
    )
    log.info("Final configuration: %s", {**defaults, **given})
    return parse(given)


def check_job(container: Container, settings: Hyperparameters) -> None:
    """Refuse what this program cannot honour: a missing channel, another format, too many hosts."""
    channels: dict[str, dict[str, Any]] = container.config("inputdataconfig")
    for name in CHANNELS:
        if not container.channel(name).is_dir():
            raise ClientError(f"channel {name} is missing; the channels needed are {', '.join(CHANNELS)}")
    for name, channel in channels.items():
        if name not in CHANNELS + BACKGROUND_CHANNELS:
            known = ", ".join(CHANNELS + BACKGROUND_CHANNELS)
            raise ClientError(f"channel {name} is not supported; the channels are {known}")
        kind, mode = channel.get("ContentType", IMAGE_TYPE), channel.get("TrainingInputMode", "File")
        if kind != IMAGE_TYPE or mode != "File":
            raise ClientError(f"channel {name} is {kind} in {mode} mode, must be {IMAGE_TYPE} in File mode")
    hosts = container.config("resourceconfig").get("hosts", ["algo-1"])
    if len(hosts) > settings.mini_batch_size:
        raise ClientError(
            f"the job has {len(hosts)} instances for batches of {settings.mini_batch_size} pictures: "
            "each needs at least one"
        )


def load_channels(container: Container, settings: Hyperparameters) -> tuple[Split, Split]:
    """The training and validation splits, their lists checked against the settings and each other."""
    training, validation = (_read_channel_list(container, name) for name in ("train_lst", "validation_lst"))
    check_counts(training, validation, settings)
    return (
        load_split(container.channel("train"), training, settings),
        load_split(container.channel("validation"), validation, settings),
    )


def load_background(container: Container, settings: Hyperparameters) -> tuple[Split, Split] | None:
    """Pictures of other things to learn from and to measure by; None for a job without those channels."""
    present = [name for name in BACKGROUND_CHANNELS if container.channel(name).is_dir()]
    if not present:
        return None
    missing = [name for name in BACKGROUND_CHANNELS if name not in present]
    if missing:
        raise ClientError(f"channel {missing[0]} is missing: it goes with channel {present[0]}")
    folder = container.channel(BACKGROUND_CHANNELS[0])
    lists = (_read_channel_list(container, name) for name in BACKGROUND_CHANNELS[1:])
    training, validation = (load_split(folder, entries, settings) for entries in lists)
    return training, validation


def _read_channel_list(container: Container, channel: str) -> list[Any]:
    log.info("Searching for .lst files in %s.", container.shown(container.channel(channel)))
    path = find_list(container, channel)
    log.info("Creating record files for %s", path.name)
    entries = read_list(path)
    log.info("Done creating record files...")
    return entries


def announce(settings: Hyperparameters) -> None:
    """Log the settings that training starts with."""
    log.info("use_pretrained_model: %d", settings.use_pretrained_model)
    log.info("multi_label: %s", settings.multi_label)
    if settings.use_pretrained_model:
        log.info("Using pretrained model for initializing weights and transfer learning.")
    else:
        log.info("Performing random weight initialization")
    log.info("---- Parameters ----")
    for name, value in vars(settings).items():
        log.info("%s: %s", name, value)
    if settings.checkpoint_frequency is None:
        log.info("checkpoint_frequency not set, will store the best model")
    if settings.early_stopping:
        log.info(
            "Using early stopping for training. Patience: %d, tolerance: %s, minimum epochs: %d",
            *(settings.early_stopping_patience, settings.early_stopping_tolerance),
            settings.early_stopping_min_epochs,
        )
    log.info("Setting number of threads: %d", torch.get_num_threads())


def clear_outputs(container: Container) -> None:
    """Remove an earlier run's weights and answers, which would otherwise be packed beside the new ones."""
    for path in container.model.glob(f"{artifact.PREFIX}-*.params"):
        path.unlink()
    (container.output_data / EVALUATION).unlink(missing_ok=True)


# --- the kept model ---------------------------------------------------------------------------------------


def finish_model(
    container: Container, settings: Hyperparameters, training: Split, background: Split | None
) -> None:
    """Give the kept model its out-of-domain score: it is fitted once, to the weights that will serve."""
    classifier = artifact.load(container.model)
    fit_domain(classifier, training, background, settings.seed)
    artifact.save_params(container.model, classifier, artifact.best_epoch(container.model))


def save_evaluation(container: Container, validation: Split, background: Split | None) -> None:
    """Write what the kept model answers on the validation pictures, so that two models can be compared.

    {"classes": 2, "pictures": [{"key": <path in the .lst>, "label": 0, "probabilities": [0.9, 0.1],
    "out_of_domain": 0.01, "statistics": {...}}, ...], "background": [the same, with no label]}
    """
    classifier = artifact.load(container.model)  # the weights that will serve, not those of the last epoch
    entries = read_list(find_list(container, "validation_lst"))
    pictures = answered(classifier, validation, [entry.path for entry in entries])
    for picture, entry in zip(pictures, entries, strict=True):
        picture["label"] = entry.label
    content: dict[str, Any] = {"classes": classifier.architecture.num_classes, "pictures": pictures}
    if background is not None:
        others = read_list(find_list(container, "background_validation_lst"))
        content["background"] = answered(classifier, background, [entry.path for entry in others])
    write_atomically(container.output_data / EVALUATION, json.dumps(content).encode())


def answered(classifier: Classifier, split: Split, keys: list[str]) -> list[dict[str, Any]]:
    """What the classifier says of each picture, as evaluation.json and `predict` have it."""
    answer = answers(classifier, split.images)
    return [
        {
            "key": key,
            "probabilities": [round(value, DIGITS) for value in probabilities],
            "out_of_domain": round(score, DIGITS),
            "statistics": images.statistics(picture),
        }
        for key, probabilities, score, picture in zip(
            keys,
            answer.probabilities.tolist(),
            answer.out_of_domain.tolist(),
            split.images.numpy(),
            strict=True,
        )
    ]
