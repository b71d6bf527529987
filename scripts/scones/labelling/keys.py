"""Which key is which class, the same in a terminal and on the page."""

from __future__ import annotations

import string
from collections.abc import Sequence

NEITHER_KEY, SKIP_KEY, QUIT_KEY, DROP_KEY = "n", "s", "q", "d"
_TAKEN = {NEITHER_KEY, SKIP_KEY, QUIT_KEY, DROP_KEY}
_KEYS = [key for key in string.digits[1:] + string.ascii_lowercase if key not in _TAKEN]
_KEYS += [key.upper() for key in string.ascii_lowercase if key not in _TAKEN]


def class_keys(class_names: Sequence[str]) -> dict[str, str]:
    """Return {key: class}: 1 to 9, then letters. Classes beyond the last key have none."""
    return dict(zip(_KEYS, class_names, strict=False))
