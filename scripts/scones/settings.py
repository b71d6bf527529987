"""Which environment a command speaks to, where its files are, and what is deployed in it.

An environment is a file of variables in terraform/environments/. `local` is local AWS, whose address and
credentials stand in the file that it writes when it starts; every other one is an account, reached the way
the AWS SDKs always do (AWS_PROFILE, AWS_REGION, single sign-on, an instance's role, ...).
"""

from __future__ import annotations

import argparse
import json
import os
import re
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

import boto3
from botocore.config import Config

from scones.errors import NotDeployed, SconesError, UsageError
from scones.files import write_bytes

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"
TERRAFORM = REPOSITORY / "terraform"
ENVIRONMENTS = TERRAFORM / "environments"

T = TypeVar("T")

REGION = re.compile(r'^\s*region\s*=\s*"([^"]+)"', re.MULTILINE)

LOCAL = "local"
LOCAL_HOME_VARIABLE = "SCONES_LOCAL_HOME"


@dataclass(frozen=True)
class Foundation:
    """The outputs of terraform/foundation: what staging and training need."""

    region: str
    account_id: str
    data_bucket: str
    kms_key_arn: str
    sagemaker_role_arn: str
    model_package_group_name: str


@dataclass(frozen=True)
class Workflow:
    """The outputs of terraform/workflow: what classifies pictures."""

    state_machine_arn: str
    endpoint_name: str
    review_queue_url: str
    notification_topic_arn: str
    function_names: dict[str, str]
    capture_s3_uri: str
    confidence_threshold: float
    class_names: list[str]
    loading_bays: dict[str, str]
    incoming_prefix: str
    data_bucket: str
    paused: bool


@dataclass(frozen=True)
class Environment:
    """One environment: its name, the folder of what the commands made for it, and its AWS clients."""

    name: str
    home: Path

    @classmethod
    def load(cls, name: str) -> Self:
        """Return the environment of that name; UsageError when no variables file defines it."""
        if not (ENVIRONMENTS / f"{name}.tfvars").is_file():
            known = ", ".join(sorted(path.stem for path in ENVIRONMENTS.glob("*.tfvars")))
            raise UsageError(f"there is no environment {name!r}: ENV is one of {known}")
        override = os.environ.get(LOCAL_HOME_VARIABLE)
        if name == LOCAL and override:
            return cls(name, Path(override).resolve())
        return cls(name, BUILD / name)

    def __reduce__(self) -> tuple[type[Self], tuple[str, Path]]:
        return type(self), (self.name, self.home)  # clients do not go along into another process

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL

    # --- AWS -----------------------------------------------------------------------------------------

    @overload
    def client(self, service: Literal["s3"]) -> S3Client: ...
    @overload
    def client(self, service: Literal["sagemaker"]) -> SageMakerClient: ...
    @overload
    def client(self, service: Literal["stepfunctions"]) -> SFNClient: ...
    @overload
    def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    def client(self, service: str, **options: Any) -> Any: ...
    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of this environment."""
        config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=32)
        endpoint = self.local_aws()["endpoint_url"] if self.is_local else None
        session: Any = self._session  # its types know a service by its literal name only
        return session.client(service, config=config, endpoint_url=endpoint, **options)

    @cached_property
    def _session(self) -> boto3.Session:
        if not self.is_local:
            return boto3.Session(region_name=self._region())
        region = self.local_aws()["region"]
        return boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=region)  # noqa: S106

    def _region(self) -> str | None:
        """The region that the environment's variables name; None leaves it to the AWS configuration."""
        found = REGION.search((ENVIRONMENTS / f"{self.name}.tfvars").read_text())
        return found[1] if found else None

    def local_aws(self) -> dict[str, Any]:
        """Return what local AWS wrote when it started: endpoint_url, pid, port, log, region, account_id."""
        state = self._read("localaws.json")
        if state is None or not _is_running(state["pid"]):
            raise NotDeployed("local AWS is not running: run 'make up'")
        return state

    def process_environment(self) -> dict[str, str]:
        """Return the process environment that points Terraform and every SDK at this environment."""
        environment = {name: value for name, value in os.environ.items() if not _is_terraforms(name)}
        if not self.is_local:
            return environment
        local = self.local_aws()
        environment = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
        return environment | {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "AWS_ENDPOINT_URL": local["endpoint_url"],
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": local["region"],
            "AWS_DEFAULT_REGION": local["region"],
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    # --- What is deployed ----------------------------------------------------------------------------

    @cached_property
    def foundation(self) -> Foundation:
        return _from_outputs(Foundation, self.outputs("foundation"))

    @cached_property
    def workflow(self) -> Workflow:
        return _from_outputs(Workflow, self.outputs("workflow"))

    def outputs(self, root: str) -> dict[str, Any]:
        """Return the outputs of a Terraform root; NotDeployed when it has not been applied."""
        if self.is_local:
            self.local_aws()  # what was deployed in one that has ended is gone with it
            outputs = self._read(f"{root}.outputs.json")
        else:
            from scones.infrastructure import terraform  # which needs this module

            outputs = terraform.Root(root, self).read_outputs()  # another machine may have applied since
        if not outputs:
            steps = "foundation" if root == "foundation" else "stage train apply"
            raise NotDeployed(f"nothing is deployed in {self.name} yet: run 'make {steps} ENV={self.name}'")
        return outputs

    def is_deployed(self, root: str) -> bool:
        """Say whether a Terraform root has been applied here."""
        try:
            return bool(self.outputs(root))
        except NotDeployed:
            return False

    # --- Files ---------------------------------------------------------------------------------------

    def _read(self, name: str) -> Any:
        return read_json(self.home / name)


def add_environment_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--env`, the argument that every command shares."""
    parser.add_argument(
        "--env",
        default=LOCAL,
        help="a file in terraform/environments (default: %(default)s)",
    )


def _is_terraforms(name: str) -> bool:
    """Variables that would change what Terraform does behind the back of the environment's files."""
    return name == "TF_WORKSPACE" or name.startswith(("TF_CLI_ARGS", "TF_VAR_"))


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_json(path: Path) -> Any:
    """Return a JSON file's content, None when there is no such file; SconesError when it is not JSON."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except json.JSONDecodeError as error:
        raise SconesError(f"{path} is damaged ({error}): remove it and run the step again") from None


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file whole or not at all."""
    write_bytes(path, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())


def _from_outputs(kind: type[T], outputs: dict[str, Any]) -> T:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    missing = [name for name in names if name not in outputs]
    if missing:
        raise SconesError(f"the deployed {kind.__name__.lower()} lacks {', '.join(missing)}: apply it again")
    return kind(**{name: outputs[name] for name in names})
