"""What has its home in scones.proportions."""

from scones.proportions import Proportion

__all__ = ["Proportion"]
