"""What a user sees of DVC: the pipeline runs once, changes rerun what they concern and nothing else, experiments and sharing work."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.pipeline.conftest import SMALL_MODELS, Workspace


def test_everything_is_there_after_the_first_run(workspace: Workspace) -> None:
    leaderboard = json.loads(workspace.read("metrics/leaderboard.json"))
    assert set(SMALL_MODELS) <= set(leaderboard)
    for model in SMALL_MODELS:
        assert {path.name for path in (workspace.root / "models" / model).iterdir()} == {"weights.safetensors", "model.json"}
        assert 0 <= leaderboard[model]["macro_f1"] <= 1


def test_every_file_of_the_sample_has_one_fate(workspace: Workspace) -> None:
    files = pd.read_parquet(workspace.root / "data/raw/files.parquet")
    fates = pd.read_parquet(workspace.root / "data/fates.parquet")
    assert sorted(fates["path"]) == sorted(files["path"])
    assert fates["path"].is_unique
    kept = set(fates.loc[fates["fate"] == "kept", "path"])
    assert kept == set(pd.read_parquet(workspace.root / "data/splits.parquet")["path"])


def test_a_second_run_runs_nothing(workspace: Workspace) -> None:
    output = workspace.run("dvc", "repro")
    assert workspace.stages_run(output) == set()
    assert "up to date" in output


def test_gamma_retrains_the_focal_model_alone(workspace: Workspace) -> None:
    ran = workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "loss.gamma=3"))
    assert {"configure", "train@focal_se", "evaluate@focal_se"} <= ran <= {"configure", "train@focal_se", "evaluate@focal_se", "compare"}
    compared = json.loads(workspace.run("dvc", "metrics", "diff", "--all", "--json"))["metrics/leaderboard.json"]
    assert {f"{model}.macro_f1" for model in SMALL_MODELS} <= set(compared)
    assert not [key for key, figure in compared.items() if key.startswith("plain.") and figure["diff"]]
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


def test_a_models_entry_retrains_that_model_alone(workspace: Workspace) -> None:
    ran = workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "models.plain.input_px=48"))
    assert {"configure", "train@plain", "evaluate@plain"} <= ran <= {"configure", "train@plain", "evaluate@plain", "compare"}
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


def test_runtime_reruns_nothing(workspace: Workspace) -> None:
    assert workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "runtime.workers=1")) == set()
    workspace.run("git", "checkout", "-q", ".")


def test_a_new_loss_file_retrains_nothing(workspace: Workspace) -> None:
    new = workspace.root / "mien/losses/another.py"
    shutil.copy(workspace.root / "mien/losses/cross_entropy.py", new)
    assert workspace.stages_run(workspace.run("dvc", "repro")) <= {"configure"}
    new.unlink()
    workspace.run("git", "checkout", "-q", ".")


def test_temp_and_queued_experiments_run(workspace: Workspace) -> None:
    workspace.run("dvc", "exp", "run", "--temp", "-n", "in_temp", "-S", "loss.gamma=4")
    for gamma in ("5", "6"):
        workspace.run("dvc", "exp", "run", "--queue", "-n", f"queued_{gamma}", "-S", f"loss.gamma={gamma}")
    workspace.run("dvc", "exp", "run", "--run-all")
    shown = json.loads(workspace.run("dvc", "exp", "show", "--json", "--no-pager"))
    experiments = {
        name: one
        for base in shown
        for experiment in base["experiments"] or ()
        for one in experiment["revs"]
        for name in [experiment["name"]]
    }
    assert {"in_temp", "queued_5", "queued_6"} <= set(experiments)
    for name, gamma in (("in_temp", 4), ("queued_5", 5), ("queued_6", 6)):
        data = experiments[name]["data"]
        assert data["params"]["params.yaml"]["data"]["loss"]["gamma"] == gamma
        assert "focal_se" in data["metrics"]["metrics/leaderboard.json"]["data"]


@pytest.mark.slow
def test_a_study_runs_from_file_to_table_and_leaves_the_workspace_alone(workspace: Workspace) -> None:
    (workspace.root / "experiments/two.yaml").write_text(
        "title: two learning rates\nmodels: [plain]\nparams: {models: {'*': {train: {epochs: 1}}}}\ngrid: {models.*.train.lr: [0.001, 0.01]}\n",
        encoding="utf-8",
    )
    workspace.commit("a study")
    params = workspace.read("params.yaml")
    assert "two: two learning rates (2 runs)" in workspace.run("mien", "study")
    assert workspace.run("mien", "study", "two", "--dry").count("dvc exp run --queue --name two-0.0") == 2
    workspace.run("mien", "study", "two")
    assert "2 of the 2 runs of two are there already (2 queued)" in workspace.run("mien", "study", "two", code=2)
    output = workspace.run("mien", "study", "two", "--run")
    assert workspace.stages_run(output) == {"configure", "train@plain", "evaluate@plain", "compare"}
    rows = [line.strip("| ").replace(" ", "").split("|") for line in workspace.run("mien", "study", "two", "--show").splitlines()]
    assert [row[:2] for row in rows[2:4]] == [["0.001", "0.001"], ["0.01", "0.01"]]
    assert all(0 <= float(cell) <= 1 for row in rows[2:4] for cell in row[2:5])
    assert "(2 done)" in workspace.run("mien", "study", "two", "--run", code=2)
    assert workspace.read("params.yaml") == params
    assert workspace.run("git", "status", "--porcelain") == ""
    workspace.run("dvc", "exp", "remove", "two-0.01")
    workspace.run("mien", "study", "two", "--missing")
    assert [line.split()[1] for line in workspace.run("dvc", "queue", "status").splitlines() if "Queued" in line] == ["two-0.01"]
    workspace.run("dvc", "exp", "remove", "two-0.01", "two-0.001")


def test_models_are_compared_image_by_image_with_the_time_that_they_took(workspace: Workspace) -> None:
    table = workspace.run("mien", "table", "--against", "plain")
    rows = {line.split(" | ")[0].strip("| "): line for line in table.splitlines() if line.startswith("|")}
    assert set(SMALL_MODELS) <= set(rows)
    first = next(line for line in table.splitlines() if line.startswith("| focal_se"))
    assert f"{json.loads(workspace.read('metrics/leaderboard.json'))['focal_se']['accuracy']:.4f}" in first
    assert re.search(r"\[[+-]0\.\d{4}, [+-]\d\.\d{4}\]", first)
    assert re.search(r"\| (\d+ min )?\d+ s \|$", first)
    assert "metrics" not in workspace.run("git", "status", "--porcelain")


def test_a_deleted_model_leaves_the_leaderboard(workspace: Workspace) -> None:
    workspace.change(lambda document: document["models"].pop("plain"))
    output = workspace.run("dvc", "repro")
    assert not workspace.stages_run(output) & {"train@focal_se", "evaluate@focal_se"}
    assert "plain" not in json.loads(workspace.read("metrics/leaderboard.json"))
    workspace.run("git", "checkout", "-q", ".")
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


def test_two_clean_runs_give_the_same_metrics(workspace: Workspace, tmp_path: Path) -> None:
    workspace.run("git", "clone", "-q", str(workspace.root), str(tmp_path / "again"))
    again = Workspace(tmp_path / "again")
    again.run("dvc", "repro")  # dvc.lock is there, the cache is not
    assert again.read("data/sample.zip") == workspace.read("data/sample.zip")
    compared = [path.relative_to(workspace.root) for path in (workspace.root / "metrics").rglob("*") if path.is_file()]
    assert len(compared) > 10
    for path in compared:
        assert again.read(path) == workspace.read(path), path


def test_own_photographs_can_be_tracked(workspace: Workspace) -> None:
    folder = workspace.root / "data/incoming/happy"
    folder.mkdir(parents=True)
    (folder / "one.jpg").write_bytes(b"a photograph")
    workspace.run("dvc", "add", "-q", "data/incoming")
    assert workspace.run("git", "status", "--porcelain") == "?? data/incoming.dvc\n"
    workspace.run("dvc", "remove", "-q", "data/incoming.dvc")
    shutil.rmtree(folder.parent)
    workspace.run("git", "checkout", "-q", ".")
