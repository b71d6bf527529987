"""Terraform itself: which program runs, and where it finds the AWS provider.

The program is the one on PATH when it is new enough; else this project downloads its own, checks it
against the SHA-256 below, and keeps it in the ignored folder .tools/.

The provider comes from the public registry, unless an unpacked mirror of it stands in one of the usual places
for add-on software: then `terraform init` needs no network at all.
"""

import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from scones.errors import SconesError
from scones.files import write_bytes
from scones.settings import BUILD, REPOSITORY

OLDEST = (1, 11)
FIRST_UNKNOWN = (2, 0)
PROVIDER = Path("registry.terraform.io/hashicorp/aws/5.100.0")
MIRROR_VARIABLE = "TF_PLUGIN_MIRROR"
TOOLS = REPOSITORY / ".tools"

DOWNLOAD_VERSION = "1.11.4"
# SHA-256 of terraform_<version>_<platform>.zip, from HashiCorp's signed SHA256SUMS of that release.
DOWNLOAD_SHA256 = {
    "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    "linux_arm64": "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
    "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
    "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
}
RELEASES = "https://releases.hashicorp.com/terraform"
DOWNLOAD_SECONDS = 60


def terraform_platform() -> str:
    """Return this machine's platform in Terraform's words, such as linux_amd64."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()).lower()
    return f"{platform.system().lower()}_{machine}"


# --- The program -------------------------------------------------------------------------------------


def terraform_program(
    tools: Path = TOOLS, releases: str = RELEASES, digests: Mapping[str, str] = DOWNLOAD_SHA256
) -> Path:
    """Return the Terraform program, downloaded if PATH holds none that is new enough.

    Raises SconesError when it cannot be downloaded, or the download is not what it should be.
    """
    own = tools / f"terraform-{DOWNLOAD_VERSION}" / "terraform"
    for candidate in (shutil.which("terraform"), own):
        if candidate and OLDEST <= _version(Path(candidate)) < FIRST_UNKNOWN:
            return Path(candidate)
    return _download(own, releases, digests)


def _version(program: Path) -> tuple[int, int]:
    """Return (major, minor) of a Terraform program, (0, 0) when it does not say."""
    try:
        # The environment may name a CLI configuration that does not exist; `version` only warns of it.
        answer = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0, 0
    found = re.search(r"Terraform v(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _download(program: Path, releases: str, digests: Mapping[str, str]) -> Path:
    name = terraform_platform()
    wanted = digests.get(name)
    if wanted is None:
        raise SconesError(f"no Terraform download is known for {name}: install Terraform >= 1.11 on PATH")
    url = f"{releases}/{DOWNLOAD_VERSION}/terraform_{DOWNLOAD_VERSION}_{name}.zip"
    print(f"Terraform >= 1.11 is not on PATH: downloading {url}", file=sys.stderr)
    try:
        with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS) as answer:  # noqa: S310 (our own URL)
            archive = answer.read()
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise SconesError(f"cannot download Terraform ({error}): install Terraform >= 1.11 on PATH") from None
    found = hashlib.sha256(archive).hexdigest()
    if found != wanted:
        raise SconesError(
            f"{url} has SHA-256 {found}, not {wanted}: not installed; install Terraform on PATH"
        )
    program.parent.mkdir(parents=True, exist_ok=True)
    temporary = program.with_name(f".terraform.{os.getpid()}")
    temporary.write_bytes(zipfile.ZipFile(io.BytesIO(archive)).read("terraform"))
    temporary.chmod(0o755)
    temporary.replace(program)
    return program


# --- The provider ------------------------------------------------------------------------------------


def provider_mirror() -> Path | None:
    """Return the first folder that holds the unpacked AWS provider for this platform, None without one."""
    wanted = PROVIDER / terraform_platform()
    return next((place for place in _mirror_places() if (place / wanted).is_dir()), None)


def _mirror_places() -> Iterator[Path]:
    named = os.environ.get(MIRROR_VARIABLE)
    if named:
        yield Path(named).expanduser()
    home = Path.home()
    yield home / ".terraform.d" / "plugins"
    yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
    yield Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform" / "plugins"
    for share in (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        yield Path(share) / "terraform" / "plugins"
        yield Path(share) / "terraform" / "providers"
    for system in ("/usr/local/lib", "/usr/lib", "/Library/Application Support"):
        yield Path(system) / "terraform" / "plugins"
    # The file-system standard's place for add-on packages: one folder a package, with any name.
    yield from sorted(path for path in Path("/opt").glob("*") if path.is_dir())


def cli_environment(folder: Path = BUILD) -> dict[str, str]:
    """Return the variables that make Terraform quiet, quick, unattended, and able to find the provider.

    A CLI configuration that the user named is theirs and stays, if it exists. Else `folder` gets one of ours.
    """
    quiet = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    # Terraform and the provider decode a large schema whenever they start: with fewer collections it takes a
    # fifth less of the processor, for a tenth more memory.
    quiet["GOGC"] = os.environ.get("GOGC", "400")
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        return quiet
    mirror = provider_mirror()
    if not named and mirror is None and (Path.home() / ".terraformrc").is_file():
        return quiet
    configuration = folder / "terraform-cli.tfrc"
    _write_if_changed(configuration, _cli_configuration(mirror))
    return quiet | {"TF_CLI_CONFIG_FILE": str(configuration)}


def _cli_configuration(mirror: Path | None) -> str:
    if mirror is None:
        cache = TOOLS / "providers"  # so that two roots do not download 700 MB twice
        cache.mkdir(parents=True, exist_ok=True)
        return f"plugin_cache_dir = {json.dumps(str(cache))}\n"
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        '    include = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        '  direct {\n    exclude = ["registry.terraform.io/hashicorp/aws"]\n  }\n'
        "}\n"
    )


def _write_if_changed(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text:
        return
    write_bytes(path, text.encode())


if __name__ == "__main__":  # the Makefile runs Terraform without an environment, to format the code
    os.execv(terraform_program(), ["terraform", *sys.argv[1:]])  # noqa: S606
