"""A pool of processes answers each item, whatever other items do to their processes."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing

import pytest

from mien.core.errors import WorkerError
from mien.serve.pool import Crashed, Late, Pool

num_worked = 0


def work(item: object) -> tuple[object, int, int]:
    """The item, the number of items that this process has worked on, and its id."""
    global num_worked
    num_worked += 1
    if item == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "fail":
        raise ValueError("no such item")
    if isinstance(item, float):
        time.sleep(item)
    return item, num_worked, os.getpid()


def prepare(how: str) -> None:
    if how == "broken":
        os._exit(3)


@pytest.fixture(scope="module")
def one() -> Iterator[Pool]:
    with closing(Pool(work, prepare=prepare, given=("",), workers=1)) as pool:
        yield pool


def test_a_crash_costs_its_own_item_alone() -> None:
    with closing(Pool(work, prepare=prepare, given=("",), workers=2)) as pool:
        items = [*range(6), "crash", *range(6, 12), "crash"]
        futures = [pool.submit(item, time_s=60) for item in items]
        for item, future in zip(items, futures, strict=True):
            if item == "crash":
                with pytest.raises(Crashed):
                    future.result()
            else:
                assert future.result()[0] == item
        assert pool.submit(12, time_s=60).result()[0] == 12
        assert pool.num_replaced == 2 and pool.num_waiting == 0 and pool.size >= 1


def test_what_takes_too_long_is_ended_with_its_process(one: Pool) -> None:
    before = one.submit(0, time_s=60).result()[2]
    with pytest.raises(Late):
        one.submit(600.0, time_s=0.3).result()
    after = one.submit(1, time_s=60).result()[2]
    assert after != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_an_item_whose_time_is_up_before_its_turn_costs_no_process(one: Pool) -> None:
    first = one.submit(0.5, time_s=60)
    late = one.submit(1, time_s=0.1)
    with pytest.raises(Late):
        late.result()
    assert one.submit(2, time_s=60).result()[1:] == (first.result()[1] + 1, first.result()[2])


def test_a_cancelled_item_is_not_worked_on(one: Pool) -> None:
    first, cancelled = one.submit(0.3, time_s=60), one.submit(1, time_s=60)
    assert cancelled.cancel()
    assert one.submit(2, time_s=60).result()[1] == first.result()[1] + 1
    with pytest.raises(CancelledError):
        cancelled.result()


def test_an_exception_is_told_and_costs_no_process(one: Pool) -> None:
    before = one.submit(0, time_s=60).result()[2]
    with pytest.raises(RuntimeError, match="ValueError: no such item"):
        one.submit("fail", time_s=60).result()
    assert one.submit(0, time_s=60).result()[2] == before


def test_a_process_that_cannot_be_prepared_is_told_in_a_line() -> None:
    with pytest.raises(WorkerError, match="ended before it was ready") as caught:
        Pool(work, prepare=prepare, given=("broken",), workers=1)
    assert "\n" not in str(caught.value)


def test_closing_ends_what_is_worked_on() -> None:
    pool = Pool(work, prepare=prepare, given=("",), workers=1)
    process = pool.submit(0, time_s=60).result()[2]
    running = pool.submit(600.0, time_s=700)
    while pool.num_waiting:
        time.sleep(0.01)
    pool.close()
    with pytest.raises((Crashed, WorkerError)):
        running.result()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
