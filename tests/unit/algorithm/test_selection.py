"""Which epoch is kept, and when training stops for want of a better one."""

from algorithm.hyperparameters import parse
from algorithm.selection import EpochMetrics, Selection

STOPPING = {"early_stopping": "True", "early_stopping_min_epochs": "3", "early_stopping_patience": "2"}


def selection(**hyperparameters: str) -> Selection:
    return Selection(parse({"num_classes": "2", "num_training_samples": "9"} | hyperparameters))


def feed(chosen: Selection, *scores: tuple[float, float]) -> list[bool]:
    """Add epochs of (accuracy, loss); after each, whether training should stop."""
    stops = []
    for accuracy, loss in scores:
        chosen.add(EpochMetrics(len(chosen.history) + 1, 0.5, 0.5, accuracy, loss, 1.0, 1.0))
        stops.append(chosen.should_stop())
    return stops


def test_the_most_accurate_epoch_is_kept_and_of_equals_the_one_with_less_loss() -> None:
    chosen = selection()

    feed(chosen, (0.8, 0.5), (0.9, 0.6), (0.9, 0.4), (0.9, 0.4), (0.7, 0.1))

    assert chosen.best is not None
    assert chosen.best.epoch == 3


def test_training_goes_on_unless_early_stopping_is_asked_for() -> None:
    assert not any(feed(selection(), *[(0.5, 1.0)] * 20))


def test_patience_counts_epochs_without_improvement_after_the_minimum() -> None:
    stops = feed(selection(**STOPPING), (0.5, 1), (0.6, 1), (0.6, 1), (0.6, 1))

    assert stops == [False, False, False, True]


def test_a_gain_within_the_tolerance_is_no_improvement() -> None:
    stops = feed(selection(**STOPPING, early_stopping_tolerance="0.1"), (0.5, 1), (0.52, 1), (0.54, 1))

    assert stops == [False, False, True]


def test_the_minimum_of_epochs_is_run() -> None:
    stops = feed(selection(**STOPPING | {"early_stopping_min_epochs": "5"}), *[(0.5, 1.0)] * 5)

    assert stops == [False] * 4 + [True]
