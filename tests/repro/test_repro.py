"""`mien repro` on a pipeline of tiny shell stages: models run at the same time, and dvc.lock is what `dvc repro` would have written."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mien.core.dvc import dvc_command
from tests.surroundings import Outcome, run

# train@a and train@b end only once both have started. A stage with a file stop/NAME fails; one with a file wait/NAME waits for its removal.
PIPELINE = """
stages:
  data: {cmd: "echo ran data >> ran; echo 1 > data.txt", outs: [data.txt]}
  train:
    foreach: {a: b, b: a, c: c}
    do:
      cmd: "echo ran train@${key} >> ran; echo $$ > pids/${key}; sh train.sh ${key} ${item}"
      deps: [data.txt]
      outs: ["models/${key}"]
  evaluate:
    foreach: {a: x, b: x, c: x}
    do:
      cmd: "echo ran evaluate@${key} >> ran; cp models/${key} metrics/${key}.json"
      deps: ["models/${key}"]
      outs: ["metrics/${key}.json": {cache: false}]
  compare: {cmd: "echo ran compare >> ran; cat metrics/*.json > board.json", deps: [metrics], outs: [board.json: {cache: false}]}
"""
TRAIN = """
echo "epoch 1 of $1, $OMP_NUM_THREADS threads"
touch started/$1
tries=0
while [ ! -e started/$2 ] || [ -e wait/$1 ]; do
  sleep 0.05
  tries=$((tries + 1))
  [ $tries -lt 4000 ] || exit 3
done
if [ -e stop/$1 ]; then echo "error: $1 has no images" >&2; exit 2; fi
echo "$1" > models/$1
"""
ENVIRONMENT = {"DVC_NO_ANALYTICS": "1", "OMP_NUM_THREADS": ""}
LONG_S = 300  # each process of DVC takes a second of CPU time to start, which can be many on a busy machine
STAGES = {"data", "compare", *(f"{stage}@{model}" for stage in ("train", "evaluate") for model in "abc")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository in which nothing has run."""
    root = tmp_path_factory.mktemp("made") / "root"
    root.mkdir()
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "train.sh").write_text(TRAIN)
    (root / ".gitignore").write_text("/models\n/data.txt\n")
    for folder in ("models", "metrics", "pids", "started", "stop", "wait"):
        (root / folder).mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(dvc_command("init", "-q"), cwd=root, check=True)
    subprocess.run(dvc_command("config", "core.analytics", "false"), cwd=root, check=True)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "copy"
    yield Path(shutil.copytree(made, copy))
    for pid in copy.glob("pids/*"):  # of a test that failed
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


def repro(root: Path, *arguments: str, **how: Any) -> Outcome:
    return run([sys.executable, "-m", "mien", "repro", *arguments], root=root, environment=ENVIRONMENT, timeout_s=LONG_S, **how)


def dvc(root: Path, *arguments: str) -> str:
    done = run(dvc_command(*arguments), root=root, environment=ENVIRONMENT, timeout_s=LONG_S)
    assert done.code == 0, done.err
    return done.out


def ran(root: Path) -> list[str]:
    return [line.removeprefix("ran ") for line in (root / "ran").read_text().splitlines()]


def locked(root: Path) -> Any:
    return YAML(typ="safe").load(root / "dvc.lock")


def is_running(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_models_run_at_the_same_time_and_dvc_finds_nothing_left(root: Path, made: Path, tmp_path: Path) -> None:
    done = repro(root, "--jobs", "2")
    assert done.code == 0, done.out + done.err
    assert sorted(ran(root)) == sorted(STAGES), "each once; a and b could end only because both were running"
    assert dvc(root, "status", "-q") == ""
    assert (root / "board.json").read_text() == "a\nb\nc\n"

    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    assert f"train@a | epoch 1 of a, {threads} threads" in done.out.splitlines()
    assert f"epoch 1 of c, {threads} threads\n" in (root / ".mien/repro/evaluate@c.log").read_text()

    alone = Path(shutil.copytree(made, tmp_path / "alone"))
    for model in "abc":
        (alone / "started" / model).touch()
    dvc(alone, "repro", "-q")
    assert locked(root) == locked(alone)


def test_after_a_failure_the_others_finish_and_the_next_run_does_the_rest(root: Path) -> None:
    (root / "stop" / "a").touch()
    done = repro(root, "-j", "3")
    assert done.code == 1
    first, second = done.err.splitlines()
    assert first.startswith("error: train@a failed: ") and "exited with 2" in first and first.endswith("; see .mien/repro/evaluate@a.log")
    assert second == "error: not run, because they need what failed: evaluate@a"
    assert "train@a | error: a has no images" in done.out.splitlines()
    assert set(ran(root)) == STAGES - {"evaluate@a", "compare"}
    assert set(locked(root)["stages"]) == STAGES - {"train@a", "evaluate@a", "compare"}

    (root / "stop" / "a").unlink()
    (root / "ran").unlink()
    done = repro(root, "-j", "3", "evaluate")
    assert done.code == 0, done.out + done.err
    assert ran(root) == ["train@a", "evaluate@a"]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)])
def test_a_signal_ends_every_stage_and_leaves_no_lock(root: Path, signum: int, code: int) -> None:
    for model in "ab":
        (root / "wait" / model).touch()
    both = [root / "started" / model for model in "ab"]
    done = repro(root, "-j", "2", "train@a", "train@b", stop=signum, when=lambda: all(file.exists() for file in both), group=False)
    assert done.code == code and done.said[-1].startswith("stopped: "), done.err
    assert not any(is_running(root / "pids" / model) for model in "ab")
    assert set(locked(root)["stages"]) == {"data"}

    for model in "ab":
        (root / "wait" / model).unlink()
    dvc(root, "repro", "-q", "train@a", "train@b")
    assert set(locked(root)["stages"]) == {"data", "train@a", "train@b"}


@pytest.mark.slow
def test_a_dvc_that_is_killed_is_a_failure_and_its_locks_are_no_hindrance(root: Path) -> None:
    dvc(root, "repro", "-q", "data")
    (root / "wait" / "c").touch()

    def killed() -> bool:
        """Kills the DVC that runs train@c, once; its stage, which is left alone, then ends."""
        if (root / "started" / "c").exists():
            stage = int((root / "pids" / "c").read_text())
            parent = int(Path(f"/proc/{stage}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(parent, signal.SIGKILL)
            (root / "wait" / "c").unlink()
            return True
        return False

    done = repro(root, "-j", "2", "evaluate@c", stop=signal.SIGCONT, when=killed, group=False)
    assert done.code == 1 and done.err.startswith("error: train@c failed: dvc ended with code -9"), done.err
    while is_running(root / "pids" / "c"):
        time.sleep(0.05)
    assert repro(root, "-j", "2", "evaluate@c").code == 0
    assert dvc(root, "status", "-q", "evaluate@c") == ""


def test_a_stage_before_all_models_that_fails_and_a_target_that_is_none_are_told(root: Path) -> None:
    done = repro(root, "-j", "2", "trian")
    assert (done.code, done.err) == (2, "error: 'trian' is not a stage of dvc.yaml; did you mean train?\n")
    (root / "dvc.yaml").write_text(PIPELINE.replace("echo 1 > data.txt", "exit 1"))
    done = repro(root, "-j", "2")
    assert done.code == 1 and done.err.splitlines()[-1] == "error: `dvc repro data` ended with code 255; no model was trained"
    assert ran(root) == ["data"]
