"""Queues of pictures that wait, as fixtures: for the tests of labelling and for those in a browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from unit.labelling.review import Review, local_aws


@pytest.fixture(scope="session")
def endpoint_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_aws(tmp_path_factory.mktemp("labelling") / "home") as url:
        yield url


@pytest.fixture(scope="session")
def new_review(endpoint_url: str) -> Callable[..., Review]:
    """A review queue and a bucket that no other test knows."""

    def make(**words: Any) -> Review:
        return Review(endpoint_url, **words)

    return make


@pytest.fixture
def review(new_review: Callable[..., Review]) -> Review:
    return new_review()
