"""A killed training, started again, ends exactly as one that was never interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import stages.train
from mien.config import declared
from mien.core import paths
from mien.models.build import build_model
from mien.models.store import epoch_weights
from mien.training.callbacks import Row
from mien.training.fit import Fitted, fit
from tests.losses.stepping import METHODS
from tests.surroundings import run_stage_here
from tests.training.fitting import TRAIN, VAL, fitted
from tests.training.tiny import model_config, write_workspace

ROOT = Path(__file__).parents[2]
OWN_VALUES: dict[str, dict[str, Any]] = {
    "scn": {"relabel": "all", "relabel_margin": 0.0, "relabel_epoch": 1},
    "mean_teacher_selected": {"dropped_share": 0.5, "dropped_after": 2, "teacher_decay": 0.7},
}
"""so that labels change, and images are not selected, within the few epochs of these tests"""
CONFIGS = {
    "one_stage": model_config(train={"epochs": 4, "patience": 3, "plateau_patience": 0, "sampler": "weighted"}),
    "two_views": model_config(
        head="linear",
        loss={"name": "rebalanced", **declared.values("loss", "rebalanced", {})},
        train={"epochs": 4, "schedule": "cosine", "warmup_epochs": 1, "sampler": "class_balanced", "accumulate": 2, "optimizer": "sgd"},
        augment={"mixup": 0.4, "cutmix": 1.0, "erase": 0.5, "brightness": 0.2, "rand_augment": 5, "crop": 0.1},
    ),
    "sharpness": model_config(train={"epochs": 4, "sam_rho": 0.05, "optimizer": "adamw"}, augment={"erase": 0.5, "mixup": 0.4}),
    "averaged": model_config(train={"epochs": 4, "ema": 0.8, "start_px": 32, "layer_decay": 0.7, "schedule": "cosine"}, input_px=48),
    "taught": model_config(
        train={"epochs": 4, "sam_rho": 0.05, "ema": 0.8, "distill_temperature": 4.0},
        augment={"mixup": 0.4, "flip": 0.5},
        teachers={"a": "b"},
    ),
    **{
        name: model_config(
            loss={"name": name, **declared.values("loss", name, OWN_VALUES.get(name, {}))},
            train={"epochs": 4, "accumulate": 2 if name == "mean_teacher_selected" else 1, "ema": 0.8 if name == "scn" else 0.0},
            augment={"erase": 0.5, "flip": 0.5},
            **METHODS[name],
        )
        for name in METHODS
    },
    "two_stage": model_config(recipe="two_stage", train={"epochs": 2, "fine_tune_epochs": 2, "fine_tune_layers": 6, "plateau_patience": 0}),
}


class Killed(Exception):
    pass


def run(config: Any, folder: Path, *, kill_at: int | None = None) -> tuple[Fitted, dict[str, torch.Tensor], list[int]]:
    epochs: list[int] = []

    def on_epoch(row: Row) -> None:
        if row["epoch"] == kill_at:
            raise Killed  # after the epoch, before its state is saved
        epochs.append(int(row["epoch"]))

    found, weights = fitted(config, folder, on_epoch=on_epoch)
    return found, weights, epochs


@pytest.mark.parametrize("recipe", CONFIGS)
def test_killed_anywhere_it_ends_the_same(recipe: str, tmp_path: Path) -> None:
    config = CONFIGS[recipe]
    whole, weights, epochs = run(config, tmp_path / "whole")
    assert epochs == [1, 2, 3, 4]
    for kill_at in (2, 3, 4):
        with pytest.raises(Killed):
            run(config, tmp_path / "cut", kill_at=kill_at)
    resumed, resumed_weights, last_epochs = run(config, tmp_path / "cut")
    assert last_epochs == [4], "what was saved is not trained again"
    assert resumed == whole
    assert all(torch.equal(weights[name], resumed_weights[name]) for name in weights)


def test_killed_after_early_stopping_it_stays_stopped(tmp_path: Path) -> None:
    config = model_config(train={"epochs": 30, "patience": 1, "lr": 0.05})
    stopped, weights, epochs = run(config, tmp_path)
    assert len(epochs) < 30
    again, again_weights, more = run(config, tmp_path)
    assert not more and again == stopped and all(torch.equal(weights[name], again_weights[name]) for name in weights)


def test_a_terminated_training_says_so_and_can_go_on(tmp_path: Path) -> None:
    config = CONFIGS["one_stage"]
    whole, _, _ = run(config, tmp_path / "whole")

    def terminate(row: Row) -> None:
        if row["epoch"] == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Lightning leaves a handler alone that is already there
    torch.manual_seed(config.seed)
    with pytest.raises(SystemExit) as ended:
        fit(build_model(config), TRAIN, VAL, config=config, pretrained=False, checkpoints=tmp_path / "cut", on_epoch=terminate)
    assert ended.value.code == 128 + signal.SIGTERM
    again, _, epochs = run(config, tmp_path / "cut")
    assert again == whole and epochs[0] > 1


def test_a_broken_checkpoint_warns_and_starts_over(tmp_path: Path) -> None:
    config = CONFIGS["one_stage"]
    whole, _, _ = run(config, tmp_path / "whole")
    with pytest.raises(Killed):
        run(config, tmp_path / "cut", kill_at=3)
    (state,) = (tmp_path / "cut").glob("*.ckpt")
    content = bytearray(state.read_bytes())
    content[len(content) // 2 :] = b""
    state.write_bytes(content)
    with pytest.warns(UserWarning, match="starts over"):
        again, _, epochs = run(config, tmp_path / "cut")
    assert again == whole and epochs == [1, 2, 3, 4]


def test_a_process_killed_mid_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = model_config(train={"epochs": 6, "patience": 6}, input_px=64, keep_epochs=[2, 5])
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for root in (whole, cut):
        write_workspace(root, config)
        params = (
            (ROOT / "params.yaml").read_text().replace("\n  mobilenetv2:\n", "\n  tiny:\n").replace("{model: mobilenetv2,", "{model: tiny,")
        ).replace("models: [mobilenetv2,", "models: [tiny,")
        (root / "params.yaml").write_text(params)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(whole)
    stages.train.main("tiny")

    stage = start(cut)
    assert stage.stderr is not None and any("epoch 3" in line for line in stage.stderr)
    stage.send_signal(signal.SIGKILL)
    stage.wait()
    assert not (cut / paths.model("tiny")).exists() and list((cut / ".mien").rglob("*.ckpt"))
    again = run_stage_here("train", "tiny", root=cut)
    assert again.code == 0, again.err
    assert "epoch 6:" in again.err and "epoch 1:" not in again.err, "the killed one goes on"
    assert not list((cut / ".mien").rglob("*.ckpt")), "removed on success"
    written = [paths.model("tiny") / "weights.safetensors", paths.model("tiny") / "model.json"]
    written += [epoch_weights(paths.model("tiny"), epoch) for epoch in (2, 5)]
    for path in (*written, paths.train_metrics("tiny"), paths.train_curves("tiny")):
        assert (whole / path).read_bytes() == (cut / path).read_bytes(), path


def start(root: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "stages.train", "tiny"]
    return subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


KEPT = {
    "two_stages": CONFIGS["two_stage"].model_copy(update={"keep_epochs": [1, 3, 4, 9]}),
    "averaged": CONFIGS["averaged"].model_copy(update={"keep_epochs": [1, 2, 3, 4]}),
    "two_passes": CONFIGS["sharpness"].model_copy(update={"keep_epochs": [2]}),
}


@pytest.mark.parametrize("name", KEPT)
def test_weights_of_epochs_are_kept_and_survive_a_kill(name: str, tmp_path: Path) -> None:
    config = KEPT[name]
    whole, weights, _ = run(config, tmp_path / "whole")
    assert list(whole.kept) == [epoch for epoch in config.keep_epochs if epoch <= 4], "those that were reached"
    bare, bare_weights, _ = run(config.model_copy(update={"keep_epochs": []}), tmp_path / "bare")
    assert bare == whole and not bare.kept and all(torch.equal(weights[key], bare_weights[key]) for key in weights)
    for kill_at in (2, 3, 4):
        with pytest.raises(Killed):
            run(config, tmp_path / "cut", kill_at=kill_at)
    resumed, _, _ = run(config, tmp_path / "cut")
    for epoch, state in whole.kept.items():
        assert all(torch.equal(tensor, resumed.kept[epoch][key]) for key, tensor in state.items())
    if (best := whole.stages[-1].best_epoch) in whole.kept:
        assert all(torch.equal(weights[key], tensor) for key, tensor in whole.kept[best].items()), "the average of the weights, if any"
    assert len({state["head.classifier.weight"].sum().item() for state in whole.kept.values()}) == len(whole.kept)


def test_kept_weights_are_those_at_the_end_of_their_epoch(tmp_path: Path) -> None:
    """Their validation loss is that of the curves."""
    config = model_config(train={"epochs": 3, "schedule": "none"}, keep_epochs=[1, 2])
    found, _, _ = run(config, tmp_path / "long")
    for epoch in (1, 2):
        model = build_model(config)
        model.load_state_dict(found.kept[epoch])
        with torch.no_grad():
            logits_NK = model.eval()(VAL.images_N3SS / 255)
        loss = torch.nn.functional.cross_entropy(logits_NK, VAL.targets_N)  # balanced classes: all weights are 1
        assert float(loss) == pytest.approx(found.curves[epoch - 1]["val_loss"], abs=1e-5)
