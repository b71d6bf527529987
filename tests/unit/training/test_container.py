"""The uploaded package trains and serves where AWS's containers hold PyTorch, numpy and Pillow, and no more.

An endpoint cut off from every network can install nothing, so an import that the container lacks is an
endpoint that never comes into service.
"""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from scones.settings import REPOSITORY
from scones.training.package import build_package
from unit.evaluation.deployed import HYPERPARAMETERS, put, staged

HELD = ("torch", "numpy", "pillow")
ASK = """
import json, sys
import inference

class Context:
    def set_response_header(self, index, key, value):
        print(key, value)

classifier = inference.model_fn(sys.argv[1])
given = inference.input_fn(open(sys.argv[2], "rb").read(), "image/png")
body, kind = inference.output_fn(inference.predict_fn(given, classifier), "application/json", Context())
print(json.dumps({"probabilities": json.loads(body), "kind": kind}))
"""


def needed(names: tuple[str, ...]) -> set[str]:
    """Distributions of these names and all that they need here, extras left out."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:  # for another machine, or another Python
            continue
        if name not in found:
            found.add(name)
            plain = (requirement for requirement in requirements if "extra ==" not in requirement)
            waiting += [re.split(r"[^A-Za-z0-9._-]", requirement)[0] for requirement in plain]
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages that holds what AWS's containers hold of what the project installs."""
    folder = tmp_path_factory.mktemp("site")
    for name in needed(HELD):
        of = distribution(name)
        for top in {file.parts[0] for file in of.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(Path(str(of.locate_file(top))))
    return folder


def run(site: Path, code: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these packages, in the program's folder, and with no other package to be found."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{code}:{site}", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-S", *words],
        cwd=code,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def base(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job's folder after AWS's container has unpacked the package and run its train.py."""
    base = tmp_path_factory.mktemp("ml")
    package = build_package(REPOSITORY / "scripts" / "algorithm")
    with tarfile.open(fileobj=io.BytesIO(package.content)) as tar:
        tar.extractall(base / "code", filter="data")
    for key, body in staged().items():
        for channel, prefix in (("train", "train/t"), ("validation", "train/v")):
            if key.startswith(prefix):
                put(base / "input" / "data" / channel / key.removeprefix("train/"), body)
        if key in ("training.lst", "validation.lst"):
            channel = f"{key.removesuffix('.lst').replace('training', 'train')}_lst"
            put(base / "input" / "data" / channel / key, body)
    (base / "model").mkdir()
    trained = run(
        site,
        base / "code",
        "train.py",
        SAGEMAKER_BASE_DIR=str(base),
        SM_MODEL_DIR=str(base / "model"),
        SM_CURRENT_HOST="algo-1",
        SM_HPS=json.dumps(HYPERPARAMETERS),
    )
    assert trained.returncode == 0, trained.stderr
    return base


def test_nothing_else_can_be_imported_there(site: Path, tmp_path: Path) -> None:
    for name in ("safetensors", "boto3", "scones", "yaml"):
        assert run(site, tmp_path, "-c", f"import {name}").returncode == 1
    assert run(site, tmp_path, "-c", "import torch, numpy, PIL").returncode == 0


def test_what_was_trained_there_is_served_there(site: Path, base: Path) -> None:
    picture = base / "input" / "data" / "validation" / "v0.png"

    served = run(site, base / "model" / "code", "-c", ASK, str(base / "model"), str(picture))

    assert served.returncode == 0, served.stderr
    header, answer = served.stdout.splitlines()
    assert re.fullmatch(r"X-Amzn-SageMaker-Custom-Attributes out-of-domain=0\.\d{6}", header)
    found = json.loads(answer)
    assert found["kind"] == "application/json"
    assert sum(found["probabilities"]) == pytest.approx(1)


def test_what_serves_has_nothing_to_install_and_no_backbone(base: Path) -> None:
    code = {
        path.relative_to(base / "model" / "code").as_posix() for path in (base / "model" / "code").rglob("*")
    }

    assert {"inference.py", "algorithm/inference.py", "algorithm/weights.py"} <= code
    assert not [name for name in code if "requirements" in name or "backbone/" in name or name == "train.py"]
