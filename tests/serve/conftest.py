"""One pool of reading processes for all tests of a file, because starting one takes a second."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from mien.core.parallel import start_workers
from mien.serve.pool import Pool
from mien.serve.reading import Read, Task
from tests.serve.coloured import Served, make_pool, served


@pytest.fixture(scope="session", autouse=True)
def imported_once() -> None:
    """New processes are forked from one that has imported what they need, unless another test has started that one before."""
    start_workers("tests.serve.coloured")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool[Task, Read]]:
    with closing(make_pool()) as made:
        yield made


@pytest.fixture(scope="module")
def serving(pool: Pool[Task, Read], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), pool) as running:
        yield running
