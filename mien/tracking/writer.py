"""Writes runs to MLflow; the only module that imports mlflow.

Everything may be written twice: runs are looked up by their tags before they are created, and a metric that exists is not logged again.
An interrupted training therefore continues in its run, and `mien track` only fills gaps.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from mien.tracking import store
from mien.tracking.opening import Opening
from mien.tracking.results import Results

MAX_BATCH = 100  # entries per call; MLflow's limit for parameters and tags
MAX_VALUE = 6000  # characters of a parameter; MLflow's limit
PARENT = "mlflow.parentRunId"
DESCRIPTION = "mlflow.note.content"
KEPT = "mien.artifacts"  # a tag of the run that lists its artifacts, each with the fingerprint of its content


def connect(workspace: Path) -> tuple[Any, str]:
    """Returns MLflow's client and the id of the experiment; both are created if needed."""
    client = MlflowClient(tracking_uri=store.prepared(workspace, connect=MlflowClient))
    return client, store.experiment_id(client, workspace)


class Writer:
    """The run of an opening, found or created. Callers hold the lock, except for `log`, and are in the main repository (store.address)."""

    def __init__(self, opening: Opening, client: Any, experiment_id: str) -> None:
        self.created = False
        self.num_added = 0
        self._opening, self._client, self._experiment_id = opening, client, experiment_id
        self._steps: dict[str, set[int]] = {}
        run = self._experiment()
        if opening.model:
            run = self._model(opening.model, parent=run)
        self._describe(run)
        self._run = client.get_run(run.info.run_id)

    def write(self, results: Results) -> None:
        """Updates the run to `results`; a run that was still running is finished."""
        for epoch, metrics in results.curves:
            self.log(metrics, epoch)
        self.log(results.metrics)
        for path in results.files:
            self._keep(path)
        if results.description is not None:
            self._tag(DESCRIPTION, results.description)
        if self._run.info.status == "RUNNING":
            self.end("FINISHED")

    def begin(self) -> None:
        """Marks the run as running."""
        if self._run.info.status != "RUNNING":
            self._client.update_run(self._run.info.run_id, status="RUNNING")
            self._run = self._client.get_run(self._run.info.run_id)

    def end(self, status: str) -> None:
        """Marks the run as FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self._run.info.run_id, status=status)

    def log(self, metrics: Mapping[str, float], epoch: int | None = None, time_ms: int | None = None) -> None:
        """Logs metrics that the run lacks; with an epoch, they are points of curves."""
        run_id, known, new = self._run.info.run_id, self._run.data.metrics, []
        time_ms = time_ms or int(time.time() * 1000)
        for name, value in ((_name(spelt), value) for spelt, value in metrics.items()):
            if epoch is not None and name not in self._steps:
                history = self._client.get_metric_history(run_id, name) if name in known else []
                self._steps[name] = {point.step for point in history}
            if known.get(name) != value if epoch is None else epoch not in self._steps[name]:
                new.append(Metric(name, float(value), time_ms, epoch or 0))
        for batch in _batches(new):
            self._client.log_batch(run_id, metrics=batch)
        self.num_added += len(new)
        for metric in new if epoch is not None else ():
            self._steps[metric.key].add(metric.step)

    def _experiment(self) -> Any:
        """The experiment's run; it is ended at once, because no process lives as long as the experiment."""
        tags = self._opening.tags
        same = {"mien.kind": "experiment", "mien.params": tags["params"], "mien.data": tags["data"]}
        found = self._find({"mien.key": self._opening.key}, same)
        if found is None:
            found = self._make({"mien.key": self._opening.key, "mien.kind": "experiment"}, self._opening.title)
            self._client.set_terminated(found.info.run_id)
            self.created = not self._opening.model
        return found

    def _model(self, model: str, *, parent: Any) -> Any:
        marked = {"mien.kind": "model", "mien.model": model, "mien.fingerprint": self._opening.mark}
        below = {PARENT: parent.info.run_id}
        found = self._find(marked | below, marked)
        if found is None:
            found = self._make(marked | below, model)
            self.created = True
        return found

    def _find(self, tags: dict[str, str], same: dict[str, str]) -> Any:
        """The last run with `tags`. `mien track` runs later, without DVC's name of the experiment and perhaps after a commit, so it
        looks for the run with the `same` parameters and data."""
        for wanted in (tags, same) if self._opening.tags["stage"] == "track" else (tags,):
            query = " and ".join(f"tags.`{name}` = '{value}'" for name, value in wanted.items())
            if found := self._client.search_runs([self._experiment_id], query, max_results=1, order_by=["attributes.start_time DESC"]):
                return found[0]
        return None

    def _make(self, tags: dict[str, str], name: str) -> Any:
        return self._client.create_run(self._experiment_id, tags=tags | _prefixed(self._opening.tags), run_name=name)

    def _describe(self, run: Any) -> None:
        run_id, tags = run.info.run_id, _prefixed(self._opening.tags)
        params = {_name(name): value[:MAX_VALUE] for name, value in self._opening.params.items()}
        for batch in _batches([Param(name, value) for name, value in params.items() if name not in run.data.params]):
            self._client.log_batch(run_id, params=batch)
        if self._opening.tags["stage"] != "track":
            self._client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
        if not run.inputs.dataset_inputs:
            self._name_data(run_id, [_dataset(**self._opening.dataset)])

    def _name_data(self, run_id: str, entries: list[Any]) -> None:
        try:
            self._client.log_inputs(run_id, entries)
        except MlflowException:  # another machine has just made the entry of the same data, which MLflow finds the second time
            self._client.log_inputs(run_id, entries)

    def _keep(self, path: Path) -> None:
        """Uploads a file or folder unless the run has it with this content; files that have left a folder stay with the run."""
        kept = json.loads(self._run.data.tags.get(KEPT, "{}"))
        mark = _content(path)
        if kept.get(path.name) == mark:
            return
        if path.is_dir():
            self._client.log_artifacts(self._run.info.run_id, str(path), artifact_path=path.name)
        else:
            self._client.log_artifact(self._run.info.run_id, str(path))
        self._tag(KEPT, json.dumps(kept | {path.name: mark}, sort_keys=True))

    def _tag(self, name: str, value: str) -> None:
        known = self._run.data.tags
        if known.get(name) != value:
            self._client.set_tag(self._run.info.run_id, name, value)
            known[name] = value
            self.num_added += 1


def _prefixed(tags: dict[str, str]) -> dict[str, str]:
    shown = {"mlflow.source.type": "LOCAL", "mlflow.source.name": f"stages.{tags['stage']}"}
    commit = {"mlflow.source.git.commit": tags["revision"]} if "revision" in tags else {}
    return {f"mien.{name}": value for name, value in tags.items()} | shown | commit


def _dataset(name: str, digest: str, images: dict[str, int]) -> Any:
    """The entry that MLflow shows as the data of a run."""
    shown = Dataset(name, digest, source_type="local", source=json.dumps({"name": name}), profile=json.dumps(images))
    return DatasetInput(shown, [InputTag("mlflow.data.context", "training, validation, test")])


def _name(text: str) -> str:
    """Returns the text as a metric or parameter name that MLflow accepts."""
    return re.sub(r"[^\w.\- :/]", "_", text)


def _content(path: Path) -> str:
    """A fingerprint of a file, or of the names and contents of all files below a folder: 8 hex digits."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(f"{file.relative_to(path)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:8]


def _batches(entries: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(entries), MAX_BATCH):
        yield entries[start : start + MAX_BATCH]
