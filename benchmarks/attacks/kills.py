"""Data stages ended by a signal at random moments, and run again.

Law: SIGINT and SIGTERM end a stage in one line with 130 or 143, in a moment, with nothing temporary left; after SIGKILL the next run
removes what is left; and the next run writes the very bytes of an undisturbed one. Where all was written before the signal came, while
Python took itself down, the system's own end (no line) counts as done.
"""

import random
import signal
from pathlib import Path

from tqdm import tqdm

from benchmarks.attacks.small_source import Stage, results
from benchmarks.attacks.verdict import Verdict
from tests.surroundings import Outcome, leftovers, run_stage

CODES = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}


def killed_stages(stages: list[Stage], scratch: Path, *, num: int, seed: int) -> Verdict:
    """Kills `num` runs: stages and signals in turn, to the first process or all of them, at moments by seed."""
    rng, verdict = random.Random(seed), Verdict("kills")
    for index in tqdm(range(num), desc="kills", unit="run", disable=None):
        stage, signum, group = stages[index % len(stages)], list(CODES)[index % len(CODES)], rng.random() < 0.5
        root = scratch / "killed"
        stage.start(root)
        # Python itself needs a while to start, in which there is nobody yet to catch a signal.
        after_s = rng.uniform(0.3, max(0.5, 0.9 * stage.seconds))
        done = run_stage(stage.name, root=root, stop=signum, after_s=after_s, group=group)
        was_done = done.code in (0, -signum) and results(root) == stage.made and not leftovers(root)
        where = f"{signal.Signals(signum).name} after {after_s:.2f} s to {'all' if group else 'one'}"
        faults = [f"{where}: {fault}" for fault in (*([] if was_done else _ending(done, signum, root)), *_rerun(stage, root))]
        verdict.add(stage.name, "had done its work" if was_done else f"ended by {signal.Signals(signum).name}", faults)
    return verdict


def _ending(done: Outcome, signum: int, root: Path) -> list[str]:
    faults = [] if done.code == CODES[signal.Signals(signum)] else [f"exit code {done.code}: {done.err[-500:]}"]
    if signum != signal.SIGKILL:
        if len(done.said) != 1:
            faults.append(f"{len(done.said)} lines: {done.said[:3]}")
        if left := leftovers(root):
            faults.append(f"temporary: {left[:3]}")
    return faults


def _rerun(stage: Stage, root: Path) -> list[str]:
    again = run_stage(stage.name, root=root)
    if again.code:
        return [f"the next run failed: {again.said[-1:]}"]
    faults = [f"the next run left: {left[:3]}"] if (left := leftovers(root)) else []
    found = results(root)
    other = sorted(path for path in found.keys() | stage.made.keys() if found.get(path) != stage.made.get(path))
    return [*faults, f"other bytes: {other[:3]}"] if other else faults
