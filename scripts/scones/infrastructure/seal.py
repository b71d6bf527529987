"""The seal of a saved plan: all that it was made from and made for, so that nothing else is ever applied.

Terraform itself refuses a saved plan only when the state has moved on. It pins neither the functions' zips
nor the files of variables, and it ignores later edits of the code. So everything is named here by its
SHA-256 and compared before an apply; each difference has its own name.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scones.infrastructure.refusals import Refusal
from scones.infrastructure.source import Source
from scones.settings import REPOSITORY, read_json, write_json

GONE = "gone"  # in place of the digest of a file that is not there

# What a file is, by the end of its name: why its change is refused, and what it is called. First fit.
KINDS = (
    ("approvals.toml", "rules-changed", "the file of rules"),
    (".s3.tfbackend", "backend-changed", "the place of the state"),
    (".zip", "zip-changed", "the function's zip"),
    (".asl.json", "definition-changed", "the state machine's definition"),
    ("model.tfvars.json", "manifest-changed", "the model's manifest"),
    ("foundation.tfvars.json", "foundation-changed", "what the foundation hands over"),
    ("serving.tfvars.json", "serving-changed", "what serves now"),
    (".tfvars.json", "variables-changed", "the file of variables"),
    (".tfvars", "variables-changed", "the file of variables"),
    (".lock.hcl", "lock-file-changed", "the providers' lock file"),
    (".tf", "code-changed", "the code"),
    (".py", "code-changed", "the function's code"),
)


@dataclass(frozen=True)
class Facts:
    """What a plan depends on, as it is at one moment.

    `files` are SHA-256 sums in hexadecimal digits by name: relative to the repository, or to the
    environment's home as home/<name>. An empty lineage: there is no state yet.
    """

    environment: str
    root: str
    account: str
    lineage: str
    serial: int
    terraform: str
    providers: Mapping[str, str]
    source: Source
    files: Mapping[str, str]


@dataclass(frozen=True)
class Seal:
    """The facts of the moment at which a plan was made, and what was made then."""

    facts: Facts
    purpose: str
    made_at: str  # ISO 8601, UTC
    expires_at: str
    artefacts: Mapping[str, str]  # the saved plan, its JSON, its review: SHA-256 by file name
    gates: tuple[str, ...] = ()  # those that the plan trips
    changes: bool = True
    allowed_accounts: tuple[str, ...] = ()
    instances: int | None = None  # that the endpoint gets, where the plan moves it
    is_release: bool = False  # it brings zips and state machine of a release

    @property
    def digest(self) -> str:
        """SHA-256 of all the above: one name for exactly this plan."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"digest": self.digest}

    def write(self, path: Path) -> None:
        write_json(path, self.as_json())

    @classmethod
    def read(cls, path: Path) -> "Seal":
        """Return a seal from its file. Raises Refusal when it is missing, damaged or was edited."""
        content = read_json(path)
        if content is None:
            raise Refusal("no-seal", f"the saved plan has no seal ({path.name}): make the plan again")
        try:
            digest = content.pop("digest")
            facts = content.pop("facts")
            source = Source(**facts.pop("source"))
            content |= {name: tuple(content[name]) for name in ("gates", "allowed_accounts")}
            seal = cls(facts=Facts(source=source, **facts), **content)
        except (KeyError, TypeError, AttributeError):
            raise Refusal("seal-broken", f"{path.name} is not a whole seal: make the plan again") from None
        if seal.digest != digest:
            raise Refusal("seal-broken", f"{path.name} was edited after it was made: make the plan again")
        return seal


def expiry(made: datetime, hours: float) -> str:
    """Return until when a plan may be applied, as ISO 8601."""
    return (made + timedelta(hours=hours)).isoformat(timespec="seconds")


# --- Digests -----------------------------------------------------------------------------------------


