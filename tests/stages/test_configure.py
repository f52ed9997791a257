"""The stages `configure` and `pretrained` as commands, in a folder that holds nothing but params.yaml."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mien.config.model import read_config
from mien.config.params import load_params
from mien.config.prediction import read_export_config
from mien.core import paths
from mien.core.errors import TableError
from mien.models import hub
from mien.models.weights import origin_of, read_note
from tests.surroundings import Outcome, run_stage_here

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "fer").symlink_to(ROOT / "weights" / "fer")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stage(name: str, *arguments: str) -> Outcome:
    return run_stage_here(name, *arguments, root=Path())


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_configure_writes_one_file_per_model_and_removes_others(here: Path) -> None:
    (here / "data/configs").mkdir(parents=True)
    (here / "data/configs/gone.json").write_text("{}")
    done = stage("configure")
    assert done.code == 0 and done.out.startswith("configure: ") and not done.err
    models = load_params().models
    expected = [
        *(f"{folder}{model}.json" for model in models for folder in ("", "pretrained/", "prediction/", "explain/")),
        *(f"exports/{export}.json" for export in load_params().exports),
        "stages/crosseval.json",
        "stages/ensemble.json",
        "stages/evaluate.json",
        "stages/explain.json",
        "stages/export.json",
        "stages/robustness.json",
        "stages/temporal.json",
    ]
    assert sorted(files(here / "data/configs")) == sorted(expected)
    assert all(read_config(paths.config(model)).name == model for model in models)
    before = files(here / "data")
    stage("configure")
    assert files(here / "data") == before


def test_configure_writes_the_members_of_an_ensemble_with_their_views(here: Path) -> None:
    text = (here / "params.yaml").read_text().replace("ensembles: {}", "ensembles: {pair: [resnet50, densenet121]}", 1)
    (here / "params.yaml").write_text(text.replace("  densenet121:\n", "  densenet121:\n    tta: flip\n", 1))
    assert stage("configure").code == 0
    members = json.loads(paths.ensemble_config("pair").read_text())["members"]
    assert list(members.items()) == [("resnet50", {"tta": "none"}), ("densenet121", {"tta": "flip"})]
    assert "tta" not in json.loads(paths.config("densenet121").read_text()), "which training depends on"
    assert json.loads(paths.prediction_config("densenet121").read_text()) == {"tta": "flip"}


def test_an_export_adds_a_file_and_leaves_all_others_as_they_were(here: Path) -> None:
    text = (here / "params.yaml").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("exports: "))
    (here / "params.yaml").write_text(text.replace(line, "exports: {}"))
    assert stage("configure").code == 0
    before = files(here / "data/configs")
    (here / "params.yaml").write_text(text.replace(line, "exports: {small: {model: resnet50, precision: fp16}}"))
    assert stage("configure").code == 0
    after = files(here / "data/configs")
    assert json.loads(after.pop("exports/small.json")) == {"model": "resnet50", "precision": "fp16"}
    assert after == before and read_export_config(paths.export_config("small")).precision == "fp16"
    paths.export_config("small").write_text('{"model": "resnet50"}')
    with pytest.raises(TableError, match=r"exports/small\.json does not contain the settings of an export; run `dvc repro configure`"):
        read_export_config(paths.export_config("small"))


def test_configure_names_the_teachers_of_a_student_and_leaves_other_models_as_they_were(here: Path) -> None:
    stage("configure")
    before, text = files(here / "data"), (here / "params.yaml").read_text()
    pairs = "{a: {student: mobilenetv2, teacher: resnet50}, b: {student: mobilenetv2, teacher: densenet121}}"
    (here / "params.yaml").write_text(text.replace("distillation: {}", f"distillation: {pairs}", 1))
    assert stage("configure").code == 0
    after, student = files(here / "data"), paths.config("mobilenetv2")
    assert {name for name in before if before[name] != after[name]} == {str(student.relative_to("data"))}
    document = json.loads(student.read_text())
    assert document["teachers"] == {"a": "resnet50", "b": "densenet121"} and document["train"]["distill_temperature"] == 2.0
    assert read_config(student).teachers == document["teachers"]


def test_epochs_of_one_model_change_how_it_is_trained_and_explained_and_no_other_file(here: Path) -> None:
    stage("configure")
    before, text = files(here / "data/configs"), (here / "params.yaml").read_text()
    (here / "params.yaml").write_text(text.replace("  resnet50:\n", "  resnet50:\n    explain: {epochs: [1, best]}\n", 1))
    assert stage("configure").code == 0
    after = files(here / "data/configs")
    assert {name for name in after if after[name] != before[name]} == {"resnet50.json", "explain/resnet50.json"}
    assert json.loads(after["resnet50.json"])["keep_epochs"] == [1]
    assert json.loads(after["explain/resnet50.json"])["epochs"] == [1, "best"]
    (here / "params.yaml").write_text(text.replace("  resnet50:\n", "  resnet50:\n    explain: {epochs: [best], maps: 9}\n", 1))
    assert stage("configure").code == 0
    assert {name for name, content in files(here / "data/configs").items() if content != before[name]} == {"explain/resnet50.json"}


def test_configure_writes_nothing_for_faulty_parameters(here: Path) -> None:
    text = (here / "params.yaml").read_text().replace("gamma: 2.0", "gamma: -2.0")
    (here / "params.yaml").write_text(text)
    done = stage("configure")
    assert done.code == 2 and "loss.gamma" in done.err and "Traceback" not in done.err
    assert not (here / "data").exists()


def test_pretrained_none_notes_that_there_are_none(here: Path) -> None:
    done = stage("pretrained", "resnet50")
    assert done.code == 0 and "no pretrained weights" in done.out
    assert json.loads((here / "data/pretrained/resnet50/start/pretrained.json").read_text())["weights"] == "none"


def test_pretrained_none_imports_no_torch() -> None:
    code = (
        "import sys, stages.pretrained, stages.configure; sys.exit(bool({'torch', 'timm', 'numpy', 'pandas', 'mlflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_another_tag_changes_what_pretrained_reads_and_nothing_else(here: Path) -> None:
    text = (here / "params.yaml").read_text()
    seen = []
    for tag in ("", "    weights_tag: tv_in1k\n"):
        (here / "params.yaml").write_text(text.replace("    weights: none\n", f"    weights: imagenet\n{tag}", 1))
        assert stage("configure").code == 0
        seen.append(files(here / "data/configs"))
    changed = {name for name in seen[0] if seen[0][name] != seen[1][name]}
    assert changed == {"pretrained/resnet50.json"}
    assert [json.loads(each["pretrained/resnet50.json"])["tag"] for each in seen] == ["a1_in1k", "tv_in1k"]


def test_pretrained_warns_of_weights_of_more_than_imagenet_1k(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (here / "params.yaml").read_text().replace("backbone: resnet50\n    weights: none", "backbone: resnet18\n    weights: imagenet")
    monkeypatch.setattr(hub, "_download", lambda *_: here / "params.yaml")
    monkeypatch.setattr(hub, "load", lambda *_: {"a": torch.zeros(1)})
    for tag, more in (("", ""), ("fb_swsl_ig1b_ft_in1k", "a billion images of Instagram")):
        entry = f"weights: imagenet\n    weights_tag: {tag}" if tag else "weights: imagenet"
        (here / "params.yaml").write_text(text.replace("weights: imagenet", entry))
        done = stage("pretrained", "resnet50")
        assert done.code == 0 and done.err.startswith("warning: models.resnet50.weights: resnet18.fb_swsl") == bool(more)
        assert more in done.err
        note = read_note(here / "data/pretrained/resnet50/start")
        assert origin_of(note) == (f"imagenet ({tag}: more than ImageNet-1k, {more})" if more else "imagenet (a1_in1k)")


@pytest.mark.usefixtures("here")
def test_pretrained_names_the_models_there_are() -> None:
    done = stage("pretrained", "mobilnetv2")
    assert done.code == 2 and "choose one of: resnet50" in done.err and "Traceback" not in done.err


def test_pretrained_says_what_is_missing(here: Path) -> None:
    entry = "backbone: mobilenetv2_100\n    weights: "
    text = (here / "params.yaml").read_text()
    assert entry + "fer" in text
    (here / "params.yaml").write_text(text.replace(entry + "fer", entry + "downloads"))
    (here / "weights" / "downloads").mkdir()
    done = stage("pretrained", "mobilenetv2")
    assert done.code == 2 and "weights/downloads contains no mobilenetv2_100.safetensors" in done.err and "Traceback" not in done.err
    assert not (here / "data").exists() or not list((here / "data").rglob("*.*"))
