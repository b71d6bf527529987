"""The `train` command of AWS's PyTorch container: the user's program out of S3, told by SM_* variables.

Run by path: `python -P training.py train`. Under AWS's own sagemaker-training toolkit where that is
installed; without it (it needs a C compiler, and Linux) the same contract is kept here, as far as a program
sees it: https://github.com/aws/sagemaker-training-toolkit/blob/master/README.md
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TOOLKIT = "sagemaker_training"
# SAGEMAKER_* hyperparameters are the toolkit's, not the program's.
OURS = re.compile(r"sagemaker_|_tuning_objective_metric$|default_user_module_name$")
PROGRAM = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*\.py")


class ClientError(Exception):
    """The job says something that cannot be run; str() is its failure reason."""


def main() -> int:
    # The whole group is signalled, so the program hears of it itself; this process waits for how it ends.
    signal.signal(signal.SIGTERM, lambda *_: None)
    if os.environ.get("LOCALAWS_TOOLKIT", "1") != "0" and find_spec(TOOLKIT):
        from sagemaker_training.cli.train import main as train_under_toolkit

        train_under_toolkit()  # ends the process
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    try:
        return run(base)
    except ClientError as error:
        print(error, file=sys.stderr)
        failure = base / "output" / "failure"
        if not failure.exists():
            failure.write_text(str(error))
        return 1


def run(base: Path) -> int:
    """Fetch the program, give it the contract, and return its exit code."""
    given = {name: decoded(text) for name, text in config(base, "hyperparameters").items()}
    ours = {name: value for name, value in given.items() if OURS.match(name)}
    program, source = str(ours.get("sagemaker_program", "")), str(ours.get("sagemaker_submit_directory", ""))
    if not PROGRAM.fullmatch(program) or ".." in program.split("/"):
        raise ClientError(
            f"sagemaker_program must be a Python program in the source directory, not {program!r}"
        )
    code = base / "code"
    code.mkdir(exist_ok=True)
    if not any(code.iterdir()):
        fetch(source, code)
    if not (code / program).is_file():
        raise ClientError(f"{program} is not in {source}")
    if (code / "requirements.txt").is_file():
        command = [sys.executable, "-m", "pip", "install", "-r", "requirements.txt"]
        if subprocess.run(command, cwd=code, check=False).returncode:
            raise ClientError("InstallRequirementsError: requirements.txt is not met")
    variables = program_environment(base, given, ours)
    command = [sys.executable, "--", program, *json.loads(variables["SM_USER_ARGS"])]
    exit_code = subprocess.run(command, cwd=code, env={**os.environ, **variables}, check=False).returncode
    failure = base / "output" / "failure"
    if exit_code and not failure.exists():
        failure.write_text(f"ExecuteUserScriptError:\nExitCode {exit_code}\nCommand {' '.join(command)!r}")
    return 1 if exit_code else 0


def program_environment(base: Path, given: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
    """The variables of the toolkit's documented table, and PYTHONPATH."""
    resources, channels = config(base, "resourceconfig"), config(base, "inputdataconfig")
    told = {name: value for name, value in given.items() if name not in ours}
    group = resources.get("current_group_name", "homogeneousCluster")
    values: dict[str, Any] = {
        "hosts": resources["hosts"],
        "current_host": resources["current_host"],
        "current_instance_type": resources.get("current_instance_type", "local"),
        "current_instance_group": group,
        "network_interface_name": resources.get("network_interface_name"),
        "num_cpus": os.cpu_count(),
        "num_gpus": 0,
        "num_neurons": 0,
        "hps": told,
        "user_args": [word for name in sorted(told) for word in argument(name, told[name])],
        "channels": sorted(channels),
        "input_data_config": channels,
        "resource_config": resources,
        "input_dir": str(base / "input"),
        "input_config_dir": str(base / "input" / "config"),
        "model_dir": str(base / "model"),
        "output_dir": str(base / "output"),
        "output_data_dir": str(base / "output" / "data"),
        "output_intermediate_dir": str(base / "output" / "intermediate"),
        "module_dir": ours["sagemaker_submit_directory"],
        "module_name": str(ours["sagemaker_program"]).removesuffix(".py"),
        "user_entry_point": ours["sagemaker_program"],
        "log_level": ours.get("sagemaker_container_log_level", 20),
        **{f"channel_{name}": str(base / "input" / "data" / name) for name in channels},
        **{f"hp_{name}": value for name, value in told.items()},
    }
    named = {
        "SAGEMAKER_JOB_NAME": str(ours.get("sagemaker_job_name", "")),
        "SAGEMAKER_REGION": str(ours.get("sagemaker_region", "")),
        "CURRENT_HOST": resources["current_host"],
        "PYTHONPATH": str(base / "code"),
    }
    return {f"SM_{name.upper()}": shown(value) for name, value in values.items()} | named


def fetch(source: str, code: Path) -> None:
    """Unpack the archive that sagemaker_submit_directory names; nothing in it may leave the folder."""
    import boto3
    from botocore.exceptions import BotoCoreError
    from botocore.exceptions import ClientError as Refused

    bucket, _, key = source.removeprefix("s3://").partition("/")
    if not source.startswith("s3://") or not key:
        raise ClientError(f"sagemaker_submit_directory must be an s3:// address, not {source!r}")
    with tempfile.TemporaryFile() as archive:
        try:
            boto3.client("s3").download_fileobj(bucket, key, archive)
            archive.seek(0)
            with tarfile.open(fileobj=archive, mode="r:gz") as tar:
                tar.extractall(code, filter="data")
        except (Refused, BotoCoreError) as error:
            raise ClientError(f"{source} cannot be read: {error}") from None
        except (tarfile.TarError, OSError, EOFError) as error:
            raise ClientError(f"{source} cannot be unpacked: {error}") from None


def config(base: Path, name: str) -> Any:
    return json.loads((base / "input" / "config" / f"{name}.json").read_text())


def argument(name: str, value: Any) -> tuple[str, str]:
    """A hyperparameter as a program's argument: one letter gets one dash, an object becomes name=value,…"""
    if isinstance(value, dict):
        value = ",".join(f"{key}={part}" for key, part in sorted(value.items()))
    return f"{'-' if len(name) == 1 else '--'}{name}", "" if value is None else str(value)


def decoded(text: str) -> Any:
    """A hyperparameter as the SDK meant it: JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def shown(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
