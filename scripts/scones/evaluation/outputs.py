"""Where an evaluation is kept: files beside each other on this machine, and the same in the data bucket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scones.chart_style import PRINT, sized
from scones.evaluation.charts import CHARTS, drawn
from scones.evaluation.page import render
from scones.files import write_bytes
from scones.settings import write_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE, NUMBERS = "evaluation.html", "evaluation.json"


def write(folder: Path, figures: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Path:
    """Write the page, the numbers and a PNG of each chart to a folder; return the page's path."""
    charts = drawn(figures)
    for name in CHARTS:
        file = folder / f"evaluation-{name}.png"
        if name in charts:
            write_bytes(file, charts[name](figures, sized(PRINT, 640, 420)))
        else:
            file.unlink(missing_ok=True)  # of an evaluation before, with figures that are not known now
    write_json(folder / NUMBERS, figures)
    write_bytes(folder / PAGE, render(figures, pictures).encode("utf-8", errors="replace"))
    return folder / PAGE


def publish(s3: S3Client, bucket: str, training_job: str, page: Path) -> None:
    """Put the page and the numbers to evaluations/<training job>/ in the data bucket."""
    files = {"page.html": (page, "text/html; charset=utf-8"),
             NUMBERS: (page.with_name(NUMBERS), "application/json")}  # fmt: skip
    for name, (file, kind) in files.items():
        s3.put_object(
            Bucket=bucket, Key=f"evaluations/{training_job}/{name}", Body=file.read_bytes(), ContentType=kind
        )
