"""What has its home in scones.pictures."""

from scones.pictures import NotAPicture, png, thumbnail

__all__ = ["NotAPicture", "png", "thumbnail"]
