"""Saved plans in the state bucket, on their way from the machine that planned to the one that applies.

    s3://<state bucket>/plans/<digest>/home/…      what lies in the environment's home: plans, variables
    s3://<state bucket>/plans/<digest>/build/…     the functions' zips

What git holds is not carried: whoever applies has checked it out. The bucket encrypts every object with the
project's key and is nobody else's; saved plans hold secrets in clear.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scones.errors import SconesError
from scones.infrastructure.applying import saved_plans
from scones.infrastructure.planning import plan_folder
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.saved_plans import check_digest, digest
from scones.infrastructure.seal import GONE, Seal, digest_of
from scones.infrastructure.state import StatePlace
from scones.infrastructure.terraform import ROOTS
from scones.settings import BUILD, Environment

DIGEST = re.compile(r"[0-9a-f]{64}")
HOME, BUILT = "home/", "build/"

# The only names that are ever written. A state, an output or Terraform's own data is never among them.
NAMES = re.compile(
    r"home/plans/(foundation|workflow)/(tfplan|plan\.json|review\.md|review\.json|seal\.json)"
    r"|home/(plans/)?[\w-]+\.tfvars\.json"
    r"|home/rollback/([\w-]+/)*[\w-]+\.(zip|asl\.json|tfvars\.json)"
    r"|build/lambdas/[\w-]+\.zip",
    re.ASCII,
)
MOST_FILES = 100  # plans of both roots have about 20
MOST_BYTES = 256 * 1024**2  # all files together; Lambda takes 50 MB of each of the three zips


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

    Nothing is put into place before all of it has been found to be what the digest names. Raises SconesError
    when there are no such plans, or something lies among them that is not theirs; Refusal when they are
    not what was sealed.
    """
    if not DIGEST.fullmatch(wanted):
        raise SconesError(f"{wanted!r} is no digest: it has 64 hexadecimal digits")
    bucket, prefix = _Bucket(environment), prefix_of(wanted)
    names = [key.removeprefix(prefix) for key in bucket.keys(prefix)]
    if not names:
        raise SconesError(f"s3://{bucket.name}/{prefix} holds no plans: plan again")
    for name in names:
        _check_name(name)
    with _private_folder(environment) as folder:
        left = MOST_BYTES
        for name in names:
            left -= _write(folder / name, bucket.get(prefix + name, left))
        check_digest(Environment(environment.name, folder / HOME), wanted)
        _check_files(folder, names)
        return _put_into_place(environment, folder, names)


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
    """Return where a file of this name belongs."""
    start, folder = (HOME, environment.home) if name.startswith(HOME) else (BUILT, BUILD)
    return folder / name.removeprefix(start)


# --- Fetching ----------------------------------------------------------------------------------------


def _check_name(name: str) -> None:
    if not NAMES.fullmatch(name):
        raise SconesError(f"{name!r} does not belong to a plan: nothing was fetched")


@contextmanager
def _private_folder(environment: Environment) -> Iterator[Path]:
    """Make a folder that its owner alone can read, for as long as the block runs."""
    environment.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetched-", dir=environment.home) as folder:
        yield Path(folder)  # tempfile makes it with mode 0700


def _write(path: Path, content: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return path.write_bytes(content)


def _check_files(folder: Path, names: list[str]) -> None:
    """Raise unless these are the files that the seals name, each with the content that was sealed."""
    sealed = _sealed(folder)
    for name in names:
        if name not in sealed and not name.endswith("/seal.json"):
            raise SconesError(f"{name!r} does not belong to a plan: no seal names it, nothing was fetched")
    for name, content in sealed.items():
        if digest_of(folder / name) != content:
            raise Refusal("plan-changed", f"{name} is not the one that was sealed: plan again")


def _sealed(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that the seals name and git does not hold, by its name."""
    found: dict[str, str] = {}
    for root in ROOTS:
        place = f"{HOME}plans/{root}/"
        if (folder / place / "seal.json").is_file():
            seal = Seal.read(folder / place / "seal.json")
            files = seal.facts.files.items()
            found |= {place + name: content for name, content in seal.artefacts.items()}
            found |= {name: content for name, content in files if name.startswith((HOME, BUILT))}
    return {name: content for name, content in found.items() if content != GONE}


def _put_into_place(environment: Environment, folder: Path, names: list[str]) -> list[Path]:
    plans = environment.home / "plans"
    shutil.rmtree(plans, ignore_errors=True)
    plans.mkdir(mode=0o700)
    places = [_place(environment, name) for name in names]
    for name, place in zip(names, places, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / name, place)
    return places


# --- The bucket --------------------------------------------------------------------------------------


class _Bucket:
    """The state bucket, which has to belong to the account of the credentials."""

    def __init__(self, environment: Environment) -> None:
        self.name = StatePlace("foundation", environment).bucket_name()
        self._s3 = environment.client("s3")
        account = environment.client("sts").get_caller_identity()["Account"]
        self._where: dict[str, Any] = {"Bucket": self.name, "ExpectedBucketOwner": account}

    def put(self, key: str, content: bytes) -> None:
        self._s3.put_object(Key=key, Body=content, **self._where)

    def get(self, key: str, most: int) -> bytes:
        """Return an object; SconesError when it has more bytes than `most`."""
        with self._s3.get_object(Key=key, **self._where)["Body"] as body:
            content = bytes(body.read(most + 1))
        if len(content) > most:
            raise SconesError(f"s3://{self.name}/{key} is too large for a plan: nothing was fetched")
        return content

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with the prefix; SconesError when there are more than a plan has."""
        found: list[str] = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(Prefix=prefix, **self._where):
            found += [entry["Key"] for entry in page.get("Contents", [])]
            if len(found) > MOST_FILES:
                raise SconesError(f"s3://{self.name}/{prefix} holds too many files: nothing was fetched")
        return found
