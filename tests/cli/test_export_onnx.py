"""`mien export onnx` as a user runs it: what is written and said, and what is refused."""

import json
from pathlib import Path

import pytest

from mien.cli.app import app
from mien.core import paths
from mien.core.files import write_json
from mien.export.metadata import exported_answer, read_metadata
from mien.predict.answer import answer_document
from tests.export.make import answer_for, saved
from tests.export.test_images import splits
from tests.least import MODELS
from tests.models.make import make_config
from tests.store.test_faces import store
from tests.surroundings import Outcome, leftovers, run_here

CONFIG = make_config(name="m", head="linear", precision="bf16")
PARAMS = f"labels: {{classes: [{', '.join(CONFIG.classes)}]}}\n{MODELS}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository in which a model was trained and evaluated, and whose images were not fetched."""
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    folder = saved(tmp_path / paths.model("m"), CONFIG)
    write_json(tmp_path / paths.answer("m"), answer_document(answer_for(folder)))
    write_json(tmp_path / paths.prediction_config("m"), {"tta": "flip"})
    return tmp_path


def with_images(workspace: Path, num: int) -> None:
    names = [*store(workspace / paths.FACES, [48] * num)]
    splits(workspace / paths.SPLITS, names, (["test", "train"] * num)[:num])


def onnx(folder: Path, *arguments: str) -> Outcome:
    return run_here(app, "export", "onnx", *arguments, root=folder)


def refused(folder: Path, *arguments: str) -> str:
    """The one line of an error; nothing else is said, and nothing is left behind."""
    before = sorted(folder.rglob("*"))
    done = onnx(folder, *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and done.err.startswith("error: ")
    assert sorted(folder.rglob("*")) == before
    return done.err.removeprefix("error: ").rstrip("\n")


def test_a_model_of_the_repository_is_written_and_replaced_by_its_next_export(workspace: Path) -> None:
    done = onnx(workspace, "m", "--out", "there/m.onnx")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("export: there/m.onnx, fp32, ") and "100.0% of 32 drawn faces have the class that torch gives" in done.out
    answer = answer_for(workspace / paths.model("m"))
    assert exported_answer(workspace / "there/m.onnx") == answer
    with_images(workspace, 7)
    done = onnx(workspace, "models/m", "--out", "there/m.onnx", "--precision", "fp16")
    assert done.code == 0 and ", fp16, " in done.out and "of 4 test images have the class" in done.out
    assert read_metadata(workspace / "there/m.onnx")["precision"] == "fp16" and leftovers(workspace) == []


def test_int8_is_calibrated_on_training_images(workspace: Path) -> None:
    assert refused(workspace, "m", "--out", "m.onnx", "--precision", "int8") == (
        "data/splits.parquet is missing; run `dvc repro split` to make it (or `dvc pull` to fetch it)"
    )
    with_images(workspace, 20)
    done = onnx(workspace, "m", "--out", "m.onnx", "--precision", "int8")
    assert done.code == 0 and ", int8, " in done.out and "of 10 test images have the class" in done.out


def test_a_folder_of_export_half_is_enough(workspace: Path) -> None:
    for file in (paths.card("m"), paths.LOCKED):
        (workspace / file).parent.mkdir(parents=True, exist_ok=True)
        (workspace / file).touch()
    assert run_here(app, "export", "half", "m", "elsewhere/shared", root=workspace).code == 0
    place = workspace / "elsewhere"
    done = onnx(place, "./shared", "--out", "m.onnx")
    assert done.code == 0 and "of 32 drawn faces have" in done.out
    sha256 = json.loads((place / "shared/model.json").read_text(encoding="utf-8"))["weights_sha256"]
    assert read_metadata(place / "m.onnx")["weights_sha256"] == sha256
    assert "--precision int8: the ranges of the activations are measured on training images" in refused(
        place, "./shared", "--out", "n.onnx", "--precision", "int8"
    )
    (place / "shared/answer.json").unlink()
    assert refused(place, "./shared", "--out", "n.onnx") == (
        "shared has no answer.json; name a model of params.yaml, or a folder that `mien export half` wrote"
    )


def test_what_is_no_model_is_named(workspace: Path) -> None:
    assert refused(workspace, "n", "--out", "n.onnx") == "models has no 'n'; choose one of: m"
    assert refused(workspace, "models/n", "--out", "n.onnx") == "models has no 'n'; choose one of: m"
    assert refused(workspace, "./gone", "--out", "n.onnx").startswith("gone does not exist; name a model of params.yaml, or a folder")
    (workspace / "mine").mkdir()
    assert refused(workspace, "mine/", "--out", "n.onnx").startswith("mine has no model.json; name a model")
    (workspace / paths.answer("m")).unlink()
    assert refused(workspace, "m", "--out", "n.onnx").startswith("data/answers/m.json is missing; run `dvc repro evaluate@m` to make it")


def test_a_file_of_someone_else_is_left_alone(workspace: Path) -> None:
    (workspace / "theirs.onnx").write_text("theirs", encoding="utf-8")
    assert refused(workspace, "m", "--out", "theirs.onnx") == (
        "theirs.onnx exists and was not written by `mien export onnx`; name a file that does not exist"
    )
    assert refused(workspace, "m", "--out", "m.pt") == "--out m.pt: the name of the file must end with .onnx"
    assert (workspace / "theirs.onnx").read_text(encoding="utf-8") == "theirs"


def test_an_answer_to_other_weights_is_refused(workspace: Path) -> None:
    answer = answer_for(workspace / paths.model("m"), weights_sha256="3" * 64)
    write_json(workspace / paths.answer("m"), answer_document(answer))
    assert "belong to other weights than those in models/m; run `dvc repro evaluate@m`" in refused(workspace, "m", "--out", "m.onnx")
