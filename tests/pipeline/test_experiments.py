"""What a user sees of experiments: from the queue and in the workspace they run what they concern and nothing else (--temp:
test_source.py).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.conftest import SMALL_MODELS, Workspace

LINES = 40
"""of one screen"""
GAMMA = 3
"""of the experiment that is reviewed; the committed value is another"""


def needed(model: str) -> set[str]:
    """The stages that a change of one model's parameters must run."""
    return {"configure", f"train@{model}", f"evaluate@{model}"}


def at_most(model: str) -> set[str]:
    """The stages that it may run; the last ones stay as they are where the model's figures do."""
    return needed(model) | {"code", f"explain@{model}", f"robustness@{model}", "doubts", "compare", "report"}


@pytest.fixture(scope="module", autouse=True)
def queue(workspace: Workspace) -> None:
    """Two experiments from the queue: one as far as the leaderboard, whose result is the branch `review`, and one of a single stage."""
    workspace.run("dvc", "exp", "run", "--queue", "-n", "reviewed", "-S", f"loss.gamma={GAMMA}", "compare")
    workspace.run("dvc", "exp", "run", "--queue", "-n", "configured", "-S", f"loss.gamma={GAMMA + 1}", "configure")
    workspace.run("dvc", "exp", "run", "--run-all")
    workspace.run("dvc", "exp", "branch", "reviewed", "review")


def test_gamma_retrains_the_focal_model_alone(workspace: Workspace) -> None:
    ran = workspace.stages_run(workspace.run("dvc", "queue", "logs", "reviewed"))
    assert needed("focal_se") <= ran <= at_most("focal_se")
    assert workspace.stages_run(workspace.run("dvc", "queue", "logs", "configured")) == {"configure"}


def test_queued_experiments_are_shown_and_leave_the_workspace_alone(workspace: Workspace) -> None:
    shown = json.loads(workspace.run("dvc", "exp", "show", "--json", "--no-pager"))
    rows = [(experiment["name"], one["data"]) for base in shown for experiment in base["experiments"] or () for one in experiment["revs"]]
    experiments: dict[str, Any] = dict(rows)
    for name, gamma in (("reviewed", GAMMA), ("configured", GAMMA + 1)):
        assert experiments[name]["params"]["params.yaml"]["data"]["loss"]["gamma"] == gamma
        assert set(SMALL_MODELS) <= set(experiments[name]["metrics"]["metrics/leaderboard.json"]["data"])
    assert workspace.run("git", "status", "--porcelain") == ""


def test_a_changed_model_is_reviewed_on_one_screen_without_a_remote(workspace: Workspace, tmp_path: Path) -> None:
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
    assert all(f"focal_se: {title}" in page for title in ("macro-F1", "confusion", "reliability"))


@pytest.mark.slow
def test_a_models_entry_retrains_that_model_alone_in_the_workspace(workspace: Workspace) -> None:
    ran = workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "models.plain.input_px=48", "compare"))
    assert needed("plain") <= ran <= at_most("plain")
    assert workspace.stages_run(workspace.run("dvc", "repro", "--dry")) <= at_most("plain"), "what would run after the leaderboard"
    compared = json.loads(workspace.run("dvc", "metrics", "diff", "--all", "--json"))["metrics/leaderboard.json"]
    assert {f"{model}.macro_f1" for model in SMALL_MODELS} <= set(compared)
    assert [key for key, metric in compared.items() if key.startswith("plain.") and metric["diff"]]
    assert not [key for key, metric in compared.items() if key.startswith("focal_se.") and metric["diff"]]
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q")


def test_runtime_reruns_nothing(workspace: Workspace) -> None:
    assert workspace.stages_run(workspace.run("dvc", "exp", "run", "-S", "runtime.workers=1")) == set()
    workspace.run("git", "checkout", "-q", ".")


@pytest.mark.slow
def test_a_study_runs_from_file_to_table_and_leaves_the_workspace_alone(workspace: Workspace) -> None:
    (workspace.root / "experiments/two.yaml").write_text(
        "title: two learning rates\nmodels: [plain]\nparams: {models: {'*': {train: {epochs: 1}}}}\ngrid: {models.*.train.lr: [0.001, "
        "0.01]}\n",
        encoding="utf-8",
    )
    workspace.commit("a study")
    params = workspace.read("params.yaml")
    assert "two: two learning rates (2 runs)" in workspace.run("mien", "study")
    assert workspace.run("mien", "study", "two", "--dry").count("dvc exp run --queue --name two-0.0") == 2
    workspace.run("mien", "study", "two")
    assert "2 of the 2 runs of two already exist (2 queued)" in workspace.run("mien", "study", "two", code=2)
    output = workspace.run("mien", "study", "two", "--run")
    assert workspace.stages_run(output) - {"code"} == needed("plain") | {"compare"}
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
