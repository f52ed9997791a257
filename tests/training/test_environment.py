"""A cluster's variables, whole, half set or nonsense, change nothing in a training of one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mien.core import paths
from mien.models.build import build_model
from mien.training.environment import launch_warning
from mien.training.fit import fit
from tests.surroundings import ROOT, run_stage
from tests.training.tiny import face_set, model_config, write_workspace

TRAIN, VAL = face_set(12, seed=0), face_set(6, seed=1)
CONFIG = model_config(train={"epochs": 1})
SLURM = {
    "SLURM_JOB_ID": "1",
    "SLURM_JOB_NAME": "train",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
    "SLURM_JOB_NODELIST": "n1",
}
VARIABLES = {
    "sbatch --ntasks": {**SLURM, "SLURM_NTASKS": "4"},
    "sbatch --ntasks-per-node": {**SLURM, "SLURM_NTASKS": "8", "SLURM_NTASKS_PER_NODE": "4", "SLURM_NNODES": "2"},
    "a later task of srun": {**SLURM, "SLURM_NTASKS": "4", "SLURM_PROCID": "2", "SLURM_LOCALID": "2", "SLURM_NODEID": "1"},
    "an interactive shell": {"SLURM_NTASKS": "2", "SLURM_NODEID": ""},
    "LSF": {"LSB_JOBID": "1", "LSB_DJOB_RANKFILE": "/gone", "JSM_NAMESPACE_SIZE": "4", "JSM_NAMESPACE_LOCAL_RANK": "3"},
    "torchelastic": {"TORCHELASTIC_RUN_ID": "1", "GROUP_RANK": "1", "LOCAL_RANK": "3", "LOCAL_WORLD_SIZE": "4"},
    "torchelastic, half": {"WORLD_SIZE": "4", "MASTER_PORT": "", "NODE_RANK": "x"},
    "PBS and MPI": {"PBS_JOBID": "1", "PBS_NODEFILE": "/gone", "OMPI_COMM_WORLD_SIZE": "4", "PMI_RANK": "2"},
    "Kubeflow": {"KUBERNETES_PORT": "x", "MASTER_ADDR": "a", "MASTER_PORT": "1", "WORLD_SIZE": "4", "RANK": "1"},
}


def trained(folder: Path) -> dict[str, torch.Tensor]:
    torch.manual_seed(CONFIG.seed)
    model = build_model(CONFIG)
    saved: list[bool] = []
    fit(model, TRAIN, VAL, config=CONFIG, pretrained=False, checkpoints=folder, on_epoch=lambda _row: saved.append(True))
    assert saved and list(folder.glob("*.ckpt")), "the state is saved whatever rank the variables give"
    return model.state_dict()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    return trained(tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("cluster", VARIABLES)
def test_they_change_nothing(cluster: str, plain: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES[cluster].items():
        monkeypatch.setenv(name, value)
    found = trained(tmp_path)
    assert all(torch.equal(found[name], plain[name]) for name in plain)


def test_a_rank_that_is_no_number_does_not_stop_the_import() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RANK": "", "LOCAL_RANK": "none", "SLURM_PROCID": "1"}
    done = subprocess.run([sys.executable, "-c", "import mien.training.fit"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_stage_trains_in_a_job_of_several_tasks(tmp_path: Path) -> None:
    """As a process of its own, because Lightning reads variables when it is imported; torchrun's are left over."""
    write_workspace(tmp_path, CONFIG)
    (tmp_path / paths.PARAMS).write_text(
        "models:\n  tiny: {backbone: test_efficientnet, weights: none, attention: none, head: dense, loss: cross_entropy}\n"
    )
    left = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "gone", "MASTER_PORT": "1", "TORCHELASTIC_RUN_ID": "1"}
    done = run_stage("train", "tiny", root=tmp_path, environment={**VARIABLES["sbatch --ntasks"], **VARIABLES["LSF"], **left})
    assert done.code == 0 and done.out.startswith("train: tiny: 1 epochs"), done.err
    warning, epoch = done.said
    assert warning.startswith("warning: WORLD_SIZE is 2, but") and epoch.startswith("tiny: epoch 1")


def test_only_a_real_launch_of_several_is_warned_of() -> None:
    assert launch_warning({**VARIABLES["sbatch --ntasks"]}) is None and launch_warning({"WORLD_SIZE": "1"}) is None
    assert launch_warning({"WORLD_SIZE": "x"}) is None and launch_warning({}) is None
    for name in ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS"):
        assert f"{name} is 4" in str(launch_warning({name: "4"}))
