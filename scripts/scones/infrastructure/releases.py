"""The releases of an environment: what was applied, kept so that one can go back to it.

A release lies in the data bucket under releases/<id>/, the id being when it was applied and with which plan:
    lambdas/*.zip, statemachine/*.asl.json, model.tfvars.json   the bytes that were applied
    release.json                                                their SHA-256, the plan's seal, the commit
    passed.json                                                 there once every live check has passed
releases/applied.json names the one that runs. The model itself stays where training has put it.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scones.errors import NotDeployed, SconesError
from scones.files import write_bytes
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.release_store import APPLIED, PREFIX, ReleaseStore, is_missing, sha256
from scones.s3 import split_uri
from scones.settings import REPOSITORY, Environment

MANIFEST = "model.tfvars.json"
KEPT, KEPT_PASSED = 10, 3  # the newest releases, and the newest of those that passed
# The only names that a release has, so that none leads out of the folder that it is fetched into.
NAME = re.compile(r"lambdas/[\w-]+\.zip|statemachine/[\w-]+\.asl\.json|model\.tfvars\.json", re.ASCII)


@dataclass(frozen=True)
class Release:
    """One release. `files` are SHA-256 sums in hexadecimal digits by name."""

    id: str
    environment: str
    applied_at: str  # ISO 8601, UTC
    seal: str  # the digest of the plan's seal
    head: str  # the commit that the plan was made from
    model_digest: str
    files: Mapping[str, str]
    passed: bool = False
    applied: bool = False  # it is the one that runs

    @property
    def content(self) -> tuple[object, ...]:
        """What makes a release another one: the model, the functions, the state machine."""
        code = sorted(entry for entry in self.files.items() if entry[0] != MANIFEST)
        return self.model_digest, *code

    def __str__(self) -> str:
        notes = ["passed" if self.passed else "not passed", *(["runs now"] if self.applied else [])]
        commit = self.head[:12] or "none"
        return f"{self.id}  model {self.model_digest[:12]}  commit {commit}  {', '.join(notes)}"


@dataclass(frozen=True)
class ReleaseFiles:
    """A release's files on this machine, each found to be what was applied."""

    packages: Path
    statemachine: Path
    manifest: Path

    @property
    def contents(self) -> list[Path]:
        """The functions' zips and the state machine's definition."""
        return [*sorted(self.packages.glob("*.zip")), *sorted(self.statemachine.glob("*.asl.json"))]


# --- Record ------------------------------------------------------------------------------------------


@contextmanager
def recorded(environment: Environment, seal: Mapping[str, Any]) -> Iterator[None]:
    """Keep the mark of what runs right around the apply of the workflow's plan with this seal.

    While it is applied, and after it failed half-way, no release is known to run: the checks can then mark
    none as passed, and the way back is the newest that did. Pausing and resuming leave the release as it is,
    and so does a plan that is refused, or that changes nothing while the mark is there.
    """
    store = ReleaseStore(environment)
    before = store.applied()
    if before and not seal["changes"]:
        yield
        return
    store.delete([APPLIED])
    try:
        yield
    except Refusal:
        if before:
            store.put_json(APPLIED, {"id": before})
        raise
    if seal["purpose"] in ("apply", "rollback"):
        record_applied(environment, seal)
    elif seal["purpose"] in ("pause", "resume") and before:
        store.put_json(APPLIED, {"id": before})


def record_applied(environment: Environment, seal: Mapping[str, Any], now: datetime | None = None) -> str:
    """Keep what the plan of this seal (Seal.as_json) has just applied, and return the release's id.

    Raises SconesError when a file is no longer the one that was applied.
    """
    now = now or datetime.now(UTC)
    contents = dict(_applied_files(environment, seal["facts"]["files"]))
    release = Release(
        id=f"{now:%Y%m%dT%H%M%SZ}-{seal['digest'][:8]}",
        environment=environment.name,
        applied_at=now.isoformat(timespec="seconds"),
        seal=seal["digest"],
        head=seal["facts"]["source"]["head"],
        model_digest=json.loads(contents[MANIFEST])["model"]["model_digest"],
        files={name: sha256(content) for name, content in contents.items()},
    )
    store = ReleaseStore(environment)
    for name, content in contents.items():
        store.put(f"{PREFIX}{release.id}/{name}", content)
    # Last, so that a release that is listed is whole.
    store.put_json(f"{PREFIX}{release.id}/release.json", _record(release))
    store.put_json(APPLIED, {"id": release.id})
    _forget_old(store, release.id)
    return release.id


def _record(release: Release) -> dict[str, Any]:
    return {name: value for name, value in asdict(release).items() if name not in ("passed", "applied")}


