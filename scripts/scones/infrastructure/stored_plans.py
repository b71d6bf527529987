"""Saved plans in the state bucket, on their way from the machine that planned to the one that applies.

    s3://<state bucket>/plans/<digest>/home/…      what lies in the environment's home: plans, variables
    s3://<state bucket>/plans/<digest>/build/…     the functions' zips

What git holds is not carried: whoever applies has checked it out. The bucket encrypts every object with the
project's key and is nobody else's; saved plans hold secrets in clear.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from scones.errors import SconesError
from scones.files import write_bytes
from scones.infrastructure.applying import saved_plans
from scones.infrastructure.planning import plan_folder
from scones.infrastructure.plans import check_digest, digest
from scones.infrastructure.seal import Seal
from scones.infrastructure.state import StatePlace
from scones.settings import BUILD, Environment

DIGEST = re.compile(r"[0-9a-f]{64}")
HOME, BUILT = "home/", "build/"


def store(environment: Environment) -> str:
    """Upload the saved plans and what they were made from; return where they lie, as s3://….

    Raises SconesError when no plan is saved.
    """
    if not saved_plans(environment):
        raise SconesError(f"no plan is saved: run 'make plan ENV={environment.name}'")
    bucket = _Bucket(environment)
    prefix = prefix_of(digest(environment))
    for name, path in carried(environment).items():
        bucket.put(prefix + name, path.read_bytes())
    return f"s3://{bucket.name}/{prefix}"


def fetch(environment: Environment, wanted: str) -> list[Path]:
    """Download the plans of a digest in place of any that are saved; return the files.

    Raises SconesError when there are none, Refusal when they are not those of the digest.
    """
    if not DIGEST.fullmatch(wanted):
        raise SconesError(f"{wanted!r} is no digest: it has 64 hexadecimal digits")
    bucket, prefix = _Bucket(environment), prefix_of(wanted)
    keys = bucket.keys(prefix)
    if not keys:
        raise SconesError(f"s3://{bucket.name}/{prefix} holds no plans: plan again")
    places = {key: _place(environment, key.removeprefix(prefix)) for key in keys}
    shutil.rmtree(environment.home / "plans", ignore_errors=True)
    for key, path in places.items():
        write_bytes(path, bucket.get(key))
        path.chmod(0o600)
    check_digest(environment, wanted)
    return list(places.values())


def prefix_of(wanted: str) -> str:
    """Return the folder of a digest's plans, with a slash at its end."""
    return f"plans/{wanted}/"


def carried(environment: Environment) -> dict[str, Path]:
    """Return what another machine needs and git does not hold: files by their names in a seal."""
    folders = [plan_folder(environment, root) for root in saved_plans(environment)]
    plans = [path for folder in folders for path in sorted(folder.iterdir())]
    found = {f"{HOME}{path.relative_to(environment.home)}": path for path in plans}
    for folder in folders:
        for name in Seal.read(folder / "seal.json").facts.files:
            if name.startswith((HOME, BUILT)) and _place(environment, name).is_file():
                found[name] = _place(environment, name)
    return found


def _place(environment: Environment, name: str) -> Path:
    """Return where a file belongs. SconesError when that is neither the home nor the build folder."""
    folders = {HOME: environment.home, BUILT: BUILD}
    for start, folder in folders.items():
        path = folder / name.removeprefix(start)
        if name.startswith(start) and path.resolve().is_relative_to(folder.resolve()):
            return path
    raise SconesError(f"{name!r} does not belong to a plan: nothing was fetched")


class _Bucket:
    """The state bucket, which has to belong to the account of the credentials."""

    def __init__(self, environment: Environment) -> None:
        self.name = StatePlace("foundation", environment).bucket_name()
        self._s3 = environment.client("s3")
        account = environment.client("sts").get_caller_identity()["Account"]
        self._where: dict[str, Any] = {"Bucket": self.name, "ExpectedBucketOwner": account}

    def put(self, key: str, content: bytes) -> None:
        self._s3.put_object(Key=key, Body=content, **self._where)

    def get(self, key: str) -> bytes:
        return bytes(self._s3.get_object(Key=key, **self._where)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Prefix=prefix, **self._where)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
