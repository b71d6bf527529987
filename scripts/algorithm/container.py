"""Where SageMaker puts things in a container: everything under /opt/ml, or under SAGEMAKER_BASE_DIR."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algorithm.errors import ClientError


@dataclass(frozen=True)
class Container:
    """The paths and addresses of the container contract."""

    base: Path
    port: int = 8080
    address: str = "0.0.0.0"  # noqa: S104 - a container serves its network; a laptop sets the variable
    told: str | None = None  # hyperparameters that the script-mode toolkit has read already, as JSON

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Container":
        """Read SAGEMAKER_BASE_DIR, SAGEMAKER_BIND_TO_PORT, SAGEMAKER_BIND_TO_ADDRESS and SM_HPS."""
        port = environ.get("SAGEMAKER_BIND_TO_PORT", str(cls.port))
        if not port.isdigit() or int(port) > 65535:
            raise ClientError(f"SAGEMAKER_BIND_TO_PORT must be a port number, not {port!r}")
        base = Path(environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
        address = environ.get("SAGEMAKER_BIND_TO_ADDRESS", cls.address)
        return cls(base, int(port), address, environ.get("SM_HPS"))

    @property
    def model(self) -> Path:
        """The folder that becomes model.tar.gz after training, and is unpacked from it before serving."""
        return self.base / "model"

    @property
    def failure(self) -> Path:
        """The file whose first kilobyte becomes the job's FailureReason."""
        return self.base / "output" / "failure"

    @property
    def output_data(self) -> Path:
        """The folder that becomes output.tar.gz after training, beside model.tar.gz."""
        return self.base / "output" / "data"

    @property
    def checkpoints(self) -> Path | None:
        """The folder that is kept in S3 while the job runs; None for a job without one."""
        folder = self.base / "checkpoints"
        return folder if folder.is_dir() else None

    def channel(self, name: str) -> Path:
        return self.base / "input" / "data" / name

    def shown(self, path: Path) -> str:
        """A path as the built-in algorithm logs it: under opt/ml, wherever the base really is."""
        return f"opt/ml/{path.relative_to(self.base).as_posix()}"

    def hyperparameters(self) -> Any:
        """The job's hyperparameters as strings, without those of the script-mode toolkit."""
        if self.told is None:
            return self.config("hyperparameters")
        given = json.loads(self.told)
        return {name: text if isinstance(text, str) else json.dumps(text) for name, text in given.items()}

    def config(self, name: str) -> Any:
        """The parsed input/config/<name>.json; an empty object where there is none."""
        path = self.base / "input" / "config" / f"{name}.json"
        try:
            return json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ClientError(f"{self.shown(path)} is not JSON: {error}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(content)
    temporary.replace(path)