def _applied_files(environment: Environment, sealed: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a seal that make a release, by the name that they get in it."""
    kinds = set()
    for place, digest in sealed.items():
        name = _release_name(place)
        if name is None:
            continue
        in_home = place.startswith("home/")
        path = environment.home / place.removeprefix("home/") if in_home else REPOSITORY / place
        content = path.read_bytes() if path.is_file() else None
        if content is None or sha256(content) != digest:
            raise SconesError(
                f"{place} is no longer what was applied, so this release is not kept: "
                f"plan and apply again, and change nothing meanwhile"
            )
        kinds.add(path.suffix if name != MANIFEST else MANIFEST)
        yield name, content
    if len(kinds) < 3:
        raise SconesError(
            "the seal names no zip, no state machine or no model: it is no plan of the workflow"
        )


def _release_name(place: str) -> str | None:
    base = place.rsplit("/", 1)[-1]
    if base.endswith(".zip"):
        return f"lambdas/{base}"
    if base.endswith(".asl.json"):
        return f"statemachine/{base}"
    return MANIFEST if base == MANIFEST else None


def _forget_old(store: ReleaseStore, applied: str) -> None:
    """Delete all but the newest releases, and the newest that passed. Half an upload goes too."""
    found = store.found()
    whole = [release for release, names in found.items() if "release.json" in names]
    passed = [release for release in whole if "passed.json" in found[release]]
    kept = {*whole[:KEPT], *passed[:KEPT_PASSED], applied}
    store.delete(
        [
            f"{PREFIX}{release}/{name}"
            for release, names in found.items()
            if release not in kept and release < applied
            for name in names
        ]
    )


# --- Look --------------------------------------------------------------------------------------------


def releases(environment: Environment) -> list[Release]:
    """Return the releases that are kept, newest first. Raises SconesError when one's record is damaged."""
    store = ReleaseStore(environment)
    applied = store.applied()
    return [
        _read(store, release, passed="passed.json" in names, applied=release == applied)
        for release, names in store.found().items()
        if "release.json" in names
    ]


def find(environment: Environment, wanted: str) -> Release:
    """Return the release of that id. Raises SconesError when there is none."""
    for release in releases(environment):
        if release.id == wanted:
            return release
    known = f"make rollback ENV={environment.name} ARGS=--releases"
    raise SconesError(f"{environment.name} has no release {wanted!r}: '{known}' lists them")


def last_good(environment: Environment) -> Release | None:
    """Return the newest release that passed and differs from what runs; None without one.

    One that has the model and the code that run already is no way back, also when it has another id: it was
    applied again, or gone back to. After an apply that failed nothing is known to run, and the newest that
    passed is the answer.
    """
    found = releases(environment)
    running = [release.content for release in found if release.applied]
    return next((release for release in found if release.passed and release.content not in running), None)


def _read(store: ReleaseStore, release: str, passed: bool, applied: bool) -> Release:
    key = f"{PREFIX}{release}/release.json"
    try:
        found = Release(**json.loads(store.get(key)), passed=passed, applied=applied)
        names = list(found.files)
    except (ValueError, TypeError, AttributeError):
        raise SconesError(f"{store.uri(key)} is damaged: remove that release") from None
    if found.id != release or MANIFEST not in names or not all(NAME.fullmatch(name) for name in names):
        raise SconesError(f"{store.uri(key)} is not the record of a release: remove that release")
    return found


# --- Passed ------------------------------------------------------------------------------------------


def applied_id(environment: Environment) -> str | None:
    """Return the id of the release that runs, None when that is not known."""
    return ReleaseStore(environment).applied()


def mark_passed(environment: Environment, checks: int, release: str | None = None) -> str:
    """Note that so many live checks have all passed on the release that runs, and return its id.

    Raises NotDeployed when no release is known to run, SconesError when it is no longer the one that the
    checks began with (`release`).
    """
    store = ReleaseStore(environment)
    applied = store.applied()
    if applied is None:
        raise NotDeployed(f"no release of {environment.name} is known to run: apply a plan first")
    if release not in (None, applied):
        raise SconesError(f"release {applied} was applied while the checks ran on {release}: run them again")
    passed = {"checks": checks, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    store.put_json(f"{PREFIX}{applied}/passed.json", passed)
    return applied


# --- Fetch -------------------------------------------------------------------------------------------


def fetch(environment: Environment, release: Release, folder: Path) -> ReleaseFiles:
    """Bring a release's files into a folder, in place of an earlier one's.

    Raises SconesError, and leaves the folder as it is, when a file is missing or is not the one that was
    applied, or when the model has gone.
    """
    store = ReleaseStore(environment)
    contents = {name: _fetch_one(store, release, name) for name in release.files}
    _check_model(store, contents[MANIFEST])
    files = ReleaseFiles(folder / "lambdas", folder / "statemachine", folder / MANIFEST)
    for old in (files.packages, files.statemachine):
        shutil.rmtree(old, ignore_errors=True)
    for name, content in contents.items():
        write_bytes(folder / name, content)
    return files


def _fetch_one(store: ReleaseStore, release: Release, name: str) -> bytes:
    if not NAME.fullmatch(name):
        raise SconesError(f"release {release.id} names the file {name!r}, which no release has")
    key = f"{PREFIX}{release.id}/{name}"
    try:
        content = store.get(key)
    except ClientError as error:
        if is_missing(error):
            raise SconesError(f"{store.uri(key)} is gone: go back to another release") from None
        raise
    if sha256(content) != release.files[name]:
        raise SconesError(f"{store.uri(key)} is not the file that was applied: go back to another release")
    return content


def _check_model(store: ReleaseStore, manifest: bytes) -> None:
    uri = json.loads(manifest)["model"]["model_data_url"]
    bucket, key = split_uri(uri)
    try:
        store.s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_missing(error):
            raise SconesError(f"the release's model {uri} is gone: go back to another release") from None
        raise
