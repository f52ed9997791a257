"""What a user sees of DVC: the pipeline runs once, changes rerun what they concern and nothing else, experiments and sharing work."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.pipeline.conftest import SMALL_MODELS, Workspace

LINES = 40
"""of one screen"""


def needed(model: str) -> set[str]:
    """The stages that a change of one model's parameters must run."""
    return {"configure", f"train@{model}", f"evaluate@{model}"}


def at_most(model: str) -> set[str]:
    """The stages that it may run; the last ones stay as they are where the model's figures do."""
    return needed(model) | {f"explain@{model}", "doubts", "compare", "report"}


def test_everything_is_there_after_the_first_run(workspace: Workspace) -> None:
    leaderboard = json.loads(workspace.read("metrics/leaderboard.json"))
    assert set(SMALL_MODELS) <= set(leaderboard)
    for model in SMALL_MODELS:
        assert {path.name for path in (workspace.root / "models" / model).iterdir()} == {"weights.safetensors", "model.json"}
        assert 0 <= leaderboard[model]["macro_f1"] <= 1
    report = workspace.root / "metrics/report"
    assert {str(path.relative_to(report)) for path in report.rglob("*.*")} == {
        "index.html", "cards/data-card.md", *(f"models/{model}.html" for model in SMALL_MODELS), *(f"cards/{model}.md" for model in SMALL_MODELS),
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


def test_gamma_retrains_the_focal_model_alone(workspace: Workspace) -> None:
    ran = workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "loss.gamma=3"))
    assert needed("focal_se") <= ran <= at_most("focal_se")
    compared = json.loads(workspace.run("dvc", "metrics", "diff", "--all", "--json"))["metrics/leaderboard.json"]
    assert {f"{model}.macro_f1" for model in SMALL_MODELS} <= set(compared)
    assert not [key for key, figure in compared.items() if key.startswith("plain.") and figure["diff"]]
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


def test_a_changed_model_is_reviewed_on_one_screen_without_a_remote(workspace: Workspace, tmp_path: Path) -> None:
    workspace.run("dvc", "exp", "run", "-n", "reviewed", "-S", "loss.gamma=2.5")
    workspace.run("dvc", "exp", "branch", "reviewed", "review")
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")
    before, after = (
        json.loads(workspace.read("metrics/leaderboard.json")),
        json.loads(workspace.run("git", "show", "review:metrics/leaderboard.json")),
    )
    assert before["plain"] == after["plain"] and before["focal_se"] != after["focal_se"]
    workspace.run("git", "clone", "-q", str(workspace.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")  # what a reviewer has: neither DVC's cache nor a remote
    revisions = ("origin/main", "origin/review")

    lines = clone.run("dvc", "metrics", "diff", *revisions).splitlines()
    assert 1 < len(lines) <= LINES and all("focal_se" in line for line in lines[1:])
    compared = json.loads(clone.run("dvc", "metrics", "diff", *revisions, "--json"))["metrics/leaderboard.json"]
    changed = {name: after["focal_se"][name] - old for name, old in before["focal_se"].items() if after["focal_se"][name] != old}
    assert {name: figure["diff"] for name, figure in compared.items()} == pytest.approx(
        {f"focal_se.{name}": gap for name, gap in changed.items()}
    )
    assert len(clone.run("dvc", "metrics", "diff", "origin/review").splitlines()) == len(lines), "against what is in the folder, too"

    plots = json.loads(clone.run("dvc", "plots", "diff", *revisions, "--json"))
    assert not plots.get("errors")
    for path in ("metrics/curves/focal_se.csv", "metrics/evaluate/focal_se.confusion.csv", "metrics/evaluate/focal_se.reliability.csv"):
        (plot,) = plots["data"][path]
        assert plot["revisions"] == list(revisions)
        drawn = plot["content"] if isinstance(plot["content"], dict) else json.loads(plot["content"])
        assert "<DVC" not in json.dumps(drawn), "a template with a place that nothing fills"
        for revision in revisions:
            rows = clone.run("git", "show", f"{revision}:{path}").splitlines()
            assert sum(point["rev"] == revision for point in drawn["data"]["values"]) == len(rows) - 1, f"all of {path} at {revision}"
    clone.run("dvc", "plots", "diff", *revisions, "--out", "plots")
    page = clone.read("plots/index.html").decode()
    assert all(f"focal_se: {title}" in page for title in ("validation macro-F1", "confusion", "reliability"))


def test_a_models_entry_retrains_that_model_alone(workspace: Workspace) -> None:
    ran = workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "models.plain.input_px=48"))
    assert needed("plain") <= ran <= at_most("plain")
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
    # As far as the leaderboard: explanations and the report would take most of the time and say nothing of experiments.
    workspace.run("dvc", "exp", "run", "--temp", "-n", "in_temp", "-S", "loss.gamma=4", "compare")
    for gamma in ("5", "6"):
        workspace.run("dvc", "exp", "run", "--queue", "-n", f"queued_{gamma}", "-S", f"loss.gamma={gamma}", "compare")
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
    assert workspace.stages_run(output) == needed("plain") | {"compare"}
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
    assert re.search(r"\| *(\d+ min )?\d+ s *\|$", first)
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
    files = [path.relative_to(workspace.root) for path in (workspace.root / "metrics").rglob("*") if path.is_file()]
    # The report names the Git commit and how fast this machine is.
    compared = [path for path in files if path.parts[:2] != ("metrics", "report")]
    assert len(compared) > 20 and all((again.root / path).is_file() for path in files)
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
