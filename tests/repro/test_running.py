"""The order in which jobs run, how many at a time, and what a failure keeps from running."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mien.repro.job import Outcome
from mien.repro.plan import Chain
from mien.repro.running import run_jobs

A, B, C, D, E = ("a",), ("b",), ("c",), ("d",), ("e",)
WAITING: dict[Chain, set[Chain]] = {A: set(), B: {A}, C: {A, B}, D: set(), E: {D}}


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_each_job_runs_once_after_those_that_it_waits_for(jobs: int) -> None:
    finished: list[Chain] = []
    lock, at_once, most = threading.Lock(), 0, 0

    def run(chain: Chain) -> Outcome:
        nonlocal at_once, most
        with lock:
            assert WAITING[chain] <= set(finished)
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
            finished.append(chain)
        return Outcome(0.0)

    with ThreadPoolExecutor(jobs) as pool:
        done = run_jobs(WAITING, pool, run)
    assert sorted(finished) == sorted(done.outcomes) == sorted(WAITING) and not done.skipped and not done.failed
    assert most <= jobs and (most > 1) == (jobs > 1)


def test_a_failure_keeps_what_waits_for_it_from_running_and_nothing_else() -> None:
    ran: list[Chain] = []

    def run(chain: Chain) -> Outcome:
        ran.append(chain)
        return Outcome(0.0, failed="a" if chain == A else "")

    with ThreadPoolExecutor(2) as pool:
        done = run_jobs(WAITING, pool, run)
    assert sorted(ran) == [A, D, E] and sorted(done.skipped) == [B, C] and list(done.failed) == [A]


def test_no_jobs_are_no_error() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert run_jobs({}, pool, lambda _: Outcome(0.0)).outcomes == {}
