"""The stage `train` in several processes: started by itself, by torchrun and as by srun; and one of them killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mien.core import paths
from mien.core.errors import TrainingError
from mien.core.files import read_json
from mien.training import launch
from tests.surroundings import ROOT, Outcome, leftovers, run, run_stage
from tests.training.tiny import model_config, write_workspace

WRITTEN = (paths.model("tiny") / "weights.safetensors", paths.model("tiny") / "model.json", paths.train_metrics("tiny"))
MODELS = "models:\n  tiny: {backbone: test_efficientnet, weights: none, attention: none, head: dense, loss: cross_entropy}\n"


def workspace(root: Path, *, devices: int = 2, num_nodes: int = 1, epochs: int = 2, batch_size: int = 12, num_train: int = 36) -> Path:
    root.mkdir()
    write_workspace(root, model_config(train={"epochs": epochs, "patience": epochs, "batch_size": batch_size}), num_train=num_train)
    runtime = f"runtime: {{device: cpu, devices: {devices}, num_nodes: {num_nodes}}}\n"
    (root / paths.PARAMS).write_text(MODELS + runtime)
    return root


def bytes_of(root: Path) -> list[bytes]:
    return [(root / path).read_bytes() for path in WRITTEN]


def processes_in(root: Path) -> Iterator[int]:
    """The numbers of running processes whose current folder is `root`."""
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdecimal() and (place / "cwd").readlink() == root and (place / "stat").read_text().split(") ")[1][0] != "Z":
                yield int(place.name)
        except OSError:
            pass


@pytest.mark.slow
def test_the_stage_starts_the_others_and_the_first_alone_writes_and_prints(tmp_path: Path) -> None:
    alone, two, torchrun = workspace(tmp_path / "one", devices=1), workspace(tmp_path / "two"), workspace(tmp_path / "torchrun")
    one = run_stage("train", "tiny", root=alone, timeout_s=300)
    done = run_stage("train", "tiny", root=two, timeout_s=300)
    assert one.code == done.code == 0, done.err
    assert [line.split(":")[1] for line in done.said] == [" epoch 1", " epoch 2"], done.err
    assert len(done.out.splitlines()) == 1 and done.out.startswith("train: tiny: 2 epochs")
    first, second = (read_json(root / paths.train_metrics("tiny")) for root in (alone, two))
    assert second["val"] == pytest.approx(first["val"], rel=1e-2) and second["stages"][0]["best_epoch"] == first["stages"][0]["best_epoch"]
    assert not leftovers(two) and not list((two / ".mien").rglob("*.ckpt"))
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--master-port",
        "29611",
        "-m",
        "stages.train",
        "tiny",
    ]
    other = run(command, root=torchrun, timeout_s=300)
    assert other.code == 0, other.err
    assert bytes_of(torchrun) == bytes_of(two), "whoever starts the processes, and from run to run"
    assert len(other.out.splitlines()) == 1


@pytest.mark.slow
def test_tasks_of_srun_meet(tmp_path: Path) -> None:
    """Two tasks with the variables that srun gives them, on two pretended machines."""
    root, meeting = workspace(tmp_path / "s", devices=1, num_nodes=2), {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29612"}
    tasks = []
    for rank in range(2):
        slurm = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": str(rank), "SLURM_LOCALID": "0"}
        environment = {**os.environ, **slurm, **meeting, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MIEN_TRACKING": "off"}
        command = [sys.executable, "-m", "stages.train", "tiny"]
        tasks.append(subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    ends = [(*task.communicate(timeout=300), task.returncode) for task in tasks]
    assert [end[2] for end in ends] == [0, 0], ends
    assert "train: tiny" in ends[0][0] and "epoch 2" in ends[0][1] and ends[1][:2] == ("", "")
    assert all((root / path).is_file() for path in WRITTEN)


def until_saved(root: Path) -> None:
    ends_s = time.monotonic() + 300
    while not list((root / ".mien").rglob("*.ckpt")):
        assert time.monotonic() < ends_s
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["another", "the first", "the first, by SIGTERM"])
def test_a_killed_process_ends_all_and_the_next_run_goes_on(victim: str, tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", epochs=12)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MIEN_TRACKING": "off"}
    command = [sys.executable, "-m", "stages.train", "tiny"]
    stage = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until_saved(root)
    if victim == "another":
        (other,) = (number for number in processes_in(root) if number != stage.pid)
        os.kill(other, signal.SIGKILL)
    else:
        stage.send_signal(signal.SIGTERM if "SIGTERM" in victim else signal.SIGKILL)
    out, err = stage.communicate(timeout=300)
    said = [line for line in err.splitlines() if ": epoch " not in line]
    if victim == "another":
        assert stage.returncode == 2 and not out
        (line,) = said
        assert line.startswith("error: runtime.devices: process 1 of 2 of this training ended before the others, by SIGKILL"), err
    elif "SIGTERM" in victim:
        assert stage.returncode == 143 and len(said) == 1 and said[0].startswith("stopped: train was ended by SIGTERM"), err
    else:
        assert stage.returncode == -signal.SIGKILL and not said, err
    ends_s = time.monotonic() + 20
    while (left := list(processes_in(root))) and time.monotonic() < ends_s:
        time.sleep(0.1)
    assert not left, "no process outlives the others"
    again = run_stage("train", "tiny", root=root, timeout_s=300)
    assert again.code == 0, again.err
    assert "epoch 12:" in again.err and "epoch 1:" not in again.err
    assert all((root / path).is_file() for path in WRITTEN) and not list((root / ".mien").rglob("*.ckpt"))


def refused(root: Path) -> Outcome:
    return run_stage("train", "tiny", root=root, timeout_s=300)


@pytest.mark.slow
def test_what_all_refuse_is_said_once(tmp_path: Path) -> None:
    found = refused(workspace(tmp_path / "odd", batch_size=13))
    assert found.code == 2 and len(found.said) == 1, found.err
    assert found.said[0].startswith("error: models.tiny.train.batch_size: must be a multiple of runtime.devices")


def test_missing_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with (
        pytest.raises(TrainingError, match=r"runtime\.devices: 2 processes need a GPU each, but PyTorch finds 1"),
        launch.joined(2, 1, device="cuda", command=["false"]),
    ):
        pass


def test_one_process_starts_nothing() -> None:
    with launch.joined(1, 1, device="cpu", command=["false"]) as processes:
        assert processes.num == 1 and not torch.distributed.is_initialized()
