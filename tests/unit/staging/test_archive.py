"""The archive is read without unpacking it, and refused when anything about it is odd."""

import gzip
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scones.errors import SconesError
from scones.staging import archive, dataset
from unit.staging import toys

FOLDER = archive.FOLDER


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return toys.write(tmp_path_factory.mktemp("toy") / "toy.tar.gz").read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = toys.write(tmp_path / "toy.tar.gz")

    assert toys.members() == archive.read(path)


def test_the_same_members_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = (toys.write(tmp_path / name).read_bytes() for name in ("a.tar.gz", "b.tar.gz"))

    assert first == second


def test_other_plain_files_are_passed_over(tmp_path: Path) -> None:
    entries = {f"{FOLDER}/file.txt~": b"", **{f"{FOLDER}/{n}": c for n, c in toys.members().items()}}

    assert toys.members() == archive.read(toys.write_tar(tmp_path / "toy.tar.gz", entries))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../train", "a path that leaves its folder ('../train')"),
        ("/etc/passwd", "a path that leaves its folder ('/etc/passwd')"),
        (f"{FOLDER}/../../train", "a path that leaves its folder"),
        (f"{FOLDER}\\..\\train", "a path that leaves its folder"),
        (
            "cifar-10-batches-py/data_batch_1",
            f"it has no {FOLDER}/train: is this CIFAR-100's python version?",
        ),
    ],
)
def test_an_archive_of_other_paths_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(SconesError, match=re.escape(message)):
        archive.read(toys.write_tar(tmp_path / "bad.tar.gz", {name: b"x"}))


@pytest.mark.parametrize(
    "header",
    [
        toys.special(f"{FOLDER}/train", tarfile.SYMTYPE, "/etc/passwd"),
        toys.special(f"{FOLDER}/train", tarfile.LNKTYPE, "/etc/passwd"),
        toys.special(f"{FOLDER}/train", tarfile.CHRTYPE),
        toys.special(f"{FOLDER}/train", tarfile.FIFOTYPE),
    ],
    ids=["symlink", "hard link", "device", "fifo"],
)
def test_a_member_that_is_no_plain_file_is_refused(tmp_path: Path, header: tarfile.TarInfo) -> None:
    with pytest.raises(SconesError, match="no plain file"):
        archive.read(toys.write_tar(tmp_path / "bad.tar.gz", {}, header))


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo(f"{FOLDER}/meta"))

    with pytest.raises(SconesError, match="two files named"):
        archive.read(path)


def test_a_member_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = toys.write_tar(tmp_path / "bad.tar.gz", {f"{FOLDER}/meta": bytes(archive.LARGEST["meta"] + 1)})

    with pytest.raises(SconesError, match=r"16,385 bytes, more than 16,384"):
        archive.read(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LARGEST_ARCHIVE", 1_000_000)
    path = toys.write_tar(tmp_path / "bomb.tar.gz", {f"{FOLDER}/padding": bytes(2_000_000)})

    with pytest.raises(SconesError, match="unpacks to more than 1,000,000 bytes"):
        archive.read(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404</html>", gzip.compress(b"no tar"), gzip.compress(b"")],
    ids=["nothing", "a page", "no tar", "an empty tar"],
)
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.tar.gz"
    path.write_bytes(content)

    with pytest.raises(SconesError, match=r"damaged, or no \.tar\.gz|it has no"):
        archive.read(path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_archive_is_refused_in_one_line_that_says_what_to_do(
    tmp_path: Path, packed: bytes, kept: float
) -> None:
    path = tmp_path / "short.tar.gz"
    path.write_bytes(packed[: int(len(packed) * kept)])

    with pytest.raises(SconesError) as caught:
        dataset.extract(path)
    assert re.fullmatch(
        r"the archive .*short\.tar\.gz is no good: .* Name the python version .*", str(caught.value)
    )


mangling = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@mangling
@given(place=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=40))
def test_a_mangled_archive_is_read_or_refused_and_nothing_else(
    tmp_path: Path, packed: bytes, place: float, value: bytes
) -> None:
    start = int(place * len(packed))
    path = tmp_path / "mangled.tar.gz"
    path.write_bytes(packed[:start] + value + packed[start + len(value) :])

    _read_or_refuse(path)


@mangling
@given(place=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=40))
def test_a_mangled_tar_is_read_or_refused_and_nothing_else(
    tmp_path: Path, packed: bytes, place: float, value: bytes
) -> None:
    tar = gzip.decompress(packed)
    start = int(place**4 * len(tar))  # mostly in the headers
    path = tmp_path / "mangled.tar.gz"
    path.write_bytes(gzip.compress(tar[:start] + value + tar[start + len(value) :], 1))

    _read_or_refuse(path)


def _read_or_refuse(path: Path) -> None:
    try:
        dataset.extract(path)
    except SconesError as error:
        assert "\n" not in str(error)
