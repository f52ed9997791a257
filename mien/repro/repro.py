"""What `mien repro` does: the stages that all models share, then jobs in parallel, then the rest of the pipeline."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from mien.core.parallel import num_processes
from mien.core.plural import listed, plural
from mien.repro.job import Outcome, log_of, run_job
from mien.repro.plan import Chain, needs, plan, stages_of
from mien.repro.processes import Processes, processes
from mien.repro.running import Done, run_jobs


def repro(targets: Sequence[str], *, jobs: int, say: Callable[[str], None]) -> list[str]:
    """Runs the targets (every stage if there are none) with up to `jobs` stages at a time; calls `say` with each line of progress.

    Returns the exit code of DVC, and a line for each stage that failed. Raises ReproError if a target is not in the pipeline.
    """
    graph = needs()
    found = plan(graph, stages_of(targets, graph))
    with ThreadPoolExecutor(jobs) as pool, processes() as started:
        if found.first and (code := started.start("repro", *found.first).wait()):
            return [f"`dvc repro {' '.join(found.first)}` ended with code {code}; no model was trained"]
        if faults := _in_parallel(found.chains, pool, started, jobs=jobs, say=say):
            return faults
        # What is left, and a check by DVC itself that nothing else is.
        code = started.start("repro", *targets).wait()
        return [f"`dvc repro{''.join(f' {target}' for target in targets)}` ended with code {code}"] if code else []


def _in_parallel(
    waiting: dict[Chain, set[Chain]], pool: ThreadPoolExecutor, started: Processes, *, jobs: int, say: Callable[[str], None]
) -> list[str]:
    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, num_processes(0) // jobs))
    lock = threading.Lock()  # no line is written into another

    def tell(line: str) -> None:
        with lock:
            say(line)

    def run(chain: Chain) -> Outcome:
        tell(f"started: {', '.join(chain)} (log: {log_of(chain)})")
        outcome = run_job(chain, started, environment={"OMP_NUM_THREADS": threads}, say=lambda stage, line: tell(f"{stage} | {line}"))
        tell(f"{f'FAILED: {outcome.failed}' if outcome.failed else f'done: {chain[-1]}'} after {outcome.seconds:.0f} s")
        return outcome

    if waiting:
        tell(f"repro: {plural(len(waiting), 'job')}, up to {jobs} at a time, {plural(int(threads), 'thread')} each")
    return _faults(run_jobs(waiting, pool, run))


def _faults(done: Done) -> list[str]:
    faults = [f"{outcome.failed} failed: {outcome.reason}; see {log_of(chain)}" for chain, outcome in done.failed.items()]
    skipped = [stage for chain in done.skipped for stage in chain]
    for chain, outcome in done.failed.items():
        skipped += chain[chain.index(outcome.failed) + 1 :] if outcome.failed in chain else ()
    return faults + ([f"not run, because they need what failed: {listed(skipped)}"] if skipped else [])
