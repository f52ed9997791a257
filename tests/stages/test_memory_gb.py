"""runtime.memory_gb changes where faces are decoded, and no byte of what a stage writes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mien.config.configure import configure
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ParamsError, TableError
from mien.core.files import write_json
from mien.models import speed
from mien.models.build import build_model
from mien.models.store import save_model
from mien.store import faces
from mien.store.face_images import InMemory
from mien.store.shards import shard_path
from stages import doubts, evaluate, explain, export, teach, train
from tests.export.make import trained_like
from tests.stages import test_doubts, test_evaluate, test_explain, test_teach
from tests.surroundings import tree
from tests.training.tiny import write_workspace


def for_teaching() -> None:
    paths.PARAMS.write_text(test_teach.PARAMS)
    write_workspace(Path(), test_teach.STUDENT)
    torch.manual_seed(3)
    save_model(paths.model("big"), build_model(test_teach.TEACHER), test_teach.TEACHER, facts={"weights": "none"})


def for_training() -> None:
    for_teaching()
    teach.main("big_to_small")


def for_evaluation() -> None:
    params = test_evaluate.PARAMS.replace("head: dense", "head: linear")
    paths.PARAMS.write_text(params + "exports: {file: {model: tiny, precision: int8}}\n")
    test_evaluate.write_images()
    test_evaluate.write_splits({})
    test_evaluate.write_training()
    write_json(paths.prediction_config("tiny"), {"tta": "flip"})
    config = configure(load_params(), "tiny")
    save_model(paths.model("tiny"), trained_like(config), config, facts=test_evaluate.FACTS)


def for_export() -> None:
    for_evaluation()
    write_json(paths.export_config("file"), load_params().exports["file"].model_dump())
    evaluate.main("tiny")


def for_doubts() -> None:
    paths.PARAMS.write_text(test_doubts.PARAMS.replace('model: ""', "model: tiny"))
    shutil.copy(Path(__file__).parents[2] / "corrections.csv", "corrections.csv")
    torch.manual_seed(0)
    config = configure(load_params(), "tiny")
    save_model(paths.model("tiny"), build_model(config), config, facts={})
    test_doubts.Set(num_wrong=4)


STAGES: dict[str, tuple[Callable[[], None], Callable[..., None], tuple[str, ...]]] = {
    "train": (for_training, train.main, ("tiny",)),
    "teach": (for_teaching, teach.main, ("big_to_small",)),
    "evaluate": (for_evaluation, evaluate.main, ("tiny",)),
    "explain": (test_explain.make, explain.main, ("tiny",)),
    "export": (for_export, export.main, ("file",)),
    "doubts": (for_doubts, doubts.main, ()),
}


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first").mkdir()
    monkeypatch.chdir(tmp_path / "first")
    monkeypatch.setenv("MIEN_TRACKING", "off")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(speed, "BUDGET_S", 0.0)
    torch.set_num_threads(1)


def outputs() -> dict[str, bytes]:
    """All files but params.yaml and .mien/, which has durations."""
    return {name: content for name, content in tree(Path()).items() if not name.startswith((".mien/", "params.yaml"))}


def allow_bytes(num_gb: str) -> None:
    """Sets runtime.memory_gb."""
    paths.PARAMS.write_text(paths.PARAMS.read_text().replace("runtime: {", f"runtime: {{memory_gb: {num_gb}, "))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_writes_the_same(stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    prepare, main, arguments = STAGES[stage]
    prepare()
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    given = outputs()
    main(*arguments)
    written = outputs()
    assert written != given and "decoded while they are used" not in capsys.readouterr().err

    monkeypatch.chdir(tmp_path / "second")
    allow_bytes("1e-9")
    in_memory = []

    class Noted(InMemory):
        def __init__(self, images_N3SS: torch.Tensor) -> None:
            in_memory.append(images_N3SS)
            super().__init__(images_N3SS)

    monkeypatch.setattr(faces, "InMemory", Noted)
    main(*arguments)
    assert bool(in_memory) == (stage == "export"), "an export is proved on few images, which are always in memory"
    assert outputs() == written
    assert ("decoded while they are used" in capsys.readouterr().err) == (stage == "train")


@pytest.mark.parametrize("num_gb", ["0", "1e-9"])
def test_a_missing_face_is_the_same_error(num_gb: str) -> None:
    for_training()
    allow_bytes(num_gb)
    shard_path(paths.FACES, "0").write_bytes(shard_path(paths.FACES, "f").read_bytes())
    with pytest.raises(TableError, match=r"^data/faces lacks \d+ of 36 faces, such as 0{7}"):
        train.main("tiny")


def test_memory_gb_has_a_bound() -> None:
    for_teaching()
    allow_bytes("-1")
    with pytest.raises(ParamsError, match=r"runtime\.memory_gb: must be greater than or equal to 0 \(got -1"):
        load_params()
