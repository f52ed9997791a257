"""Runs the jobs of a plan, some at a time, each as soon as the jobs that it waits for are done."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from mien.repro.job import Outcome
from mien.repro.plan import Chain

Run = Callable[[Chain], Outcome]


@dataclass
class Done:
    """The outcome of each job that ran, and the jobs that did not because one that they wait for had failed."""

    outcomes: dict[Chain, Outcome] = field(default_factory=dict)
    skipped: list[Chain] = field(default_factory=list)

    @property
    def failed(self) -> dict[Chain, Outcome]:
        """The jobs in which a stage failed."""
        return {chain: outcome for chain, outcome in self.outcomes.items() if outcome.failed}


def run_jobs(waiting: Mapping[Chain, set[Chain]], pool: ThreadPoolExecutor, run: Run) -> Done:
    """Calls `run` for each job in threads of `pool`; a job that fails keeps those that wait for it from running, and no others."""
    done, running = Done(), dict[Future[Outcome], Chain]()
    sorter = TopologicalSorter(waiting)
    sorter.prepare()
    while sorter.is_active():
        for chain in sorter.get_ready():
            if waiting[chain] & {*done.failed, *done.skipped}:
                done.skipped.append(chain)
                sorter.done(chain)
            else:
                running[pool.submit(run, chain)] = chain
        if running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                chain = running.pop(future)
                done.outcomes[chain] = future.result()
                sorter.done(chain)
    return done
