"""What has its home in scones.training.record."""

from scones.training.record import is_share

__all__ = ["is_share"]
