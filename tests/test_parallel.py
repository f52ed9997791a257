"""parallel_map is map, in order, for any number of workers, and tells of a worker that died."""

import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from mien.parallel import parallel_map


def squared(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize(("workers", "isolated"), [(1, False), (1, True), (2, False)])
def test_it_is_map_in_order(workers: int, isolated: bool) -> None:
    assert parallel_map(squared, range(7), workers=workers, label="x", unit="y", isolated=isolated) == [n * n for n in range(7)]
    assert parallel_map(squared, [], workers=workers, label="x", unit="y", isolated=isolated) == []


def test_the_bar_counts_units(capfd: pytest.CaptureFixture[str]) -> None:
    parallel_map(squared, [1, 2], workers=1, label="squares", unit="image", sizes=[30, 12])
    assert "42/42" in capfd.readouterr().err


def test_an_isolated_worker_that_dies_raises_here() -> None:
    with pytest.raises(BrokenProcessPool):
        parallel_map(die, [3], workers=1, label="x", unit="y", isolated=True)
