"""Two experiments of the queue at once, which train, evaluate and write into one MLflow server on PostgreSQL and S3."""

import time
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from tests.pipeline.conftest import Workspace
from tests.services import mlflow_server, postgresql, s3_server

EXPERIMENTS = {"three": "3.0", "four": "4.0"}
"""loss.gamma by the name of the experiment"""
QUEUE_S = 1800


@pytest.mark.slow
def test_experiments_at_once_are_whole_on_the_server(workspace: Workspace, tmp_path: Path) -> None:
    for name, gamma in EXPERIMENTS.items():
        workspace.run("dvc", "exp", "run", "--queue", "-n", name, "-S", f"loss.gamma={gamma}", "evaluate@focal_se")
    with s3_server() as storage, postgresql() as database:
        storage.make("runs")
        with mlflow_server(tmp_path, database=database, artifacts="s3://runs", environment=storage.environment) as address:
            workspace.environment |= {"MIEN_TRACKING": "on", "MLFLOW_TRACKING_URI": address}
            workspace.run("dvc", "queue", "start", "--jobs", "2")
            wait_for_queue(workspace)
            for name in EXPERIMENTS:
                assert "warning: MLflow" not in workspace.run("dvc", "queue", "logs", name)
            client = MlflowClient(tracking_uri=address)
            mien = client.get_experiment_by_name("mien")
            found = client.search_runs([mien.experiment_id], "tags.`mien.kind` = 'experiment'")
            titles = {run.info.run_id: run.info.run_name for run in found}
            assert sorted(titles.values()) == sorted(EXPERIMENTS)
            models = client.search_runs([mien.experiment_id], "tags.`mien.kind` = 'model'")
            assert {titles[run.data.tags["mlflow.parentRunId"]]: run.data.params["loss.gamma"] for run in models} == EXPERIMENTS
            for run in models:
                assert run.info.status == "FINISHED" and 0 <= run.data.metrics["test/macro_f1"] <= 1
                epochs = [point.step for point in client.get_metric_history(run.info.run_id, "val_loss")]
                assert epochs == list(range(1, len(epochs) + 1)) and epochs
                kept = {key.rsplit("/", 1)[-1] for key in storage.objects("runs") if run.info.run_id in key}
                assert "focal_se.confusion.png" in kept


def wait_for_queue(workspace: Workspace) -> None:
    """Waits until both experiments have succeeded."""
    ends_s = time.monotonic() + QUEUE_S
    while (said := workspace.run("dvc", "queue", "status")).count("Success") < len(EXPERIMENTS):
        assert "Failed" not in said and time.monotonic() < ends_s, said
        time.sleep(2)
