"""Pickles are read without running them."""

import os
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scones.errors import SconesError
from scones.staging import pickles

WHOLE = {
    b"label": b"toy",
    b"numbers": [0, 7, 255],
    b"names": [b"a", b"b"],
    b"data": np.eye(3, dtype=np.uint8),
}


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


def test_what_was_written_is_read() -> None:
    read = pickles.loads(pickles.dumps(WHOLE))

    assert list(WHOLE) == list(read)
    np.testing.assert_array_equal(WHOLE[b"data"], read.pop(b"data"))
    assert read == {key: value for key, value in WHOLE.items() if key != b"data"}


@pytest.mark.filterwarnings("ignore")  # numpy's own words on the age of the format
def test_what_was_written_is_what_every_other_reader_of_cifar_reads() -> None:
    read = pickle.loads(pickles.dumps(WHOLE), encoding="bytes")

    np.testing.assert_array_equal(WHOLE[b"data"], read[b"data"])
    assert WHOLE[b"numbers"] == read[b"numbers"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_a_command_is_refused_and_runs_nothing(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "ran"
    blob = pickle.dumps({b"data": Evil(os.mkdir, str(trace))}, protocol)

    with pytest.raises(SconesError, match="which no CIFAR-100 file"):
        pickles.loads(blob)
    assert not trace.exists()


@pytest.mark.parametrize(
    "name", ["os\nsystem", "builtins\neval", "numpy\nload", "numpy.core.multiarray\nfromfile"]
)
def test_a_name_that_cifar_does_not_need_is_refused_by_name(name: str) -> None:
    blob = b"\x80\x02c" + name.encode() + b"\nU\x04echo\x85R."

    with pytest.raises(SconesError, match=name.replace("\n", ".")):
        pickles.loads(blob)


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (b"\x80\x02]r\xff\xff\xff\xff.", "memo entries"),
        (b"\x80\x02cnumpy\ndtype\nU\x01O\x85R.", "CIFAR-100's pixels are uint8"),
        (b"\x80\x02cnumpy\ndtype\nN}U\x01aU\x01bs\x86b.", "which no CIFAR-100 file does"),
        (b"", "damaged"),
        (b"\x80\x02}(U\x04data", "damaged"),
    ],
    ids=["memory bomb", "objects in an array", "change of an admitted class", "empty", "truncated"],
)
def test_a_pickle_that_is_no_cifar_file_is_refused(blob: bytes, message: str) -> None:
    with pytest.raises(SconesError, match=message):
        pickles.loads(blob)


def test_only_instructions_that_exist_are_admitted() -> None:
    assert {instruction.name for instruction in pickletools.opcodes} >= pickles.INSTRUCTIONS


@settings(max_examples=300, deadline=None)
@given(
    place=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=8), drop=st.integers(0, 8)
)
def test_a_mangled_pickle_is_read_or_refused_and_nothing_else(place: float, value: bytes, drop: int) -> None:
    whole = pickles.dumps(WHOLE)
    start = int(place * len(whole))

    try:
        pickles.loads(whole[:start] + value + whole[start + drop :])
    except SconesError as error:
        assert "\n" not in str(error)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([op.code.encode("latin-1") for op in pickletools.opcodes if op.arg is None])))
def test_any_sequence_of_instructions_is_read_or_refused_and_nothing_else(instructions: list[bytes]) -> None:
    try:
        pickles.loads(b"cnumpy.core.multiarray\n_reconstruct\n" + b"".join(instructions) + b".")
    except SconesError as error:
        assert "\n" not in str(error)
