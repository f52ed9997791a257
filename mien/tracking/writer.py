"""Writes runs to MLflow; the one importer of mlflow. As a process it takes messages, one JSON object per line, from `mien.tracking`.

Every message may come twice: runs are found by their tags before they are made, and a figure that is there is not logged again. So an
interrupted training goes on in its run, and `mien track` fills only gaps.
"""

import fcntl
import hashlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from mien.core.errors import TrackingError
from mien.tracking import store
from mien.tracking.artifacts import description

RETRY_S = 10.0
LINGER_S = 60
MAX_BATCH = 100  # entries of one call; MLflow's limit for parameters and tags
MAX_VALUE = 6000  # characters of a parameter; MLflow's limit
PARENT = "mlflow.parentRunId"
DESCRIPTION = "mlflow.note.content"
KEPT = "mien.artifacts"  # a run's tag: the artifacts that it has, each with the fingerprint of its content

Message = dict[str, Any]


class Writer:
    """The run that an `open` message names. Connects with the first thing to write; whatever MLflow raises, the message can be tried again."""

    def __init__(self, message: Message) -> None:
        self.opening = message["open"]
        self.created = False
        self.num_added = 0
        self._client: Any = None
        self._run: Any = None
        self._steps: dict[str, set[int]] = {}

    def write(self, message: Message) -> None:
        """Carries out one message."""
        if self._run is None:
            self._connect()
        run_id = self._run.info.run_id
        if "figures" in message:
            self._log(message["figures"], message["step"], message["time_ms"])
        elif "artifact" in message:
            self._keep(Path(message["artifact"]))
        elif "description" in message:
            self._tag(DESCRIPTION, description(Path(message["description"])))
        elif "close" in message and (self._training or self._run.info.status == "RUNNING"):
            self._client.set_terminated(run_id, status=message["close"])

    @property
    def _training(self) -> bool:
        return bool(self.opening["tags"]["stage"] == "train")

    def _connect(self) -> None:
        workspace = Path(self.opening["workspace"])
        with _locked(workspace / ".mien" / "mlflow.lock"):  # two experiments at once make one database, and one parent each
            client = MlflowClient(tracking_uri=store.prepared(workspace, connect=MlflowClient))
            experiment_id = store.experiment_id(client, workspace)
            run = self._parent(client, experiment_id)
            if self.opening["model"]:
                run = self._child(client, experiment_id, run)
        if self._training:
            client.update_run(run.info.run_id, status="RUNNING")
        self._describe(client, run)
        self._client, self._run = client, client.get_run(run.info.run_id)

    def _parent(self, client: Any, experiment_id: str) -> Any:
        """The experiment's run: found by its key, else made and ended at once, because no process lives as long as the experiment.

        `mien track` comes after the fact, without DVC's name of the experiment and perhaps after a commit: same parameters and data will do.
        """
        tags = self.opening["tags"]
        found = _first(client, experiment_id, {"mien.key": self.opening["key"]})
        if found is None and tags["stage"] == "track":
            found = _first(client, experiment_id, {"mien.kind": "experiment", "mien.params": tags["params"], "mien.data": tags["data"]})
        if found is None:
            named = {"mien.key": self.opening["key"], "mien.kind": "experiment"}
            found = client.create_run(experiment_id, tags={**named, **_prefixed(tags)}, run_name=self.opening["title"])
            client.set_terminated(found.info.run_id)
            self.created = not self.opening["model"]
        return found

    def _child(self, client: Any, experiment_id: str, parent: Any) -> Any:
        """The model's run below `parent`; for `mien track` wherever it is."""
        marked = {"mien.kind": "model", "mien.model": self.opening["model"], "mien.fingerprint": self.opening["mark"]}
        below = {PARENT: parent.info.run_id}
        found = _first(client, experiment_id, {**marked, **below})
        if found is None and self.opening["tags"]["stage"] == "track":
            found = _first(client, experiment_id, marked)
        if found is None:
            tags = {**marked, **below, **_prefixed(self.opening["tags"])}
            found = client.create_run(experiment_id, tags=tags, run_name=self.opening["model"])
            self.created = True
        return found

    def _describe(self, client: Any, run: Any) -> None:
        known = run.data.params
        params = [Param(_name(name), value[:MAX_VALUE]) for name, value in self.opening["params"].items() if _name(name) not in known]
        for batch in _batches(params):
            client.log_batch(run.info.run_id, params=batch)
        if self.opening["tags"]["stage"] != "track":
            client.log_batch(run.info.run_id, tags=[RunTag(name, value) for name, value in _prefixed(self.opening["tags"]).items()])
        if not run.inputs.dataset_inputs:
            client.log_inputs(run.info.run_id, [_dataset(**self.opening["dataset"])])

    def _log(self, figures: dict[str, float], step: int | None, time_ms: int) -> None:
        run_id, known = self._run.info.run_id, self._run.data.metrics
        new = []
        for name, value in ((_name(spelt), value) for spelt, value in figures.items()):
            if step is None:
                there = known.get(name) == value
            else:
                if name not in self._steps:
                    history = self._client.get_metric_history(run_id, name) if name in known else []
                    self._steps[name] = {point.step for point in history}
                there = step in self._steps[name]
            if not there:
                new.append(Metric(name, value, time_ms, step or 0))
        for batch in _batches(new):
            self._client.log_batch(run_id, metrics=batch)
        self.num_added += len(new)
        for metric in new if step is not None else ():
            self._steps[metric.key].add(metric.step)

    def _keep(self, path: Path) -> None:
        """Uploads a file or folder, unless the run has it with this content; of a folder, what is no longer in it stays with the run."""
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