def digests(files: list[Path], home: Path) -> dict[str, str]:
    """Return the SHA-256 of each file, by the name that a seal gives it."""
    return {name_of(path, home): digest_of(path) for path in files}


def digests_in(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of some files of a folder, by their names."""
    return {name: digest_of(folder / name) for name in names}


def name_of(path: Path, home: Path) -> str:
    """Return a file's name in a seal, the same on every machine."""
    path = path.resolve()
    if path.is_relative_to(home.resolve()):
        return f"home/{path.relative_to(home.resolve()).as_posix()}"
    return path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY) else str(path)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, GONE when there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else GONE


# --- The comparison ----------------------------------------------------------------------------------


def check_time(seal: Seal, now: datetime | None = None) -> None:
    """Raise Refusal when the time in which the plan may be applied is over."""
    now = now or datetime.now(UTC)
    if now >= datetime.fromisoformat(seal.expires_at):
        raise Refusal(
            "expired",
            f"the plan was made at {seal.made_at} and could be applied until {seal.expires_at}: plan again",
        )


def check_artefacts(seal: Seal, folder: Path) -> None:
    """Raise Refusal when the saved plan or its review is not the one that was sealed."""
    for name, digest in seal.artefacts.items():
        if digest_of(folder / name) != digest:
            raise Refusal("plan-changed", f"{name} is not the one that was sealed: plan again")


def check_account(seal: Seal, account: str) -> None:
    """Raise Refusal unless this is the account that the plan is for, and one that may be changed."""
    if account != seal.facts.account:
        raise Refusal(
            "wrong-account",
            f"the plan is for account {seal.facts.account}, but this is {account}: change the credentials",
        )
    if seal.allowed_accounts and account not in seal.allowed_accounts:
        allowed = ", ".join(seal.allowed_accounts)
        raise Refusal(
            "account-not-allowed", f"{seal.facts.environment} may change {allowed}, not account {account}"
        )


def check_facts(seal: Seal, now: Facts) -> None:
    """Raise Refusal for the first thing that is not as it was when the plan was made."""
    made = seal.facts
    again = f"run 'make plan ENV={made.environment}' and read it again"
    if (now.environment, now.root) != (made.environment, made.root):
        raise Refusal(
            "wrong-environment",
            f"the plan is for {made.root} of {made.environment}, not of {now.environment}",
        )
    _check_files(made.files, now.files, again)
    if (now.lineage, now.serial) != (made.lineage, made.serial):
        raise Refusal(
            "state-moved", f"something was applied since (state {_state(made)}, now {_state(now)}): {again}"
        )
    if now.terraform != made.terraform:
        raise Refusal(
            "terraform-version", f"planned with Terraform {made.terraform}, this is {now.terraform}: {again}"
        )
    if now.providers != made.providers:
        raise Refusal(
            "provider-version", f"planned with {_versions(made)}, this is {_versions(now)}: {again}"
        )
    if now.source.tree != made.source.tree:
        raise Refusal("source-moved", f"planned at commit {made.source}, this is {now.source}: {again}")


def _check_files(made: Mapping[str, str], now: Mapping[str, str], again: str) -> None:
    for name in sorted({*made, *now}):
        before, after = made.get(name, GONE), now.get(name, GONE)
        if before != after:
            reason, noun = _kind(name)
            what = "has come" if before == GONE else "is gone" if after == GONE else "has changed"
            raise Refusal(reason, f"{noun} {name} {what} since the plan was made: {again}")


def _kind(name: str) -> tuple[str, str]:
    return next(
        ((reason, noun) for end, reason, noun in KINDS if name.endswith(end)), ("input-changed", "the file")
    )


def _state(facts: Facts) -> str:
    return f"serial {facts.serial} of {facts.lineage[:8]}" if facts.lineage else "none"


def _versions(facts: Facts) -> str:
    return ", ".join(
        f"{name.rsplit('/', 1)[-1]} {version}" for name, version in sorted(facts.providers.items())
    )
