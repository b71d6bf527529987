"""Weights as a safetensors file, written and read with PyTorch alone.

AWS's PyTorch container for serving holds PyTorch, numpy and Pillow, not the safetensors library, and where an
endpoint has no way out of its network nothing can be installed. So the format, which is small, is kept here:

    8 bytes      length of the header, little-endian
    header       JSON: {name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}, padded
                 with spaces to a multiple of 8 bytes; "__metadata__" may be among the names
    data         the tensors one after the other, row-major, little-endian, without gaps

https://github.com/huggingface/safetensors#format; the bytes are those that the library writes.
"""

import json
import math
import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

# In the order of the file: the larger numbers first, so that each tensor is aligned.
DTYPES = {
    "I64": torch.int64,
    "F64": torch.float64,
    "F32": torch.float32,
    "I32": torch.int32,
    "BF16": torch.bfloat16,
    "F16": torch.float16,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
METADATA = "__metadata__"
LENGTH = 8  # bytes of the header's length, and what the header is padded to


class DamagedError(ValueError):
    """The bytes are no such file, or not all of one."""


def dump(tensors: Mapping[str, Tensor]) -> bytes:
    """The file of some tensors; the same bytes for the same tensors, whatever their order."""
    if sys.byteorder != "little":
        raise NotImplementedError("this machine's numbers are big-endian")
    order = list(DTYPES)
    names = sorted(tensors, key=lambda name: (order.index(NAMES[tensors[name].dtype]), name))
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    begin = 0
    for name in names:
        tensor = tensors[name].detach().contiguous()
        part = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        end = begin + len(part)
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
        parts.append(part)
        begin = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % LENGTH)
    return b"".join([len(text).to_bytes(LENGTH, "little"), text, *parts])


def load(content: bytes) -> dict[str, Tensor]:
    """The tensors in a file. Raises DamagedError when it is not whole, or holds more than its header says."""
    begin = LENGTH + int.from_bytes(content[:LENGTH], "little")
    if not LENGTH < begin <= len(content):
        raise DamagedError("the header is cut off")
    data = memoryview(content)[begin:]
    try:
        header = json.loads(content[LENGTH:begin])
        header.pop(METADATA, None)
        places = sorted((entry["data_offsets"], name) for name, entry in header.items())
        tensors = {name: _tensor(data, header[name]) for _, name in places}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise DamagedError("the header is not one of safetensors") from None
    edges = [0, *(edge for place, _ in places for edge in place), len(data)]
    if any(end != start for end, start in zip(edges[::2], edges[1::2], strict=True)):
        raise DamagedError("the data are not all there")
    return tensors


def _tensor(data: memoryview, entry: Mapping[str, Any]) -> Tensor:
    dtype, shape, (begin, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise ValueError("a size is no number of elements")
    size = math.prod(shape) * dtype.itemsize
    if end - begin != size:
        raise ValueError("the shape is another one than that of the data")
    if end > len(data) or not size:
        # What is cut off is found by its edges; an empty tensor has no bytes to be read from.
        return torch.empty(0 if size else shape, dtype=dtype)
    return torch.frombuffer(bytearray(data[begin:end]), dtype=dtype).reshape(shape)
