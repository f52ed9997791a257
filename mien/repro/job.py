"""One job: a chain of stages, run by one process of DVC whose output goes to a log and, line by line, to the terminal."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.repro.plan import Chain
from mien.repro.processes import Processes

LOGS = Path(".mien") / "repro"
STARTED = re.compile(r"Running stage '(.+)':")
UNCHANGED = re.compile(r"Stage '(.+)' (?:didn't change|is cached)")
# What DVC says about itself after each stage.
ASIDE = re.compile(
    r"> |(?:Updating|Generating) lock file|To (?:track the changes|enable auto staging)|\t(?:git add|dvc config) |Use `dvc push`"
)


@dataclass(frozen=True)
class Outcome:
    """How a job ended. `failed` is the stage that failed and `reason` what DVC says about it; both are empty after a success."""

    seconds: float
    failed: str = ""
    reason: str = ""


def log_of(chain: Chain) -> Path:
    """The file with the whole output of a job, named by its last stage, which is in no other job."""
    return LOGS / f"{chain[-1].replace('/', '_')}.log"


def run_job(chain: Chain, started: Processes, *, environment: Mapping[str, str], say: Callable[[str, str], None]) -> Outcome:
    """Runs the stages of a chain in order, up to the first that fails; calls `say` with the current stage and each line of its output."""
    begun_s, stage, reason = time.monotonic(), chain[0], ""
    log_of(chain).parent.mkdir(parents=True, exist_ok=True)
    with (
        log_of(chain).open("w", encoding="utf-8") as log,
        started.start("repro", "--single-item", *chain, environment=environment, piped=True) as process,
    ):
        assert process.stdout is not None
        for raw in process.stdout:  # split at \n alone, because progress bars are redrawn after \r
            line = raw.decode(errors="replace").rstrip().rsplit("\r", 1)[-1]
            log.write(f"{line}\n")
            log.flush()
            if found := STARTED.match(line) or UNCHANGED.match(line):
                stage = found[1]
            if line.startswith("ERROR: "):
                reason = line.removeprefix("ERROR: ")
            elif line and not ASIDE.match(line):
                say(stage, line)
    seconds = time.monotonic() - begun_s
    if not process.returncode:
        return Outcome(seconds)
    named = re.match(r"failed to reproduce '(.+?)': (.*)", reason)
    return Outcome(seconds, named[1] if named else stage, named[2] if named else reason or f"dvc ended with code {process.returncode}")
