"""Data stages that may write no file beyond a size (RLIMIT_FSIZE), which they meet as they meet a full disk.

Law: exit code 2, one line that says what could not be written, and the folder as it was before; or, where the limit was wide enough, the
very bytes of an unlimited run.
"""

from pathlib import Path

from tqdm import tqdm

from benchmarks.attacks.small_source import LIMITING_BYTES, Stage, results
from benchmarks.attacks.verdict import Verdict
from tests.surroundings import leftovers, run_stage, tree

FIXED_BYTES = (0, 1, 100, 2000, LIMITING_BYTES // 2)
SHARES = (0.3, 0.9)  # of the largest file that the stage makes


def limited_stages(stages: list[Stage], scratch: Path) -> Verdict:
    """Every stage under limits of FIXED_BYTES and SHARES."""
    verdict = Verdict("full disk")
    cases = [(stage, limit) for stage in stages for limit in (*FIXED_BYTES, *(int(share * _largest(stage)) for share in SHARES))]
    for stage, limit in tqdm(cases, desc="full disk", unit="run", disable=None):
        root = scratch / "limited"
        stage.start(root)
        before = tree(root)
        done = run_stage(stage.name, root=root, max_file_bytes=limit)
        faults = []
        if done.code == 0:
            if results(root) != stage.made:
                faults.append("exit code 0 and other bytes than without a limit")
        else:
            after = {path: content for path, content in tree(root).items() if not path.startswith(".mien/")}
            if done.code != 2 or len(done.said) != 1 or not done.said[0].startswith("error: "):
                faults.append(f"exit code {done.code}, {len(done.said)} lines, {done.said[-1:]}")
            if leftovers(root) or after != {path: content for path, content in before.items() if not path.startswith(".mien/")}:
                faults.append(f"the folder is not as it was: {sorted(after.keys() ^ before.keys())[:3]}")
        verdict.add(
            stage.name, {0: "wide enough", 2: "refused in one line"}.get(done.code, "broken"), [f"{limit} bytes: {f}" for f in faults]
        )
    return verdict


def _largest(stage: Stage) -> int:
    before = tree(stage.before)
    return max(len(content) for path, content in stage.made.items() if path not in before)
