"""What a user sees of DVC: the pipeline runs once, a second run runs nothing, changes and faults end as they should, sharing works."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.pipeline.conftest import SMALL_MODELS, Workspace


def test_everything_is_there_after_the_first_run(workspace: Workspace) -> None:
    leaderboard = json.loads(workspace.read("metrics/leaderboard.json"))
    assert set(SMALL_MODELS) <= set(leaderboard)
    for model in SMALL_MODELS:
        assert {path.name for path in (workspace.root / "models" / model).iterdir()} == {"weights.safetensors", "model.json"}
        assert 0 <= leaderboard[model]["macro_f1"] <= 1
    report = workspace.root / "metrics/report"
    assert {str(path.relative_to(report)) for path in report.rglob("*.*")} == {
        "index.html", "cards/data-card.md", *(f"models/{model}.html" for model in SMALL_MODELS),
        *(f"cards/{model}.md" for model in SMALL_MODELS),
    }  # fmt: skip


def test_every_file_of_the_sample_has_one_fate(workspace: Workspace) -> None:
    files = pd.read_parquet(workspace.root / "data/raw/files.parquet")
    fates = pd.read_parquet(workspace.root / "data/fates.parquet")
    assert sorted(fates["path"]) == sorted(files["path"])
    assert fates["path"].is_unique
    kept = set(fates.loc[fates["fate"] == "kept", "path"])
    assert kept == set(pd.read_parquet(workspace.root / "data/splits.parquet")["path"])


def test_a_second_run_runs_nothing(workspace: Workspace) -> None:
    assert workspace.stages_run(workspace.run("dvc", "repro")) == set()
    assert workspace.run("git", "status", "--porcelain") == ""


def test_status_knows_of_no_change(workspace: Workspace) -> None:
    changed = json.loads(workspace.run("dvc", "status", "--json"))
    assert set(changed) == {"inventory"}, "which looks at the source each time"


def test_models_are_compared_image_by_image_with_the_time_that_they_took(workspace: Workspace) -> None:
    table = workspace.run("mien", "table", "--against", "plain")
    rows = {line.split(" | ")[0].strip("| "): line for line in table.splitlines() if line.startswith("|")}
    assert set(SMALL_MODELS) <= set(rows)
    first = next(line for line in table.splitlines() if line.startswith("| focal_se"))
    assert f"{json.loads(workspace.read('metrics/leaderboard.json'))['focal_se']['accuracy']:.4f}" in first
    assert re.search(r"\[[+-]0\.\d{4}, [+-]\d\.\d{4}\]", first)
    assert re.search(r"\| *(\d+ min )?\d+ s *\|$", first)
    assert "metrics" not in workspace.run("git", "status", "--porcelain")


@pytest.mark.slow
def test_a_deleted_model_leaves_the_leaderboard(workspace: Workspace) -> None:
    workspace.change(lambda document: document["models"].pop("plain"))
    output = workspace.run("dvc", "repro")
    assert not workspace.stages_run(output) & {"train@focal_se", "evaluate@focal_se"}
    assert "plain" not in json.loads(workspace.read("metrics/leaderboard.json"))
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


@pytest.mark.slow
def test_views_and_an_ensemble_are_tested_without_any_training(workspace: Workspace) -> None:
    def edit(document: Any) -> None:
        document["models"]["focal_se"]["tta"] = "flip"
        document["ensembles"] = {"pair": ["plain", "focal_se"]}

    workspace.change(edit)
    ran = workspace.stages_run(workspace.run("dvc", "repro"))
    tested = {f"{stage}@focal_se" for stage in ("evaluate", "explain", "robustness")}
    assert ran == {"code", "configure", *tested, "ensemble@pair", "doubts", "compare", "report"}
    assert list(json.loads(workspace.read("metrics/leaderboard.json"))) == [*SMALL_MODELS, "pair"]
    assert "pair is an ensemble" in workspace.read("metrics/leaderboard.md").decode()
    assert (workspace.root / "metrics/report/models/pair.html").is_file()
    assert "| pair" in workspace.run("python", "-m", "mien", "table", "--against", "plain")
    assert workspace.stages_run(workspace.run("dvc", "repro")) == set()
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("git", "clean", "-fdq", "metrics")
    workspace.run("dvc", "checkout", "-q")


@pytest.mark.slow
def test_no_model_need_be_tested_on_worse_images(workspace: Workspace) -> None:
    workspace.change(lambda document: document["robustness"].update(models=[]))
    assert workspace.stages_run(workspace.run("dvc", "repro")) == {"configure", "report"}
    assert "Worse photographs" not in workspace.read("metrics/report/index.html").decode()
    workspace.change(lambda document: document["robustness"].update(models=["plain"], images=20))
    assert workspace.stages_run(workspace.run("dvc", "repro")) == {"configure", "robustness@plain", "report"}
    assert json.loads(workspace.read("metrics/robustness/plain.json"))["num_images"] <= 20
    assert "Worse photographs" in workspace.read("metrics/report/index.html").decode()
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("git", "clean", "-fdq", "metrics")
    workspace.run("dvc", "checkout", "-q")


@pytest.mark.slow
def test_an_export_is_tested_without_any_training_and_leaves_no_trace(workspace: Workspace) -> None:
    before = {path: workspace.read(path) for path in ("metrics/leaderboard.md", "metrics/comparisons.csv", "metrics/leaderboard.json")}
    alone = json.loads(before["metrics/leaderboard.json"])
    entries = {f"plain_{precision}": {"model": "plain", "precision": precision} for precision in ("fp32", "int8")}
    workspace.change(lambda document: document.update(exports=entries))
    ran = workspace.stages_run(workspace.run("dvc", "repro"))
    assert ran == {"configure", "export@plain_fp32", "export@plain_int8", "compare", "report"}
    leaderboard = json.loads(workspace.read("metrics/leaderboard.json"))
    assert list(leaderboard) == [*SMALL_MODELS, *entries] and leaderboard["plain_fp32"] == leaderboard["plain"] == alone["plain"]
    row, model = (json.loads(workspace.read(f"metrics/evaluate/{name}.json")) for name in ("plain_fp32", "plain"))
    assert abs(row["calibration"]["after"]["ece"] - model["calibration"]["after"]["ece"]) < 1e-6
    assert (workspace.root / "metrics/report/models/plain_int8.html").is_file()
    assert "| plain_int8" in workspace.run("python", "-m", "mien", "table", "--against", "plain")
    assert workspace.run("python", "-m", "mien", "table", "plain_int8").count("| plain_int8") == 1
    assert workspace.stages_run(workspace.run("dvc", "repro")) == set()
    workspace.change(lambda document: document.update(exports={}))
    assert workspace.stages_run(workspace.run("dvc", "repro")) <= {"configure", "compare", "report"}, "or taken from the cache of runs"
    assert {path: workspace.read(path) for path in before} == before
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("git", "clean", "-fdq", "metrics")
    workspace.run("dvc", "checkout", "-q")


@pytest.mark.slow
def test_a_model_that_another_one_starts_from_is_trained_first(workspace: Workspace) -> None:
    """DVC knows the dependency: the pretrained weights of the second model are those that the first one has just been trained to."""

    def edit(document: Any) -> None:
        document["models"]["plain"]["train"] = {"epochs": 1}
        document["models"]["tuned"] = {**SMALL_MODELS["plain"], "weights": "../models/plain"}

    workspace.change(edit)
    ran = workspace.stages_run(workspace.run("dvc", "repro", "train@tuned"))
    assert ran == {"code", "configure", "train@plain", "pretrained@tuned", "train@tuned"}
    note = json.loads(workspace.read("data/pretrained/tuned/start/pretrained.json"))
    trained = json.loads(workspace.read("models/plain/model.json"))
    assert (note["weights"], note["source"], note["sha256"]) == ("model", "model plain", trained["weights_sha256"])
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("git", "clean", "-fdq", "metrics")
    workspace.run("dvc", "checkout", "-q")


@pytest.mark.slow
def test_a_teacher_is_trained_before_its_student_and_leaves_no_trace(workspace: Workspace) -> None:
    """`focal_se` becomes a teacher of `plain`; then it changes; then it is no teacher any longer."""

    def repro() -> list[str]:
        output = workspace.run("dvc", "repro", "train@plain", "train@focal_se")
        ran = [line.split("'")[1] for line in output.splitlines() if line.strip().startswith("Running stage '")]
        return [stage for stage in ran if stage not in ("inventory", "code")]

    written = ("models/plain/weights.safetensors", "models/plain/model.json", "metrics/train/plain.json")
    alone = [workspace.read(path) for path in written]
    workspace.change(lambda document: document.update(distillation={"to_plain": {"student": "plain", "teacher": "focal_se"}}))
    assert repro() == ["configure", "teach@to_plain", "train@plain"]
    assert json.loads(workspace.read("metrics/train/plain.json"))["teachers"] == ["focal_se"]
    taught, splits = (pd.read_parquet(workspace.root / "data" / name) for name in ("pretrained/plain/to_plain.parquet", "splits.parquet"))
    assert set(taught["sample_id"]) == set(splits.loc[splits["split"] == "train", "sample_id"])

    workspace.change(lambda document: document["models"]["focal_se"]["train"].update(epochs=1))
    assert repro() == ["configure", "train@focal_se", "teach@to_plain", "train@plain"]

    workspace.change(lambda document: document.update(distillation={}))
    assert repro() == ["configure", "train@plain"]
    assert [workspace.read(path) for path in written] == alone
    assert [path.name for path in (workspace.root / "data/pretrained/plain").iterdir()] == ["start"]
    assert repro() == []
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("git", "clean", "-fdq", "metrics")
    workspace.run("dvc", "checkout", "-q")


def test_a_fault_in_params_stops_before_anything_is_written(workspace: Workspace) -> None:
    workspace.change(lambda document: document["loss"].update(gamma=-1))
    output = workspace.run("dvc", "repro", code=255)
    assert "loss.gamma" in output
    assert "-1" in output
    assert "Traceback" not in output
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


def test_a_failed_expectation_stops_before_training(workspace: Workspace) -> None:
    workspace.change(lambda document: document["validate"].update(share_tolerance=0.0))
    output = workspace.run("dvc", "repro", code=255)
    assert workspace.stages_run(output) == {"validate"}
    assert "share" in output
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


def test_sharing_through_a_remote(workspace: Workspace, tmp_path: Path) -> None:
    workspace.run("dvc", "remote", "add", "--local", "-d", "store", str(tmp_path / "store"))
    workspace.run("dvc", "push", "-q")
    clone = tmp_path / "clone"
    workspace.run("git", "clone", "-q", str(workspace.root), str(clone))
    other = Workspace(clone)
    other.run("dvc", "remote", "add", "--local", "-d", "store", str(tmp_path / "store"))
    other.run("dvc", "pull", "-q")
    assert other.stages_run(other.run("dvc", "repro")) == set()


def test_own_photographs_can_be_tracked(workspace: Workspace) -> None:
    folder = workspace.root / "data/incoming/happy"
    folder.mkdir(parents=True)
    (folder / "one.jpg").write_bytes(b"a photograph")
    workspace.run("dvc", "add", "-q", "data/incoming")
    assert workspace.run("git", "status", "--porcelain") == "?? data/incoming.dvc\n"
    workspace.run("dvc", "remove", "-q", "data/incoming.dvc")
    shutil.rmtree(folder.parent)
    workspace.run("git", "checkout", "-q", ".")
