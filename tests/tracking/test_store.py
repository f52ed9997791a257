"""MLflow's database and artifacts stay in the repository: moved, copied, of an odd name; and a deleted experiment is told with its
remedy.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from mlflow.tracking import MlflowClient

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import TrackingError
from mien.tracking import run as tracking
from mien.tracking import store
from mien.tracking.sync import sync
from tests.surroundings import tree
from tests.tracking.test_tracking import EVALUATE, IMPORTS, Folder, InProcess, closed_port, configured, empty_store

__all__ = ["empty_store"]  # a fixture


def listed(root: Path) -> tuple[Path, Path, list[str]]:
    """Where the database has the artifacts of experiment and model run, and the names of those files of that run which are there."""
    with closing(sqlite3.connect(root / "mlflow.db")) as connection:
        ((location,),) = connection.execute("SELECT artifact_location FROM experiments WHERE name = 'mien'")
        wanted = "SELECT artifact_uri FROM runs JOIN tags USING (run_uuid) WHERE key = 'mien.kind' AND value = 'model'"
        ((run,),) = connection.execute(wanted)
    experiment, model = (Path(unquote(urlsplit(place).path)) for place in (location, run))
    return experiment, model, sorted(file.name for file in model.iterdir())


def evaluated() -> None:
    """What `evaluate` sends, written by this process, because a process of its own takes seconds to load MLflow."""
    exec(f"{IMPORTS}\n{EVALUATE}", {})


@pytest.fixture
def repository(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_", "MIEN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(tracking, "_start", InProcess)
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
    evaluated()
    assert listed(old)[0] == old / "mlartifacts"
    new = old.with_name("a copy" if copied else "here")
    monkeypatch.chdir(old.parent)
    shutil.copytree(old, new) if copied else old.rename(new)
    before = tree(old) if copied else None
    monkeypatch.chdir(new)
    paths.slices("first").write_text("a,b\n")
    Folder(new).stage(EVALUATE)  # in another process, because MLflow remembers where a run's artifacts were
    location, run, files = listed(new)
    assert location == new / "mlartifacts" and run.is_relative_to(location)
    assert files == ["first.confusion.png", "first.slices.csv"], "the old one and the new"
    assert (tree(old) if old.exists() else None) == before


def test_a_folder_that_somebody_chose_for_artifacts_stays(repository: Folder) -> None:
    chosen = repository.root.parent / "disk" / "mlartifacts"
    chosen.mkdir(parents=True)
    repository.client.create_experiment("mien", artifact_location=chosen.as_uri())
    elsewhere = repository.client.create_experiment("other", artifact_location="s3://bucket/mlartifacts")
    store.relocate(repository.root / "mlflow.db", repository.root / "mlartifacts")
    assert repository.client.get_experiment_by_name("mien").artifact_location == chosen.as_uri()
    assert repository.client.get_experiment(elsewhere).artifact_location == "s3://bucket/mlartifacts"


def test_a_database_that_was_named_is_not_touched(repository: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> None:
        raise AssertionError("a database shared with others")

    monkeypatch.setattr(store, "relocate", refuse)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{repository.root.parent}/shared.db")
    assert store.prepared(repository.root, connect=MlflowClient) == os.environ["MLFLOW_TRACKING_URI"]
    for own in ("sqlite:///mlflow.db", f"sqlite:///{repository.root}/mlflow.db"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", own)
        with pytest.raises(AssertionError, match="shared"):
            store.prepared(repository.root, connect=MlflowClient)


@pytest.mark.parametrize("name", ["a?b", "x%20y %2Fz#1;&=[2]"])
def test_whatever_the_path_the_database_lies_in_the_repository(name: str, repository: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository.root.rename(repository.root.with_name(name))
    monkeypatch.chdir(root)
    if name == "a?b":
        (root / "mlflow.db").unlink()  # and made anew
    paths.train_metrics("first").parent.mkdir(parents=True)
    paths.train_metrics("first").write_text('{"epochs": 1}')
    folder = Folder(root)
    if name == "a?b":
        done = folder.stage(EVALUATE)
        assert not done.stderr.strip(), done.stderr
    else:
        command = [sys.executable, "-m", "mien", "track"]
        track = subprocess.run(command, env=folder.environment({}), cwd=root, capture_output=True, text=True, check=False)
        assert track.stdout == f"track: 1 runs in sqlite:///{root}/mlflow.db: 1 made, 0 completed\n", track.stderr
    location, run, files = listed(root)
    assert files == ["first.confusion.png"] and location == root / "mlartifacts" and run.is_relative_to(location)
    assert [entry.name for entry in root.parent.iterdir()] == [name], "nothing beside it"
    assert [file.name for file in root.iterdir() if "mlflow" in file.name] == ["mlflow.db"]


def test_a_deleted_experiment_is_told_with_its_remedy(repository: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = repository.client.create_experiment("mien")
    repository.client.delete_experiment(experiment)
    said = repository.stage(EVALUATE).stderr
    remedy = f"the experiment 'mien' was deleted; restore it (`mlflow experiments restore --experiment-id {experiment}`"
    assert said.startswith(f"warning: MLflow: {remedy}") and said.count("\n") == 1
    assert "or set MLFLOW_EXPERIMENT_NAME to another name; results are not affected" in said
    paths.train_metrics("first").parent.mkdir(parents=True)
    paths.train_metrics("first").write_text('{"epochs": 1}')
    with pytest.raises(TrackingError, match=r"^the experiment 'mien' was deleted; restore it .* then run `mien track` again$"):
        sync(load_params())
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "another")
    assert sync(load_params()).num_made == 1
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME")
    command = [sys.executable, "-m", "mlflow", "experiments", "restore", "--experiment-id", experiment]
    subprocess.run(command, env={**os.environ, "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}, check=True, capture_output=True)
    assert sync(load_params()).num_made == 1


class RacingClient:
    """MLflow's client where another machine makes the experiment after we have looked for it and before we make it."""

    def __init__(self) -> None:
        self.looked = 0

    def get_experiment_by_name(self, _: str) -> Any:
        self.looked += 1
        return SimpleNamespace(experiment_id="7", lifecycle_stage="active") if self.looked > 1 else None

    def create_experiment(self, name: str, **_: Any) -> str:
        raise RuntimeError(f"Experiment(name={name}) already exists")


