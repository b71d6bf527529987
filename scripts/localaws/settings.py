"""What a local AWS server is started with: one frozen object, passed to every service's `install`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT_ID = "123456789012"  # moto's default account
HOST = "127.0.0.1"


class LocalAwsError(Exception):
    """A mistake a user can mend. The message is one line that says what is wrong and what to do."""


@dataclass(frozen=True)
class Container:
    """The program that stands for a container image: SageMaker's `<command> train` and `<command> serve`."""

    name: str
    command: tuple[str, ...]
    pythonpath: Path | None = None
    metrics: tuple[
        Mapping[str, str], ...
    ] = ()  # {"Name", "Regex"} as in AlgorithmSpecification.MetricDefinitions


@dataclass(frozen=True)
class Settings:
    home: Path  # absolute; every file of this server is under it
    endpoint_url: str
    region: str = "us-east-1"
    account_id: str = ACCOUNT_ID
    containers: Mapping[str, Container] = field(default_factory=dict)  # by the image URI's repository name
    permissions: bool = True  # whether roles may do only what their policies allow
    capture_flush_seconds: float = 1.0  # how long captured inferences are gathered into one file

    def folder(self, *parts: str) -> Path:
        """A folder under home, made on first use."""
        path = self.home.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path


def load_containers(path: Path) -> dict[str, Container]:
    """Read `{name: {"command": [...], "pythonpath": "..", "metrics": [...]}}`; "python" means this
    interpreter.

    Raises LocalAwsError when the file is missing or says something else.
    """
    try:
        declared = json.loads(path.read_text())
        return {name: _container(name, entry, path.resolve().parent) for name, entry in declared.items()}
    except OSError as error:
        raise LocalAwsError(f"cannot read the container file {path}: {error.strerror}") from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        shape = '{"<image name>": {"command": [...], "pythonpath": "...", "metrics": [...]}}'
        raise LocalAwsError(f"{path} is not {shape}: {error!r}") from error


def _container(name: str, entry: Mapping[str, Any], folder: Path) -> Container:
    command = tuple(sys.executable if word == "python" else word for word in entry["command"])
    pythonpath = (folder / entry["pythonpath"]).resolve() if entry.get("pythonpath") else None
    return Container(name, command, pythonpath, tuple(entry.get("metrics", ())))
