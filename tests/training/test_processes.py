"""Which process this is, by the variables of whoever started it; and that several processes train what one does."""

import functools
from pathlib import Path
from typing import Any

import pytest
import torch

from mien.config import declared
from mien.config.model import ModelConfig
from mien.core.errors import TableError, TrainingError
from mien.training.callbacks import Row
from mien.training.fit import Fitted
from mien.training.processes import ALONE, Processes, check_shares, this_process
from mien.training.samplers import EpochBatches
from tests.training.fitting import fitted
from tests.training.tiny import model_config
from tests.training.together import together

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "n1", "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "x"}
SRUN = {"SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "4", "SLURM_LOCALID": "1", "SLURM_STEP_NODELIST": "n[2-3]", "SLURM_JOB_ID": "123456"}
CONFIGS = {
    "plateau": model_config(train={"epochs": 3, "patience": 2, "plateau_patience": 0, "sampler": "weighted", "optimizer": "sgd"}),
    "two_views": model_config(
        head="linear",
        loss={"name": "rebalanced", **declared.values("loss", "rebalanced", {})},
        train={"epochs": 3, "sampler": "class_balanced", "accumulate": 2, "optimizer": "sgd", "clip_norm": 1.0},
        augment={"mixup": 0.4, "cutmix": 1.0, "erase": 0.5, "brightness": 0.2, "crop": 0.1},
    ),
    "all_at_once": model_config(
        head="max_pool_dense",
        drop_path=0.2,
        train={"epochs": 3, "sam_rho": 0.05, "ema": 0.8, "distill_temperature": 4.0, "optimizer": "sgd", "schedule": "cosine"},
        augment={"mixup": 0.4, "flip": 0.5},
        teachers={"a": "b"},
    ),
    "two_stage": model_config(
        recipe="two_stage", train={"epochs": 2, "fine_tune_epochs": 1, "fine_tune_layers": 6, "plateau_patience": 0, "optimizer": "sgd"}
    ),
}


def trained(processes: Processes, config: ModelConfig, folder: Path) -> tuple[Fitted, dict[str, torch.Tensor], list[int]]:
    """What `fit` returns, the weights, and the epochs that were reported to the caller."""
    told = list[int]()
    found, weights = fitted(config, folder, on_epoch=lambda row: told.append(int(row["epoch"])), processes=processes)
    return found, weights, told


def close(found: list[Row], wanted: list[Row]) -> bool:
    return all(row == pytest.approx(own, rel=2e-3, abs=2e-4) for row, own in zip(found, wanted, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_two_processes_train_what_one_does(name: str, tmp_path: Path) -> None:
    config = CONFIGS[name]
    alone, weights, _ = trained(ALONE, config, tmp_path / "alone")
    runs = [
        together(functools.partial(trained, config=config, folder=tmp_path / run / "state"), tmp_path / run, num=2) for run in ("a", "b")
    ]
    (first, first_weights, told), (second, second_weights, untold) = runs[0]
    assert close(first.curves, alone.curves), (first.curves, alone.curves)
    for key in weights:
        torch.testing.assert_close(first_weights[key], weights[key], rtol=1e-2, atol=2e-3, msg=lambda text, key=key: f"{key}: {text}")
        assert torch.equal(first_weights[key], second_weights[key]), f"{key}: both processes have the same"
        assert torch.equal(first_weights[key], runs[1][0][1][key]), f"{key}: both runs have the same"
    assert first == second == runs[1][0][0] and told == [row["epoch"] for row in first.curves] and not untold
    assert len(list((tmp_path / "a" / "state").iterdir())) == len(first.stages), "one state for all"


def cut_and_resumed(processes: Processes, config: ModelConfig, folder: Path) -> Any:
    """A training that stops in epoch 3 on the first process and, because that is not there any more, on the others; then it is resumed."""
    shorter = config.model_copy(update={"train": config.train.model_copy(update={"epochs": 2})})
    trained(processes, shorter, folder)
    return trained(processes, config, folder)


@pytest.mark.slow
def test_several_processes_resume(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 4, "ema": 0.5, "schedule": "exponential", "patience": 9})
    whole = together(functools.partial(trained, config=config, folder=tmp_path / "a/state"), tmp_path / "a")
    resumed = together(functools.partial(cut_and_resumed, config=config, folder=tmp_path / "b/state"), tmp_path / "b")
    assert resumed[0][2] == [3, 4] and whole[0][2] == [1, 2, 3, 4]
    for one, other in zip(whole, resumed, strict=True):
        assert one[0] == other[0] and all(torch.equal(one[1][key], other[1][key]) for key in one[1])


def test_one_configured_process_is_alone_whatever_the_variables_say() -> None:
    for environment in ({}, TORCHRUN, SRUN, {"WORLD_SIZE": "x"}):
        assert this_process(1, 1, environment) is ALONE


def test_torchrun_and_srun_say_which_process_this_is() -> None:
    assert this_process(2, 2, TORCHRUN) == Processes(3, 1, 2, 2, "n1", 29500)
    assert this_process(2, 2, SRUN) == Processes(3, 1, 2, 2, "n2", 15000 + 3456)
    assert this_process(2, 2, {**SRUN, "MASTER_ADDR": "n9", "MASTER_PORT": "77"}) == Processes(3, 1, 2, 2, "n9", 77)


def test_without_them_those_of_one_machine_are_still_to_be_started() -> None:
    batch = {"SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_JOB_NODELIST": "n1"}
    for environment in ({}, batch, {**batch, "SLURM_STEP_NUM_TASKS": "1"}, {"WORLD_SIZE": "2", "RANK": "0"}):
        assert this_process(2, 1, environment) == Processes(devices=2)


@pytest.mark.parametrize(
    ("devices", "num_nodes", "environment", "told"),
    [
        (2, 1, TORCHRUN, r"devices: 2 × runtime.num_nodes: 1 is 2, but WORLD_SIZE is 4"),
        (3, 2, SRUN, r"is 6, but SLURM_STEP_NUM_TASKS is 4"),
        (1, 4, TORCHRUN, r"number 1 of its machine, but only 1 are configured"),
        (2, 2, {}, r"runtime\.num_nodes: 2 machines need srun or torchrun"),
        (2, 2, {**TORCHRUN, "RANK": "one"}, r"RANK: must be a number"),
    ],
)
def test_other_numbers_than_configured_are_one_line(devices: int, num_nodes: int, environment: dict[str, str], told: str) -> None:
    with pytest.raises(TrainingError, match=told) as raised:
        this_process(devices, num_nodes, environment)
    assert "\n" not in str(raised.value)


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    check_shares(Processes(devices=4), model="m", batch_size=16)
    check_shares(ALONE, model="m", batch_size=17)
    with pytest.raises(TrainingError, match=r"^models\.m\.train\.batch_size: must be a multiple .* which is 3 \(got 16\)"):
        check_shares(Processes(devices=3), model="m", batch_size=16)
    batches = EpochBatches(torch.zeros(9, dtype=torch.int64), sampler="shuffled", batch_size=8, seed=0, stage=1)
    batches.require_rows(4, model="m")
    with pytest.raises(TrainingError, match=r"8 processes need as many images in each batch, but .* only 4"):
        batches.require_rows(8, model="m")


def agree(processes: Processes) -> list[str]:
    found = []
    for failing in (0, 1):
        try:
            with processes.agreeing():
                if processes.rank == failing:
                    raise TableError("x is missing")
        except TrainingError as error:
            found.append(str(error))
    try:
        processes.decided(lambda: (_ for _ in ()).throw(TableError("y is missing")))
    except TableError as error:
        found.append(str(error))
    figures = processes.shared({"a": 0.1 + processes.rank, "b": 2.0}, device=torch.device("cpu"))
    return [*found, str(processes.decided(lambda: processes.rank)), str(figures)]


def test_what_one_meets_all_raise(tmp_path: Path) -> None:
    first, second = together(agree, tmp_path)
    assert first == second
    assert first[0] == "x is missing" and first[1].startswith("x is missing (process 1, on ")
    assert first[2:] == ["y is missing", "0", "{'a': 0.1, 'b': 2.0}"]
    assert ALONE.decided(lambda: 3) == 3
