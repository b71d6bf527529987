"""Where the real data are that some tests need. Each is found in one way, and what is not there is skipped.

`python -m real_data` prints the path of the archive, nothing where there is none: so CI finds it.
"""

import os
from pathlib import Path
from typing import TypeVar

import pytest

from scones.settings import REPOSITORY

# What is too large, or not ours to commit, may lie beside the clone; the variables name another place.
BESIDE = REPOSITORY.parent / "shared" / "data"
ARCHIVE = Path(os.environ.get("SCONES_REAL_ARCHIVE") or BESIDE / "cifar-100-python.tar.gz")
CAPTURES = Path(os.environ.get("SCONES_CAPTURE_SAMPLES") or BESIDE / "capture-samples")

Test = TypeVar("Test")


def needs_real_archive(test: Test) -> Test:
    """Mark a test, or a class of them, that is skipped where CIFAR-100's archive is not."""
    reason = f"no CIFAR-100 at {ARCHIVE}: set SCONES_REAL_ARCHIVE"
    return pytest.mark.real_data(pytest.mark.skipif(not ARCHIVE.is_file(), reason=reason)(test))


def needs_real_captures(test: Test) -> Test:
    """Mark a test that is skipped where files that real endpoints wrote are not."""
    reason = f"no capture files in {CAPTURES}: set SCONES_CAPTURE_SAMPLES"
    return pytest.mark.real_data(pytest.mark.skipif(not CAPTURES.is_dir(), reason=reason)(test))


if __name__ == "__main__" and ARCHIVE.is_file():
    print(ARCHIVE)