def test_an_experiment_that_another_machine_has_just_made_is_used(tmp_path: Path) -> None:
    assert store.experiment_id(RacingClient(), tmp_path) == "7"


def test_a_database_server_that_is_down_is_told_at_once_and_without_its_password(
    repository: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow itself would try for 100 seconds."""
    place = closed_port().removeprefix("http://")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"postgresql://someone:pass-word@{place}/mlflow")
    paths.train_metrics("first").parent.mkdir(parents=True)
    paths.train_metrics("first").write_text('{"epochs": 1}')
    began_s = time.monotonic()
    with pytest.raises(TrackingError, match=f"no database server answers at {place} .*MLFLOW_TRACKING_URI"):
        sync(load_params())
    assert time.monotonic() - began_s < 10
    assert store.shown(repository.root) == f"postgresql://someone:***@{place}/mlflow"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("API request to http://me:p@ss@host:5000/api failed", "API request to http://me:***@host:5000/api failed"),
        ("http://host:5000/a@b and sqlite:////home/me:x@y/mlflow.db", "http://host:5000/a@b and sqlite:////home/me:x@y/mlflow.db"),
        ("postgresql+psycopg2://:secret@host/x", "postgresql+psycopg2://:***@host/x"),
    ],
)
def test_a_password_in_an_address_is_not_shown(text: str, shown: str) -> None:
    assert store.without_password(text) == shown
