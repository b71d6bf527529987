"""A working copy of the repository that a test may break: its own git history, its own local AWS."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from scones.settings import REPOSITORY

PATIENCE_SECONDS = 900
OURS = ("SCONES_", "AWS_", "TF_VAR", "ALLOW", "CONFIRM", "ENV", "DATA", "MAKE")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Workspace:
    """The copy. Commands run in it as a user runs them, through make."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> "Workspace":
        """Copy what git knows of the repository, and commit it as the copy's first commit."""
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
        for name in filter(None, names.split("\0")):
            if (REPOSITORY / name).is_file():  # git also lists what was removed and is not committed yet
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, folder / name)
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        workspace = cls(folder)
        workspace.git("init", "--quiet", "--initial-branch=main")
        (folder / ".git/info/exclude").write_text("/.venv\n")
        workspace.commit("First")
        return workspace

    # --- Commands ------------------------------------------------------------------------------------

    def make(self, *words: str, **environment: str) -> Ended:
        """Run make with these words; `environment` are further environment variables."""
        done = subprocess.run(
            ["make", "--no-print-directory", *words],
            cwd=self.folder,
            env=self.environment() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def must(self, *words: str, **environment: str) -> Ended:
        """Run make and insist that it ends well."""
        ended = self.make(*words, **environment)
        assert ended.code == 0, f"make {' '.join(words)}:\n{ended.said}"
        return ended

    def environment(self) -> dict[str, str]:
        """The process environment of a user who has set nothing of ours."""
        return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}

    # --- Files ---------------------------------------------------------------------------------------

    def home(self, environment: str = "local") -> Path:
        return self.folder / "build" / environment

    def plans(self, root: str, environment: str = "local") -> Path:
        return self.home(environment) / "plans" / root

    def review(self, root: str = "workflow", environment: str = "local") -> str:
        return (self.plans(root, environment) / "review.md").read_text()

    def review_json(self, root: str = "workflow", environment: str = "local") -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.plans(root, environment) / "review.json").read_text())
        return content

    def serial(self, root: str = "workflow") -> int:
        """How often the state of a root on local AWS has been written."""
        return int(json.loads((self.home() / f"{root}.tfstate").read_text())["serial"])

    def gates(self, root: str = "workflow", environment: str = "local") -> set[str]:
        """The gates that a saved plan trips."""
        return {trip["gate"]["name"] for trip in self.review_json(root, environment)["gates"]}

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new))

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(f"\n{text}\n")

    @contextlib.contextmanager
    def edits(self) -> Iterator[None]:
        """Undo every edit afterwards."""
        try:
            yield
        finally:
            self.git("checkout", "--quiet", "--", ".")
            self.git("clean", "--quiet", "-d", "--force")

    # --- git and AWS ---------------------------------------------------------------------------------

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def local_aws(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.home() / "localaws.json").read_text())
        return content

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.local_aws()["endpoint_url"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    @contextlib.contextmanager
    def another_account(self, number: str) -> Iterator[str]:
        """A second local AWS, with another account's number; its address."""
        home = self.folder / "build" / "other"
        words = [".venv/bin/python", "-m", "localaws"]
        environment = self.environment() | {"PYTHONPATH": "scripts"}
        start = [*words, "start", "--home", str(home), "--account", number]
        subprocess.run(start, cwd=self.folder, env=environment, check=True, capture_output=True)
        try:
            yield json.loads((home / "localaws.json").read_text())["endpoint_url"]
        finally:
            stop = [*words, "stop", "--wipe", "--home", str(home)]
            subprocess.run(stop, cwd=self.folder, env=environment, check=True, capture_output=True)

    def account_environment(self) -> dict[str, str]:
        """The process environment that makes an account's commands speak to local AWS."""
        return {
            "AWS_ENDPOINT_URL": self.local_aws()["endpoint_url"],
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@dataclass(frozen=True)
class SavedPlan:
    """The saved plans of an environment, kept as they are with the zips that they were made from."""

    kept: Path
    places: dict[str, Path]

    @classmethod
    def of(cls, workspace: Workspace, folder: Path, environment: str = "local") -> "SavedPlan":
        """Copy them into a folder."""
        places = {"plans": workspace.home(environment) / "plans", "zips": workspace.folder / "build/lambdas"}
        for name, place in places.items():
            shutil.copytree(place, folder / name)
        return cls(folder, places)

    def put_back(self) -> None:
        """Have them lie where they lay, and nothing else."""
        for name, place in self.places.items():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(self.kept / name, place)
