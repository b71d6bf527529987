"""Where large things that can be had again are kept between runs: a folder of the user, not of the clone."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SCONES_CACHE"


def cache_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the cache folder: SCONES_CACHE, else the platform's place for caches. It need not exist yet."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE]).expanduser().resolve()
    home = Path(environ.get("HOME") or Path.home())
    if platform == "darwin":
        return home / "Library" / "Caches" / "scones"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "scones"
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    # The XDG rule: a relative path counts for nothing.
    return (xdg if xdg.is_absolute() else home / ".cache") / "scones"
