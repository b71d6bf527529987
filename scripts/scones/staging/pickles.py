"""Reading and writing the pickles of CIFAR-100 without running what they say.

A pickle is a program: it may import any function and call it. CIFAR-100's pickles, written by Python 2, need
next to nothing of that language: dictionaries, lists, byte strings, small numbers and one numpy array.
`loads` admits exactly these instructions and the three names that an array is made of, and even those three
stand for plain records here, so that reading a pickle runs no code but this module's.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from scones.errors import SconesError

# The instructions that occur in the official train, test and meta files.
# fmt: off
INSTRUCTIONS = frozenset({
    "PROTO", "STOP", "MARK", "BINPUT", "LONG_BINPUT", "GLOBAL", "REDUCE", "BUILD",
    "EMPTY_DICT", "SETITEMS", "EMPTY_LIST", "APPENDS", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
    "NONE", "NEWFALSE", "BININT", "BININT1", "BININT2", "SHORT_BINSTRING", "BINSTRING",
})
# fmt: on

# The official train file has 50,016; a single entry with a huge number would claim the machine's memory.
MOST_MEMO_ENTRIES = 1_000_000


def loads(blob: bytes) -> Any:
    """Return the dictionary, list, bytes, numbers and uint8 arrays that the pickle `blob` describes.

    Raises SconesError for a pickle that is damaged or that asks for anything else.
    """
    _check_instructions(blob)
    try:
        value = _Reader(io.BytesIO(blob), encoding="bytes").load()
        return {key: _finished(item) for key, item in value.items()} if isinstance(value, dict) else value
    except SconesError:
        raise
    except Exception as error:  # a mangled pickle can raise nearly anything
        raise SconesError(f"a pickle in it is damaged ({str(error) or type(error).__name__})") from None


def _check_instructions(blob: bytes) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # an unknown escape in a text: a warning only
            for instruction, argument, _ in pickletools.genops(blob):
                _check_instruction(instruction.name, argument)
    except (ValueError, IndexError, DeprecationWarning) as error:
        raise SconesError(f"a pickle in it is damaged ({error})") from None


def _check_instruction(name: str, argument: Any) -> None:
    if name not in INSTRUCTIONS:
        raise SconesError(f"a pickle in it uses {name}, which no CIFAR-100 file does")
    if name == "LONG_BINPUT" and argument > MOST_MEMO_ENTRIES:
        raise SconesError(f"a pickle in it claims {argument:,} memo entries, more than any CIFAR-100 file")


class _Dtype:
    """What numpy.dtype("u1", 0, 1) leaves in a pickle; no other type is admitted."""

    def __init__(self, code: object, *_flags: object) -> None:
        if code != b"u1":
            raise SconesError(f"a pickle in it holds an array of type {code!r}: CIFAR-100's pixels are uint8")

    def __setstate__(self, state: object) -> None:
        """A uint8 has no byte order or fields to restore."""


class _Array:
    """What numpy's _reconstruct leaves in a pickle: a shape and the bytes."""

    def __init__(self, *_kind_shape_and_code: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def finished(self) -> np.ndarray:
        _version, shape, dtype, fortran_order, data = self.state
        if not isinstance(dtype, _Dtype) or fortran_order:
            raise ValueError("an array is not in CIFAR-100's layout")
        return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def _finished(value: object) -> object:
    return value.finished() if isinstance(value, _Array) else value


class _Reader(pickle.Unpickler):
    """Resolves the three admitted names to stand-ins, and refuses every other."""

    _admitted: Mapping[tuple[str, str], Any] = {
        ("numpy.core.multiarray", "_reconstruct"): _Array,
        ("numpy", "ndarray"): "numpy.ndarray",
        ("numpy", "dtype"): _Dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._admitted[module, name]
        except KeyError:
            raise SconesError(
                f"a pickle in it asks for {module}.{name}, which no CIFAR-100 file needs: it was refused"
            ) from None


# ---- Writing -----------------------------------------------------------------------------------------------


def dumps(values: Mapping[bytes, Any]) -> bytes:
    """Write a dictionary of byte strings, numbers, lists and uint8 arrays as Python 2 would have."""
    items = b"".join(_string(key) + _pickled(value) for key, value in values.items())
    return b"\x80\x02}(" + items + b"u."


def _pickled(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return _pickled_array(value)
    if isinstance(value, bytes):
        return _string(value)
    if isinstance(value, int):
        return b"K" + struct.pack("<B", value)
    return b"](" + b"".join(_pickled(item) for item in value) + b"e"


def _string(value: bytes) -> bytes:
    return b"U" + struct.pack("<B", len(value)) + value


def _pickled_array(array: np.ndarray) -> bytes:
    rows, columns = array.shape
    data = np.ascontiguousarray(array, dtype=np.uint8).tobytes()
    return b"".join(
        [
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR",
            b"(K\x01" + struct.pack("<BiBi", ord("J"), rows, ord("J"), columns) + b"\x86",
            b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
            b"\x89T" + struct.pack("<i", len(data)) + data + b"tb",
        ]
    )
