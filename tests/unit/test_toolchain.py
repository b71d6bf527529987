"""Terraform is the one on PATH, or a checked download; its provider comes from a mirror, if there is one."""

import hashlib
import http.server
import io
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scones.errors import SconesError
from scones.infrastructure import toolchain

SCRIPT = "#!/bin/sh\necho 'Terraform v{version}'\n"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, but for the shell that the stand-ins need."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put_terraform(folder: Path, version: str) -> Path:
    program = folder / "terraform"
    program.write_text(SCRIPT.format(version=version))
    program.chmod(0o755)
    return program


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A server of releases on this machine, and the SHA-256 of what it has for this platform."""
    version, platform = toolchain.DOWNLOAD_VERSION, toolchain.terraform_platform()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("terraform", SCRIPT.format(version=version))
    place = tmp_path / "releases" / version
    place.mkdir(parents=True)
    (place / f"terraform_{version}_{platform}.zip").write_bytes(packed.getvalue())

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path / "releases"))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        digest = hashlib.sha256(packed.getvalue()).hexdigest()
        yield f"http://127.0.0.1:{server.server_port}", {platform: digest}
        server.shutdown()


@pytest.mark.parametrize("version", ["1.11.0", "1.12.3"])
def test_the_program_on_path_is_used_when_it_is_new_enough(
    on_path: Path, tmp_path: Path, version: str
) -> None:
    program = put_terraform(on_path, version)

    assert toolchain.terraform_program(tmp_path / "tools", "http://127.0.0.1:9") == program


@pytest.mark.parametrize("version", ["1.10.9", "2.0.0", "of another kind"])
def test_a_program_that_is_too_old_or_unknown_is_replaced_by_a_download(
    on_path: Path, tmp_path: Path, releases: tuple[str, dict[str, str]], version: str
) -> None:
    put_terraform(on_path, version)

    program = toolchain.terraform_program(tmp_path / "tools", *releases)

    assert program.is_relative_to(tmp_path / "tools")
    answer = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    assert answer.stdout == f"Terraform v{toolchain.DOWNLOAD_VERSION}\n"


def test_a_download_is_made_once(on_path: Path, tmp_path: Path, releases: tuple[str, dict[str, str]]) -> None:
    first = toolchain.terraform_program(tmp_path / "tools", *releases)

    assert toolchain.terraform_program(tmp_path / "tools", "http://127.0.0.1:9") == first


def test_a_download_with_another_checksum_is_refused_and_leaves_nothing(
    on_path: Path, tmp_path: Path, releases: tuple[str, dict[str, str]]
) -> None:
    url, digests = releases

    with pytest.raises(SconesError, match="has SHA-256 .*install Terraform on PATH"):
        toolchain.terraform_program(tmp_path / "tools", url, dict.fromkeys(digests, "0" * 64))

    assert not (tmp_path / "tools").exists()


def test_no_network_is_one_line_that_says_what_to_do(on_path: Path, tmp_path: Path) -> None:
    with pytest.raises(SconesError, match="cannot download Terraform .*: install Terraform >= 1.11 on PATH"):
        toolchain.terraform_program(tmp_path / "tools", "http://127.0.0.1:9")


# --- The provider ------------------------------------------------------------------------------------


def put_mirror(folder: Path) -> Path:
    (folder / toolchain.PROVIDER / toolchain.terraform_platform()).mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("variable", "below"), [("TF_PLUGIN_MIRROR", "."), ("XDG_DATA_HOME", "terraform/plugins")]
)
def test_a_mirror_is_found_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, below: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(variable, str(tmp_path))
    mirror = put_mirror(tmp_path / below)

    assert toolchain.provider_mirror() == mirror


def test_a_configuration_that_does_not_exist_is_replaced_by_one_that_names_the_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "there-is-none.tfrc"))
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(put_mirror(tmp_path / "mirror")))

    named = Path(toolchain.cli_environment(tmp_path / "build")["TF_CLI_CONFIG_FILE"])

    assert named.is_relative_to(tmp_path / "build")
    assert f'path    = "{tmp_path / "mirror"}"' in named.read_text()


@pytest.mark.parametrize(("own", "used"), [(None, "400"), ("50", "50")])
def test_terraform_collects_seldom_unless_the_user_says_how_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str | None, used: str
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    if own:
        monkeypatch.setenv("GOGC", own)

    assert toolchain.cli_environment(tmp_path)["GOGC"] == used


def test_a_configuration_of_the_users_own_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.tfrc"
    own.write_text("")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))

    assert "TF_CLI_CONFIG_FILE" not in toolchain.cli_environment(tmp_path / "build")
    assert not (tmp_path / "build").exists()
