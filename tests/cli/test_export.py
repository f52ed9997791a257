"""`mien export half` as a user runs it: what the folder contains, that another model can start from it, and what is refused."""

import json
from pathlib import Path

import pytest

from mien.cli.app import app
from mien.core import paths
from mien.core.files import write_json
from mien.models.pretrained import write_pretrained
from mien.models.store import save_model
from mien.predict.answer import answer_document, read_answer
from tests.export.make import answer_for
from tests.least import MODELS
from tests.models.make import make_config, make_model
from tests.surroundings import Outcome, run_here

PARAMS = f"labels: {{classes: [happy, sad]}}\n{MODELS}\n"

LOCK = "stages:\n  split:\n    cmd: a\n  train@m:\n    cmd: b\n  train@other:\n    cmd: c\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (tmp_path / "dvc.lock").write_text(LOCK, encoding="utf-8")
    (tmp_path / paths.card("m")).parent.mkdir(parents=True)
    (tmp_path / paths.card("m")).write_text("# m\n", encoding="utf-8")
    config = make_config(head="linear")
    save_model(tmp_path / paths.model("m"), make_model(config), config, facts={"fingerprint": "abc"})
    write_json(tmp_path / paths.answer("m"), answer_document(answer_for(tmp_path / paths.model("m"))))
    return tmp_path


def half(folder: Path, *arguments: str) -> Outcome:
    return run_here(app, "export", "half", *arguments, root=folder)


def test_the_folder_says_where_the_model_is_from_and_another_starts_from_it(workspace: Path) -> None:
    done = half(workspace, "m", "shared/m")
    assert done.code == 0 and done.out.startswith("export: m in shared/m, ")
    folder = workspace / "shared" / "m"
    assert sorted(file.name for file in folder.iterdir()) == [
        *("answer.json", "dvc.lock", "m.md", "model.json", "params.yaml", "weights.safetensors")
    ]
    assert (folder / "params.yaml").read_text(encoding="utf-8") == PARAMS
    locked = (folder / "dvc.lock").read_text(encoding="utf-8")
    assert "split:" in locked and "train@m:" in locked and "train@other" not in locked
    assert json.loads((folder / "model.json").read_text(encoding="utf-8"))["training"] == {"fingerprint": "abc"}
    described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    original = read_answer(workspace / paths.answer("m"), remedy="")
    assert described["weights_sha256"] != original.weights_sha256
    assert read_answer(folder / "answer.json", remedy="") == original.model_copy(update={"weights_sha256": described["weights_sha256"]})
    backbone = make_config(head="linear").backbone
    note = write_pretrained(workspace / "start", backbone=backbone, weights="shared/m", place=workspace)
    assert note["weights"] == "model"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert half(workspace, "m", "shared/m").code == 0, "an earlier export is replaced"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_folder_with_anything_else_is_left_alone(workspace: Path) -> None:
    (workspace / "mine").mkdir()
    (workspace / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    done = half(workspace, "m", "mine")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: mine exists and is not an exported model; name a folder that does not exist\n"
    assert [file.name for file in (workspace / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("lacking", [paths.card("m"), paths.LOCKED, paths.answer("m"), paths.model("m") / "model.json"])
def test_what_a_run_has_not_made_is_named(workspace: Path, lacking: Path) -> None:
    (workspace / lacking).unlink()
    done = half(workspace, "m", "shared")
    assert done.code == 2 and done.err.startswith(f"error: {lacking} is missing; run `dvc repro") and done.err.count("\n") == 1
    assert not (workspace / "shared").exists()
