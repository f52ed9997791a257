"""A model trained with several seeds: each as if it were alone, and a killed run loses none that was done."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from mien.config import declared
from mien.core import paths
from mien.core.files import read_json
from mien.models.store import epoch_weights, load_epoch, load_model, seed_folder
from mien.store.tables import SPLITS, read_table
from mien.training import callbacks
from mien.training.record import COLUMNS
from stages import train
from tests.losses.stepping import METHODS
from tests.training.tiny import model_config, write_workspace

PARAMS = "models:\n  tiny: {backbone: test_efficientnet, weights: none, attention: none, head: dense, loss: cross_entropy}\n"
MODEL = paths.model("tiny")
SETTINGS: dict[str, Any] = {"train": {"epochs": 2, "patience": 2}}


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def _untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And saves after every epoch."""
    monkeypatch.setenv("MIEN_TRACKING", "off")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(callbacks, "SAVING_SHARE", float("inf"))


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    folder.mkdir()
    write_workspace(folder, model_config(**SETTINGS, **changes))
    monkeypatch.chdir(folder)
    paths.PARAMS.write_text(PARAMS)


def written() -> dict[str, bytes]:
    found = [*MODEL.rglob("*"), paths.train_metrics("tiny"), paths.train_curves("tiny")]
    return {str(path): path.read_bytes() for path in found if path.is_file()}


def test_each_seed_is_trained_as_if_it_were_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = {}
    for seed in (7, 9):
        enter(tmp_path / str(seed), monkeypatch, seed=seed)
        train.main("tiny")
        alone[seed] = written()
    enter(tmp_path / "both", monkeypatch, seed=7, other_seeds=[9])
    train.main("tiny")
    both, weights = written(), str(MODEL / "weights.safetensors")
    assert both[weights] == alone[7][weights] != alone[9][weights]
    for name in ("weights.safetensors", "model.json"):
        assert both[str(seed_folder(MODEL, 9) / name)] == alone[9][str(MODEL / name)]
    assert both[str(paths.train_curves("tiny"))] == alone[7][str(paths.train_curves("tiny"))]

    (_, first), (_, second) = load_model(MODEL), load_model(seed_folder(MODEL, 9))
    assert first.seeds == [7, 9] and second.seeds == [9]
    record = read_json(paths.train_metrics("tiny"))
    for folder, found in (("7", record), ("9", record.pop("other_seeds")["9"])):
        assert found == read_json(tmp_path / folder / paths.train_metrics("tiny"))
    assert len(list(paths.timing("tiny", "any").parent.iterdir())) == 2, "how long each of them took"


def test_a_run_killed_in_the_second_seed_does_not_lose_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("whole", "cut"):
        enter(tmp_path / name, monkeypatch, seed=7, other_seeds=[9])
        if name == "whole":
            train.main("tiny")
            whole = written()
    real = typer.echo

    def kill(message: str, **options: Any) -> None:
        if "seed 9: epoch 2" in message:
            raise Killed
        real(message, **options)

    with monkeypatch.context() as patched:
        patched.setattr(typer, "echo", kill)
        with pytest.raises(Killed):
            train.main("tiny")
    assert not MODEL.exists() and not list(Path("models").glob(".*"))
    (timing,) = paths.timing("tiny", "any").parent.iterdir()
    took = timing.read_bytes()
    capsys.readouterr()
    train.main("tiny")
    shown = capsys.readouterr().err
    assert "seed 7: epoch" not in shown and "seed 9: epoch 1" not in shown and "seed 9: epoch 2" in shown
    assert written() == whole
    assert timing.read_bytes() == took, "the first seed's time is that of its training"
    assert not list(Path(".mien/checkpoints").rglob("*.ckpt")), "removed when all are done"


def test_weights_of_epochs_are_files_of_the_first_seed_and_change_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for name, kept in (("bare", []), ("kept", [1, 5]), ("again", [1, 5])):
        enter(tmp_path / name, monkeypatch, seed=7, other_seeds=[9], keep_epochs=kept)
        train.main("tiny")
        found[name] = written()
    assert found["kept"] == found["again"]
    assert set(found["kept"]) - set(found["bare"]) == {str(epoch_weights(MODEL, 1))}, "the second epoch is the last"
    same = [str(MODEL / "weights.safetensors"), str(paths.train_curves("tiny"))]
    same += [str(seed_folder(MODEL, 9) / file) for file in ("weights.safetensors", "model.json")]
    assert all(found["kept"][name] == found["bare"][name] for name in same)
    bare, kept = (read_json(tmp_path / name / paths.train_metrics("tiny")) for name in ("bare", "kept"))
    assert kept.pop("kept_epochs") == [1] and kept == bare
    first = load_epoch(MODEL, 1).state_dict()
    assert any(not tensor.equal(first[name]) for name, tensor in load_model(MODEL)[0].state_dict().items())


def test_twice_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path / "a", monkeypatch, seed=7, other_seeds=[9])
    train.main("tiny")
    first = written()
    train.main("tiny")
    assert written() == first and len(first) == 6


@pytest.mark.parametrize("name", METHODS)
def test_a_method_killed_and_resumed_writes_the_same_bytes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"relabel": "all", "relabel_margin": 0.0, "relabel_epoch": 1} if name == "scn" else {}
    changes = {"loss": {"name": name, **declared.values("loss", name, values)}, **METHODS[name]}
    enter(tmp_path / "whole", monkeypatch, **changes)
    train.main("tiny")
    whole = written()
    enter(tmp_path / "cut", monkeypatch, **changes)
    real = typer.echo

    def kill(message: str, **options: Any) -> None:
        if "epoch 2" in message:
            raise Killed
        real(message, **options)

    monkeypatch.setattr(typer, "echo", kill)
    with pytest.raises(Killed):
        train.main("tiny")
    monkeypatch.setattr(typer, "echo", real)
    train.main("tiny")
    assert written() == whole

    method, (_, config) = read_json(paths.train_metrics("tiny"))["method"], load_model(MODEL)
    assert config.loss["name"] == name
    kept = json.loads(whole[str(MODEL / "model.json")])["training"]["method"]
    assert kept == {key: value for key, value in method.items() if key != "images"}, "a model names no images"
    hashed = {path[:12] for path in read_table(paths.SPLITS, SPLITS)["sample_id"]}
    assert {entry["image"] for entry in method.get("images", [])} <= hashed
    own = paths.train_curves("tiny").read_text().splitlines()[0].split(",")[len(COLUMNS) :]
    assert own == {"scn": ["relabelled_share"], "rul": [], "bbn": ["conventional_share"], "mean_teacher_selected": ["selected"]}[name]
    found = {"scn": "relabelled", "rul": "images", "bbn": "branches", "mean_teacher_selected": "selected"}[name]
    assert method[found]
