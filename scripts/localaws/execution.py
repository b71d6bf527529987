"""From a deployed zip to a process: the files, packages and environment variables that Lambda gives a
function."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from moto.awslambda.exceptions import LambdaClientError

from . import credentials, processes
from .permissions import enforcement
from .runtime_api import Worker
from .settings import Settings

_MANAGED_RUNTIME = ("awslambdaric", "boto3")


@dataclass(frozen=True)
class Program:
    """Everything that decides how a function runs: when any of it changes, its processes are replaced."""

    arn: str
    name: str
    version: str
    region: str
    account_id: str
    handler: str
    runtime: str
    role: str
    kms_key: str  # that the environment is encrypted with, if it is a key of the account's
    memory: int
    timeout: float
    code_sha: str
    variables: tuple[tuple[str, str], ...]
    layers: tuple[tuple[str, bytes], ...] = field(repr=False)  # ARN and zip
    log_group: str
    log_format: str
    code: bytes = field(repr=False, compare=False)


class KeyDenied(LambdaClientError):
    code = 502

    def __init__(self, reason: str) -> None:
        super().__init__(
            "KMSAccessDeniedException",
            "Lambda was unable to decrypt the environment variables because KMS access was denied. Please "
            "check the function's KMS key settings. KMS Exception: AccessDeniedException KMS Message: "
            f"{reason}",
        )


def start_worker(program: Program, settings: Settings, runtime: Path) -> Worker:
    """A process that runs the program's zip with the environment that Lambda gives it. Raises KeyDenied."""
    _decrypt_environment(program)
    folder = settings.folder("functions", program.name)
    task_root = unpack(program.code, folder / program.code_sha)
    layers = [unpack(code, folder / arn.replace(":", "-")) / "python" for arn, code in program.layers]
    paths = [task_root, *layers, runtime]
    role = credentials.assume(program.role, program.name, program.region)
    own = {
        "_HANDLER": program.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{program.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(program.memory),
        "AWS_LAMBDA_FUNCTION_NAME": program.name,
        "AWS_LAMBDA_FUNCTION_VERSION": program.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": program.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": program.log_group,
        "AWS_REGION": program.region,
        "AWS_DEFAULT_REGION": program.region,
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "LAMBDA_TASK_ROOT": str(task_root),
        "PYTHONPATH": ":".join(map(str, paths)),
        "TZ": ":UTC",
        **role.environment(),
    }
    env = {**processes.environment(LANG="en_US.UTF-8"), **dict(program.variables), **own}
    return Worker(task_root, env, program.handler, program.version, program.memory)


def _decrypt_environment(program: Program) -> None:
    """Lambda names the function in what it asks of the key, as the function's role."""
    if program.kms_key and program.variables:
        keys = {
            "kms:viaservice": (f"lambda.{program.region}.amazonaws.com",),
            "kms:encryptioncontext:aws:lambda:functionarn": (program.arn,),
        }
        denied = enforcement.as_role(program.role, program.name, "kms:Decrypt", program.kms_key, keys)
        if denied:
            raise KeyDenied(denied)


def unpack(code: bytes, target: Path) -> Path:
    """The zip's content in a folder of its own, made once."""
    if not target.exists():
        part = Path(tempfile.mkdtemp(dir=target.parent))
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            archive.extractall(part)
        try:
            part.rename(target)
        except OSError:  # another invocation was faster
            shutil.rmtree(part)
    return target


def link_managed_runtime(folder: Path) -> Path:
    """Fill `folder` with what AWS's Python runtime has besides the standard library, and nothing else of this
    machine's.

    A function that needs more must bring it in its zip or a layer, here as on AWS.
    """
    for distribution in _with_requirements(_MANAGED_RUNTIME):
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            link = folder / top
            if not link.is_symlink():
                link.symlink_to(Path(str(distribution.locate_file(top))))
    return folder


def _with_requirements(names: tuple[str, ...]) -> list[metadata.Distribution]:
    wanted, found = list(names), {}
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = metadata.distribution(name)
            wanted += [match.group() for text in found[name].requires or () if (match := _required(text))]
    return list(found.values())


def _required(requirement: str) -> re.Match[str] | None:
    """The package's name in "urllib3 (>=1.25,<3)"; nothing for an optional extra."""
    return None if "extra ==" in requirement else re.match(r"[A-Za-z0-9._-]+", requirement)
