"""Which epoch is kept, and when to stop looking for a better one. Pure bookkeeping on validation metrics."""

from dataclasses import dataclass, field

from algorithm.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class EpochMetrics:
    """One epoch, counted from 1, as the training record keeps it."""

    epoch: int
    train_accuracy: float
    train_loss: float
    validation_accuracy: float
    validation_loss: float
    temperature: float
    seconds: float

    def better_than(self, other: "EpochMetrics") -> bool:
        """Higher validation accuracy; of equals, lower validation loss."""
        mine = (self.validation_accuracy, -self.validation_loss)
        return mine > (other.validation_accuracy, -other.validation_loss)


@dataclass
class Selection:
    """The history of a job and its best epoch so far."""

    settings: Hyperparameters
    history: list[EpochMetrics] = field(default_factory=list)
    best: EpochMetrics | None = None
    waited: int = 0
    _bar: float = 0.0

    def add(self, metrics: EpochMetrics) -> bool:
        """Note an epoch; true if it is the best so far."""
        self.history.append(metrics)
        improved = not self._bar or metrics.validation_accuracy > self._bar * (
            1 + self.settings.early_stopping_tolerance
        )
        self.waited = 0 if improved else self.waited + 1
        self._bar = max(self._bar, metrics.validation_accuracy) if improved else self._bar
        if self.best is None or metrics.better_than(self.best):
            self.best = metrics
            return True
        return False

    def should_stop(self) -> bool:
        """Early stopping: enough epochs in all, and `patience` of them in a row without improvement."""
        settings = self.settings
        return (
            settings.early_stopping
            and len(self.history) >= settings.early_stopping_min_epochs
            and self.waited >= settings.early_stopping_patience
        )
