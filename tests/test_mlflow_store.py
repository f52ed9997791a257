"""MLflow's database and artifacts stay in the repository: moved, copied, of an odd name; and a deleted experiment is told with its remedy."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from mlflow.tracking import MlflowClient

from mien import mlflow_store, paths
from mien.backfill import backfill
from mien.errors import TrackingError
from mien.params import load_params
from tests.surroundings import tree
from tests.test_tracking import EVALUATE, Folder, configured, empty_store

__all__ = ["empty_store"]  # a fixture
LIST = """
import json, sys
from mlflow.tracking import MlflowClient
client = MlflowClient(tracking_uri="sqlite:///mlflow.db")
found = client.get_experiment_by_name("mien")
runs = {run.data.tags["mien.kind"]: run.info.run_id for run in client.search_runs([found.experiment_id])}
print(json.dumps([found.artifact_location, client.get_run(runs["model"]).info.artifact_uri, [file.path for file in client.list_artifacts(runs["model"])]]))
"""


def listed(root: Path) -> tuple[Path, Path, list[str]]:
    """Where MLflow, as its user meets it, has the artifacts of experiment and model run, and which that run has."""
    done = subprocess.run([sys.executable, "-c", LIST], cwd=root, capture_output=True, text=True, check=True)
    location, run, files = json.loads(done.stdout.splitlines()[-1])
    return Path(unquote(urlsplit(location).path)), Path(unquote(urlsplit(run).path)), files


@pytest.fixture
def repository(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_", "MIEN_"))]:
        monkeypatch.delenv(name)
    root = tmp_path / "there"
    root.mkdir()
    monkeypatch.chdir(root)
    configured()
    shutil.copy(empty_store, root / "mlflow.db")
    return Folder(root)


@pytest.mark.parametrize("copied", [False, True])
def test_after_a_move_or_a_copy_all_artifacts_are_in_the_new_folder(
    copied: bool, repository: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = repository.root
    repository.stage(EVALUATE)
    assert listed(old)[0] == old / "mlartifacts"
    new = old.with_name("x%20y" if copied else "here")
    monkeypatch.chdir(old.parent)
    shutil.copytree(old, new) if copied else old.rename(new)
    before = tree(old) if copied else None
    monkeypatch.chdir(new)
    paths.slices("first").write_text("a,b\n")
    Folder(new).stage(EVALUATE)
    location, run, files = listed(new)
    assert location == new / "mlartifacts" and run.is_relative_to(location)
    assert sorted(files) == ["first.confusion.png", "first.slices.csv"], "the old one and the new"
    assert (run / "first.slices.csv").is_file() and (tree(old) if old.exists() else None) == before


def test_a_folder_that_somebody_chose_for_artifacts_stays(repository: Folder) -> None:
    chosen = repository.root.parent / "disk" / "mlartifacts"
    chosen.mkdir(parents=True)
    repository.client.create_experiment("mien", artifact_location=chosen.as_uri())
    elsewhere = repository.client.create_experiment("other", artifact_location="s3://bucket/mlartifacts")
    mlflow_store.relocate(repository.root / "mlflow.db", repository.root / "mlartifacts")
    assert repository.client.get_experiment_by_name("mien").artifact_location == chosen.as_uri()
    assert repository.client.get_experiment(elsewhere).artifact_location == "s3://bucket/mlartifacts"


def test_a_database_that_was_named_is_not_touched(repository: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> None:
        raise AssertionError("a database shared with others")

    monkeypatch.setattr(mlflow_store, "relocate", refuse)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{repository.root.parent}/shared.db")
    assert mlflow_store.prepared(repository.root, connect=MlflowClient) == os.environ["MLFLOW_TRACKING_URI"]
    for own in ("sqlite:///mlflow.db", f"sqlite:///{repository.root}/mlflow.db"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", own)
        with pytest.raises(AssertionError, match="shared"):
            mlflow_store.prepared(repository.root, connect=MlflowClient)


@pytest.mark.parametrize("name", ["a?b", "x%20y", "w%2Fz#1", "c d;&=[1]"])
def test_whatever_the_path_the_database_lies_in_the_repository(
    name: str, tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / name
    root.mkdir()
    monkeypatch.chdir(root)
    configured()
    if name != "a?b":  # there it is made
        shutil.copy(empty_store, root / "mlflow.db")
    folder = Folder(root)
    done = folder.stage(EVALUATE)
    assert not done.stderr.strip(), done.stderr
    location, run, files = listed(root)
    assert files == ["first.confusion.png"] and location == root / "mlartifacts" and run.is_relative_to(location)
    assert [entry.name for entry in tmp_path.iterdir()] == [name], "nothing beside it"
    assert sorted(file.name for file in root.iterdir() if "mlflow" in file.name) == ["mlflow.db"]
    track = subprocess.run(
        [sys.executable, "-m", "mien", "track"], env=folder.environment({}), cwd=root, capture_output=True, text=True, check=False
    )
    assert track.returncode == 2 and "holds no results" in track.stderr, "the stages' metrics are not there"


def test_a_deleted_experiment_is_told_with_its_remedy(repository: Folder) -> None:
    experiment = repository.client.create_experiment("mien")
    repository.client.delete_experiment(experiment)
    done = repository.stage(EVALUATE)
    remedy = f"the experiment 'mien' was deleted; restore it (`mlflow experiments restore --experiment-id {experiment}`"
    assert done.stderr.startswith(f"warning: MLflow: {remedy}") and done.stderr.count("\n") == 1
    assert "or set MLFLOW_EXPERIMENT_NAME to another name; results are not affected" in done.stderr
    paths.train_metrics("first").parent.mkdir(parents=True)
    paths.train_metrics("first").write_text('{"epochs": 1}')
    with pytest.raises(TrackingError, match=r"^the experiment 'mien' was deleted; restore it .* then run `mien track` again$"):
        backfill(load_params())
    named = repository.stage(EVALUATE, MLFLOW_EXPERIMENT_NAME="another")
    assert not named.stderr.strip()
    command = [sys.executable, "-m", "mlflow", "experiments", "restore", "--experiment-id", experiment]
    subprocess.run(command, env={**os.environ, "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}, check=True, capture_output=True)
    assert backfill(load_params()).num_made == 1
