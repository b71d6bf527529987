"""The .lst files that tell SageMaker's image-classification algorithm which picture belongs to which class.

The table they are made from is light: any mapping of equally long columns will do, a plain dictionary of
lists or arrays as well as a pandas DataFrame. Its columns are the notebook's:

    row        the picture's index in its CIFAR-100 file
    labels     its fine label, such as 8 for a bicycle
    filenames  its name in its S3 folder, text or ASCII bytes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BICYCLE, MOTORCYCLE = 8, 48  # CIFAR-100's fine labels

Table = Mapping[str, Any]


def to_metadata_file(
    df: Table, prefix: str | Path, class_labels: Sequence[int] = (BICYCLE, MOTORCYCLE)
) -> Path:
    """Write `df` as `<prefix>.lst` and return its path. See `metadata` for the content."""
    path = Path(f"{prefix}.lst")
    path.write_bytes(metadata(df, class_labels))
    return path


def metadata(df: Table, class_labels: Sequence[int] = (BICYCLE, MOTORCYCLE)) -> bytes:
    """Return a .lst file: a line a picture, in order, no header; row, class and path, tab-separated.

    The class is the place of the picture's fine label in `class_labels`, so 0 is a bicycle and 1 a
    motorcycle.
    """
    classes = {int(label): number for number, label in enumerate(class_labels)}
    lines = [
        f"{int(row)}\t{classes[int(label)]}\t{_text(name)}\n"
        for row, label, name in zip(df["row"], df["labels"], df["filenames"], strict=True)
    ]
    return "".join(lines).encode()


def _text(name: str | bytes) -> str:
    return name.decode("ascii") if isinstance(name, bytes) else name