def _first(client: Any, experiment_id: str, tags: dict[str, str]) -> Any:
    wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
    found = client.search_runs([experiment_id], wanted, max_results=1, order_by=["attributes.start_time DESC"])
    return found[0] if found else None


def _prefixed(tags: dict[str, str]) -> dict[str, str]:
    shown = {"mlflow.source.type": "LOCAL", "mlflow.source.name": f"stages.{tags['stage']}"}
    commit = {"mlflow.source.git.commit": tags["revision"]} if "revision" in tags else {}
    return {f"mien.{name}": value for name, value in tags.items()} | shown | commit


def _dataset(name: str, digest: str, images: dict[str, int]) -> Any:
    """What MLflow shows as the data of a run."""
    shown = Dataset(name, digest, source_type="local", source=json.dumps({"name": name}), profile=json.dumps(images))
    return DatasetInput(shown, [InputTag("mlflow.data.context", "training, validation, test")])


def _name(text: str) -> str:
    """A name of a figure or parameter that MLflow takes."""
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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def serve(lines: Iterable[str]) -> None:
    """Carries out messages until `close`; what fails is kept and tried again, so that a server may come back during a long training.

    Without `close` the sender was killed. Raises the last failure if something could not be written in the end.
    """
    received = iter(lines)
    writer, waiting, next_try_s = Writer(json.loads(next(received))), [], 0.0
    os.chdir(writer.opening["workspace"])  # see mlflow_store.address
    for line in _until_close(received):
        waiting.append(line)
        if "close" not in line and time.monotonic() < next_try_s:
            continue
        try:
            while waiting:
                writer.write(waiting[0])
                waiting.pop(0)
        except Exception:
            if "close" in line:
                raise
            next_try_s = time.monotonic() + RETRY_S


def _until_close(lines: Iterator[str]) -> Iterator[Message]:
    for line in lines:
        message: Message = json.loads(line)
        yield message
        if "close" in message:
            return
    yield {"close": "KILLED"}


def _received() -> Iterator[str]:
    for line in sys.stdin:
        if "close" in json.loads(line):
            signal.alarm(LINGER_S)  # the stage has perhaps gone on without us; never stay for good
        yield line
    signal.alarm(LINGER_S)


if __name__ == "__main__":
    try:
        serve(_received())
        os._exit(0)  # Python's own farewell takes half a second, for which a stage would wait
    except TrackingError as failure:
        sys.exit(str(failure))
    except Exception as failure:
        sys.exit(" ".join(f"{type(failure).__name__}: {failure}".split()))  # one line, the last on stderr
