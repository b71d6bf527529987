"""The weights' file is the one that the safetensors library writes and reads."""

from collections.abc import Iterator
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from algorithm import weights
from algorithm.backbone import FOLDER, WEIGHTS

SHAPES = st.lists(st.integers(0, 4), max_size=3)
TENSORS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])).filter(lambda name: name != weights.METADATA),
    st.tuples(st.sampled_from(list(weights.NAMES)), SHAPES, st.integers(0, 99)),
    max_size=6,
)


def made(kinds: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {
        name: torch.randint(0, 100, shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
        for name, (dtype, shape, seed) in kinds.items()
    }


def same(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return some.keys() == others.keys() and all(
        value.dtype == others[name].dtype and torch.equal(value, others[name]) for name, value in some.items()
    )


@given(TENSORS)
def test_the_bytes_are_the_librarys_and_come_back_as_they_went(kinds: dict[str, Any]) -> None:
    tensors = made(kinds)

    content = weights.dump(tensors)

    assert content == safetensors.torch.save(tensors)
    assert same(weights.load(content), tensors)


def test_a_view_is_written_as_it_is_seen() -> None:
    tensors = {"turned": torch.arange(6.0).reshape(2, 3).T, "part": torch.arange(9)[2:5]}

    assert same(weights.load(weights.dump(tensors)), tensors)


def test_metadata_are_read_over() -> None:
    tensors = {"a": torch.ones(2)}

    assert same(weights.load(safetensors.torch.save(tensors, {"made": "today"})), tensors)


def test_the_shipped_backbone_is_read_as_the_library_reads_it() -> None:
    content = (FOLDER / WEIGHTS).read_bytes()

    assert same(weights.load(content), safetensors.torch.load(content))


def damaged() -> Iterator[bytes]:
    """Files that are cut, too long, or whose header says what is not so."""
    whole = weights.dump({"a": torch.arange(4.0), "b": torch.arange(2)})
    yield from (whole[:length] for length in range(len(whole)))
    yield whole + b"\0"
    for old, new in (
        (b'"F32"', b'"F99"'),
        (b'"shape":[4]', b'"shape":[5]'),
        (b'"shape":[4]', b'"shape":4  '),
        (b"[0,16]", b"[1,17]"),
        (b"[16,32]", b"[0,16] "),
        (b"[0,16]", b"[-1,1]"),
        (b'"a"', b'"b"'),
        (b"{", b"["),
    ):
        assert old in whole
        yield whole.replace(old, new, 1)
    for text in (b"[]", b"1", b"null", b"[" * 4000, b"\xff"):
        yield len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize("content", list(damaged()), ids=lambda content: f"{len(content)}")
def test_what_is_not_whole_is_refused(content: bytes) -> None:
    with pytest.raises(weights.DamagedError):
        weights.load(content)
