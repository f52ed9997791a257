"""Runs on an MLflow server as teams have one: PostgreSQL (Debian's) for runs, S3 (moto's) for artifacts, and several machines at once."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow.artifacts import download_artifacts
from mlflow.tracking import MlflowClient

from mien.config.params import load_params
from mien.core import paths
from mien.tracking.sync import sync
from tests.services import Storage, mlflow_server, postgresql, s3_server
from tests.tracking.test_tracking import COMPARE, EVALUATE, EXPLAIN, PARAMS, TRAIN, Folder, configured, wait_for, write_metrics

BUCKET = "runs"


@dataclass(frozen=True)
class Server:
    """An MLflow server, and the storage of its artifacts."""

    address: str
    database: str
    storage: Storage

    @property
    def client(self) -> Any:
        return MlflowClient(tracking_uri=self.address)

    def runs(self, kind: str) -> list[Any]:
        """The runs of experiments, or of models, oldest first."""
        mien = self.client.get_experiment_by_name("mien")
        found = self.client.search_runs([mien.experiment_id], f"tags.`mien.kind` = '{kind}'", order_by=["attributes.start_time ASC"])
        return list(found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as storage, postgresql() as database:
        storage.make(BUCKET)
        place = tmp_path_factory.mktemp("server")
        with mlflow_server(place, database=database, artifacts=f"s3://{BUCKET}/mien", environment=storage.environment) as address:
            yield Server(address, database, storage)


def machine(root: Path, lr: float) -> Folder:
    """A repository of its own after `configure`, in which the models have the learning rate `lr`."""
    root.mkdir()
    os.chdir(root)
    configured(PARAMS.replace("lr: 0.005", f"lr: {lr}"))
    return Folder(root)


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Folder]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_", "MIEN_", "AWS_"))]:
        monkeypatch.delenv(name)
    return [machine(tmp_path / str(lr), lr) for lr in (0.1, 0.2)]


def test_machines_at_once_write_whole_runs(server: Server, machines: list[Folder]) -> None:
    """They have no credentials for S3, and one of them makes the experiment."""
    with ThreadPoolExecutor() as pool:
        work = [pool.submit(each.stage, TRAIN + EVALUATE + EXPLAIN + COMPARE, MLFLOW_TRACKING_URI=server.address) for each in machines]
    assert [done.result().stderr for done in work] == ["", ""], "no warning"
    for each in machines:  # between two processes that follow, none does; what is written to MLflow is deleted
        wait_for(lambda root=each.root: not list(root.glob(".mien/live/*/*.jsonl")))
    assert {run.info.status for run in server.runs("model")} == {"FINISHED"}
    above = {run.info.run_id for run in server.runs("experiment")}
    below = {run.data.params["train.lr"]: run for run in server.runs("model")}
    assert len(above) == 2 and {run.data.tags["mlflow.parentRunId"] for run in below.values()} == above
    assert set(below) == {"0.1", "0.2"}
    for each in machines:
        run = below[each.root.name]
        points = {name: server.client.get_metric_history(run.info.run_id, name) for name in ("val_loss", "val_macro_f1")}
        assert {name: [point.step for point in history] for name, history in points.items()} == {name: [0, 1, 2] for name in points}
        assert run.data.metrics["test/accuracy"] == 0.75
        picture = f"artifacts/{paths.confusion_picture('first').name}"
        (key,) = [key for key in server.storage.objects(BUCKET) if key.endswith(f"{run.info.run_id}/{picture}")]
        assert key.startswith("mien/") and server.storage.read(BUCKET, key) == b"a picture"
        fetched = download_artifacts(run_id=run.info.run_id, artifact_path=Path(picture).name, tracking_uri=server.address)
        assert Path(fetched).read_bytes() == b"a picture"
        assert not {"mlflow.db", "mlartifacts", "mlruns"} & {path.name for path in each.root.iterdir()}, "everything is on the server"


def test_results_can_go_to_the_database_directly(server: Server, machines: list[Folder], monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the artifacts stay on this machine, and no message shows the password."""
    monkeypatch.chdir(machines[0].root)
    monkeypatch.setenv("DVC_ROOT", str(machines[0].root))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.database)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "direct")  # an experiment of the server keeps its artifacts there
    write_metrics()
    made = sync(load_params())
    assert (made.num_runs, made.num_made) == (2, 2) and (again := sync(load_params())) and again.num_made == again.num_completed == 0
    assert made.store.startswith("postgresql://mlflow:***@127.0.0.1:")
    direct = server.client.get_experiment_by_name("direct")
    (run,) = server.client.search_runs([direct.experiment_id], "tags.`mien.kind` = 'model'")
    assert run.data.metrics["test/macro_f1"] == 0.7
    assert [path.read_bytes() for path in machines[0].root.rglob(f"mlruns/**/{paths.confusion_picture('first').name}")] == [b"a picture"]
