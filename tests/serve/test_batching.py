"""The network's thread: every job has its own answers, in batches that are never larger than allowed."""

import threading
from concurrent.futures import CancelledError, wait
from contextlib import closing

import numpy as np
import pytest

from mien.serve.batching import Batcher


def means(pixels_NSS3: np.ndarray) -> np.ndarray:
    """Two figures of each face, by which it is known again."""
    return np.stack([pixels_NSS3.mean((1, 2, 3)), pixels_NSS3[:, 0, 0, 0]], -1).astype(np.float32)


def faces(num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (num, 4, 4, 3), dtype=np.uint8)


def test_each_job_has_its_own_answers_in_batches_within_the_bound() -> None:
    rng, sizes = np.random.default_rng(0), []
    jobs = [faces(int(num), rng) for num in rng.integers(1, 12, 60)]
    with closing(Batcher(means, max_batch=5, on_batch=sizes.append)) as batcher:
        futures = [batcher.submit(job) for job in jobs]
        for job, future in zip(jobs, futures, strict=True):
            np.testing.assert_array_equal(future.result(), means(job))
    assert max(sizes) <= 5 and sum(sizes) == sum(map(len, jobs)) and len(sizes) < len(jobs) * 2


class Gate:
    """A network that waits until it is let go."""

    def __init__(self) -> None:
        self.runs, self.go = threading.Event(), threading.Event()

    def __call__(self, pixels_NSS3: np.ndarray) -> np.ndarray:
        self.runs.set()
        assert self.go.wait(60)
        if pixels_NSS3.max() == 255:
            raise MemoryError("too much")
        return means(pixels_NSS3)


def test_what_comes_while_the_network_runs_is_one_batch_and_what_is_cancelled_is_left_out() -> None:
    gate, sizes = Gate(), []
    with closing(Batcher(gate, on_batch=sizes.append)) as batcher:
        first = batcher.submit(np.zeros((1, 4, 4, 3), np.uint8))
        assert gate.runs.wait(60)
        others = [batcher.submit(np.full((2, 4, 4, 3), level, np.uint8)) for level in (1, 2, 3)]
        assert others[1].cancel()
        gate.go.set()
        wait([first, *others])
        assert others[0].result()[0][0] == 1 and others[2].result()[1][0] == 3
        with pytest.raises(CancelledError):
            others[1].result()
    assert sizes == [1, 4]


def test_a_fault_of_the_network_is_told_to_its_batch_and_the_next_is_answered() -> None:
    gate = Gate()
    gate.go.set()
    with closing(Batcher(gate)) as batcher:
        with pytest.raises(MemoryError):
            batcher.submit(np.full((1, 4, 4, 3), 255, np.uint8)).result()
        assert batcher.submit(np.full((1, 4, 4, 3), 7, np.uint8)).result()[0][0] == 7
