"""Which archive DATA stands for. Nothing falls back."""

from pathlib import Path

import pytest

from scones.errors import SconesError, UsageError
from scones.staging import cifar100, sources
from scones.staging.cache import cache_folder
from unit.staging import toys


def test_drawn_pictures_are_drawn_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr(
        "scones.staging.drawn.dataset.write_archive", lambda path: drawn.append(toys.write(path))
    )

    first, second = (sources.find_source("drawn", tmp_path) for _ in range(2))

    assert first == second
    assert [first.archive] == drawn
    assert (first.name, first.description) == ("drawn", "pictures drawn by this program, no photographs")


def test_cifar_100_is_downloaded_into_the_cache_and_must_be_the_official_one(tmp_path: Path) -> None:
    asked: list[tuple] = []
    source = sources.find_source("cifar100", tmp_path, fetch=lambda *call: asked.append(call))

    url, target, is_intact, _progress = asked[0]
    assert (cifar100.URL, tmp_path / "cifar-100-python.tar.gz") == (url, target)
    assert (source.name, source.archive) == ("cifar100", target)
    assert not is_intact(toys.write(tmp_path / "toy.tar.gz"))


def test_without_a_network_the_error_says_what_to_do_and_nothing_is_drawn(tmp_path: Path) -> None:
    def no_network(*_: object) -> None:
        raise SconesError("cannot download it: no route to host")

    with pytest.raises(SconesError, match=r"no route to host; .*again.*DATA=<path>.*DATA=drawn"):
        sources.find_source("cifar100", tmp_path, fetch=no_network)
    assert list(tmp_path.iterdir()) == []


def test_a_path_is_used_as_it_is_and_named_by_its_file(tmp_path: Path) -> None:
    path = toys.write(tmp_path / "mine.tar.gz")

    assert sources.Source("mine.tar.gz", path, f"the archive {path}") == sources.find_source(
        str(path), tmp_path
    )


@pytest.mark.parametrize("data", ["cifar10", "missing.tar.gz", "."])
def test_what_is_no_source_is_refused_with_the_sources_that_are(tmp_path: Path, data: str) -> None:
    with pytest.raises(UsageError, match="DATA is drawn, cifar100, or an archive's path"):
        sources.find_source(data, tmp_path)


def test_a_cache_that_cannot_be_written_is_told_with_the_variable_that_moves_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SconesError, match="set SCONES_CACHE"):
        sources.find_source("drawn", tmp_path / "file")


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", "/u/ada/.cache/scones"),
        ({"XDG_CACHE_HOME": "/var/cache/ada"}, "linux", "/var/cache/ada/scones"),
        ({"XDG_CACHE_HOME": "relative"}, "linux", "/u/ada/.cache/scones"),
        ({}, "darwin", "/u/ada/Library/Caches/scones"),
        ({"SCONES_CACHE": "/big/disk"}, "darwin", "/big/disk"),
    ],
)
def test_the_cache_is_where_the_platform_keeps_caches(environ: dict, platform: str, expected: str) -> None:
    assert Path(expected) == cache_folder({"HOME": "/u/ada", **environ}, platform)
