"""Runs in MLflow: their structure, and that MLflow in no state whatever costs a stage more than a few seconds and a warning."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from mien.config.configure import configure
from mien.config.model import config_document
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import Stopped, TrackingError
from mien.core.files import write_json
from mien.tracking import run as tracking
from mien.tracking.description import MAX_DESCRIPTION, description
from mien.tracking.live import LiveFile, locked, state
from mien.tracking.opening import openings
from mien.tracking.provenance import provenance
from mien.tracking.sync import follow, sync

ROOT = Path(__file__).parents[2]
ENTRY = "{backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy, input_px: 32, train: {lr: 0.005}}"
PARAMS = f"labels: {{classes: [happy, sad]}}\nmodels:\n  first: {ENTRY}\n  second: {ENTRY}\n"
TRAIN = """
with tracking.model_run("first", stage="train") as run:
    for epoch in range(3):
        run.log_epoch({"val_loss": 1 / (epoch + 1), "val_macro_f1": epoch / 10}, epoch)
    write_json(paths.train_metrics("first"), {"epochs": 3, "best_epoch": 2, "val": {"macro_f1": 0.2}})
"""
REPORT = {"all": {"num_images": 4, "accuracy": 0.75, "macro_f1": 0.7, "per_class": {"happy": {"f1": 0.8, "recall": 1.0}}}}
EVALUATE = f"""
with tracking.model_run("first", stage="evaluate"):
    write_json(paths.evaluation("first"), {REPORT})
"""
CLAIM = {"name": "face", "mean": 0.6, "mean_correct": 0.7, "mean_wrong": None}
EXPLAINED = {"claims": [CLAIM], "faithfulness": {"deletion": {"auc": 0.3}}, "sanity": None}
EXPLAIN = f"""
with tracking.model_run("first", stage="explain"):
    write_json(paths.explanation("first"), {EXPLAINED})
"""
COMPARE = """
write_json(paths.LEADERBOARD, {"first": {"macro_f1": 0.7, "accuracy": 0.75}})
tracking.log_experiment()
"""


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without runs, because MLflow takes seconds to make one."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(tracking_uri=f"sqlite:///{path}").get_experiment_by_name("Default")
    return path


class Folder:
    """A folder after `configure`, in which pieces of stages run as processes of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def stage(self, code: str, *, followed: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `code` to its end, which must be without error, and with `followed` waits until the process that follows it has ended."""
        done = subprocess.run(
            self.command(code),
            cwd=self.root,
            env=self.environment(environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        if followed:
            wait_for(lambda: not self.followed())
        return done

    def followed(self) -> bool:
        """Whether a process follows live files here."""
        return any(not _free(path) for path in self.root.glob(".mien/live/*/lock"))

    def command(self, code: str) -> list[str]:
        settings = f"tracking.WAIT_S, tracking.LINGER_S, began_s = {WAIT_S}, 0, time.monotonic()"
        return [sys.executable, "-c", f"{IMPORTS}\n{settings}\n{code}\nprint(time.monotonic() - began_s)"]

    def environment(self, changes: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DVC_", "MIEN_"))}
        return kept | {"DVC_ROOT": str(self.root)} | changes

    @property
    def client(self) -> Any:
        return MlflowClient(tracking_uri=f"sqlite:///{self.root}/mlflow.db")

    def runs(self, kind: str) -> list[Any]:
        """The runs of experiments, or of models."""
        mien = self.client.get_experiment_by_name("mien")
        return list(self.client.search_runs([mien.experiment_id], f"tags.`mien.kind` = '{kind}'")) if mien else []


def _free(lock: Path) -> bool:
    with locked(lock, wait=False) as free:
        return free


WAIT_S = 60  # the machine that tests may be busy
IMPORTS = "import time\nfrom mien.core import paths\nfrom mien.core.files import write_json\nfrom mien.tracking import run as tracking"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_", "MIEN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    configured()
    return Folder(tmp_path)


def configured(text: str = PARAMS) -> None:
    """Makes the current folder one after `configure`, with `text` as params.yaml."""
    paths.PARAMS.write_text(text)
    params = load_params()
    for model in params.models:
        write_json(paths.config(model), config_document(configure(params, model)))
        write_json(paths.prediction_config(model), {"tta": "none"})
    write_json(paths.counts("ingest"), {"files": 10, "reasons": {"truncated": 2}, "source": "a text"})
    paths.confusion_picture("first").parent.mkdir(parents=True)
    paths.confusion_picture("first").write_bytes(b"a picture")


@pytest.fixture
def stored(folder: Folder, empty_store: Path) -> Folder:
    """With a database that is already made."""
    shutil.copy(empty_store, folder.root / "mlflow.db")
    return folder


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follows live files without a process of its own, which takes seconds to load MLflow."""
    monkeypatch.setattr(tracking, "_start", InProcess)


class InProcess:
    returncode = None

    def __init__(self, place: Path) -> None:
        self.place = place
        state(place).write_text("")

    def poll(self) -> None:
        follow(self.place, Path.cwd(), linger_s=0)


def write_metrics() -> None:
    """What the stages behind TRAIN, EVALUATE and COMPARE write."""
    write_json(paths.train_metrics("first"), {"epochs": 3, "best_epoch": 2, "val": {"macro_f1": 0.2}})
    paths.train_curves("first").parent.mkdir(parents=True, exist_ok=True)
    paths.train_curves("first").write_text("epoch,val_loss,val_macro_f1\n0,1,0\n1,0.5,0.1\n2,0.333333,0.2\n")
    write_json(paths.evaluation("first"), REPORT)
    write_json(paths.explanation("first"), EXPLAINED)
    for path in (paths.reliability_table("first"), paths.slices("first"), paths.COMPARISONS):
        path.write_text("a,b\n1,2\n")
    for name in ("gallery.jpg", "failures.csv"):
        write_text(paths.explanation_folder("first") / name, name)
    write_json(paths.LEADERBOARD, {"first": {"macro_f1": 0.7, "accuracy": 0.75}})
    paths.LEADERBOARD_TABLE.write_text("| model | macro-F1 |\n")


def write_report() -> None:
    """What stage `report` writes."""
    write_text(paths.REPORT / "index.html", "<a href='models/first.html'>first</a>")
    write_text(paths.REPORT / "models" / "first.html", "first")
    write_text(paths.card("first"), "---\ntags: [a]\n---\n\n# first\n\nA model.\n")


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def artifact_names(folder: Folder, run: Any) -> set[str]:
    return {file.path for file in folder.client.list_artifacts(run.info.run_id)}


def all_points(folder: Folder, run: Any) -> dict[str, list[tuple[int, float]]]:
    history = {name: folder.client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
    return {name: [(point.step, round(point.value, 5)) for point in points] for name, points in history.items()}


@pytest.mark.usefixtures("in_process")
def test_one_run_per_experiment_with_one_below_it_per_model(stored: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "brave-owl")
    for code in (TRAIN, EVALUATE, COMPARE):
        exec(code)
    (parent,), (child,) = stored.runs("experiment"), stored.runs("model")
    assert parent.info.run_name == "brave-owl" and parent.info.status == child.info.status == "FINISHED"
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert {name: child.data.tags[f"mien.{name}"] for name in ("experiment", "model", "stage")} == {
        "experiment": "brave-owl",
        "model": "first",
        "stage": "evaluate",
    }
    assert all(child.data.tags[f"mien.{name}"] for name in ("params", "data", "fingerprint"))
    assert child.data.params["backbone"] == "test_resnet" and child.data.params["train.lr"] == "0.005"
    points = all_points(stored, child)
    assert points["val_loss"] == [(0, 1.0), (1, 0.5), (2, 0.33333)]
    assert points["test/macro_f1"] == [(0, 0.7)] and points["best/macro_f1"] == [(0, 0.2)] and points["test/f1/happy"] == [(0, 0.8)]
    assert [file.path for file in stored.client.list_artifacts(child.info.run_id)] == ["first.confusion.png"]
    assert (stored.root / "mlartifacts" / child.info.run_id / "artifacts" / "first.confusion.png").is_file()
    assert parent.data.metrics == {
        "macro_f1/first": 0.7,
        "accuracy/first": 0.75,
        "data/ingest/files": 10,
        "data/ingest/reasons/truncated": 2,
    }


@pytest.mark.usefixtures("folder")
def test_an_experiment_is_known_by_name_revision_and_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        return provenance(load_params()).key

    plain = key()
    paths.PARAMS.write_text("# a comment changes nothing\n" + PARAMS + "runtime: {workers: 3}\n")
    assert key() == plain
    keys = {plain}
    for name, value in (("DVC_EXP_NAME", "brave-owl"), ("DVC_EXP_NAME", "shy-owl"), ("DVC_EXP_BASELINE_REV", "abc")):
        monkeypatch.setenv(name, value)
        keys.add(key())
    paths.PARAMS.write_text(PARAMS + "seed: 1\n")
    keys.add(key())
    assert len(keys) == 5


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("error", "status"), [(Stopped(15), "KILLED"), (KeyboardInterrupt(), "KILLED"), (ValueError("x"), "FAILED")])
def test_a_run_says_how_its_stage_ended(error: BaseException, status: str, stored: Folder) -> None:
    with pytest.raises(type(error)), tracking.model_run("first", stage="train"):
        raise error
    assert [run.info.status for run in stored.runs("model")] == [status]


def test_a_killed_training_is_seen_and_goes_on_in_its_run(stored: Folder) -> None:
    slow = TRAIN.replace("range(3)", "range(2)").replace(
        "    write_json", "    import time; print('there', flush=True); time.sleep(60)\n    write_json"
    )
    process = subprocess.Popen(stored.command(slow), env=stored.environment({}), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "there\n"
    wait_for(lambda: [run.info.status for run in stored.runs("model")] == ["RUNNING"])
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: [run.info.status for run in stored.runs("model")] == ["KILLED"])
    stored.stage(TRAIN)
    (child,) = stored.runs("model")
    assert child.info.status == "FINISHED"
    assert all_points(stored, child)["val_loss"] == [(0, 1.0), (1, 0.5), (2, 0.33333)], "no epoch twice"


def test_an_error_in_the_stage_stays_and_is_seen(stored: Folder) -> None:
    code = 'with tracking.model_run("first", stage="train"):\n    raise SystemExit(7)'
    done = subprocess.run(stored.command(code), env=stored.environment({}), capture_output=True, check=False)
    assert done.returncode == 7
    wait_for(lambda: [run.info.status for run in stored.runs("model")] == ["FAILED"])  # the stage waits until MLflow is reached, not longer


@pytest.mark.usefixtures("empty_store")
def test_experiments_at_once_make_one_database_and_a_run_each(folder: Folder) -> None:
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda name: folder.stage(COMPARE, DVC_EXP_NAME=name), ["one", "two", "one"]))
    assert [process.stderr for process in done] == [""] * 3
    assert sorted(run.info.run_name for run in folder.runs("experiment")) == ["one", "two"]
    assert not list(folder.root.glob(".mlflow*")), "no temporary database is left"


def test_track_writes_what_is_missing_and_nothing_twice(stored: Folder) -> None:
    write_metrics()
    params = load_params()
    assert (made := sync(params)) and (made.num_runs, made.num_made, made.num_completed) == (2, 2, 0)
    (parent,), (child,) = stored.runs("experiment"), stored.runs("model")
    before = all_points(stored, child), all_points(stored, parent)
    assert before[0]["val_loss"] == [(0, 1.0), (1, 0.5), (2, 0.33333)] and before[0]["test/macro_f1"] == [(0, 0.7)]
    assert (again := sync(params)) and (again.num_made, again.num_completed) == (0, 0)
    (parent,), (child,) = stored.runs("experiment"), stored.runs("model")
    assert (all_points(stored, child), all_points(stored, parent)) == before
    stored.client.delete_run(child.info.run_id)
    assert sync(params).num_made == 1


@pytest.mark.usefixtures("in_process")
def test_track_completes_runs_that_stages_began(stored: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as experiment:
        experiment.setenv("DVC_EXP_NAME", "brave-owl")
        exec(TRAIN)  # then MLflow went away
    write_metrics()
    assert (made := sync(load_params())) and (made.num_made, made.num_completed) == (0, 2)
    (parent,), (child,) = stored.runs("experiment"), stored.runs("model")
    assert parent.info.run_name == "brave-owl" and parent.data.metrics["macro_f1/first"] == 0.7
    assert child.data.metrics["test/macro_f1"] == 0.7 and child.data.tags["mien.stage"] == "train"
    assert all_points(stored, child)["val_loss"] == [(0, 1.0), (1, 0.5), (2, 0.33333)]


@pytest.mark.usefixtures("in_process", "stored")
def test_track_after_live_runs_changes_nothing() -> None:
    write_metrics()
    write_report()
    for code in (TRAIN, EVALUATE, EXPLAIN, COMPARE, "tracking.log_report()"):
        exec(code)
    assert (made := sync(load_params())) and (made.num_made, made.num_completed) == (0, 0)


@pytest.mark.usefixtures("in_process")
def test_the_report_and_the_cards_come_to_their_runs(stored: Folder) -> None:
    write_metrics()
    for code in (TRAIN, EVALUATE, EXPLAIN, COMPARE):
        exec(code)
    write_report()
    tracking.log_report()
    (parent,), (child,) = stored.runs("experiment"), stored.runs("model")
    assert parent.data.tags["mlflow.note.content"] == "| model | macro-F1 |\n" and child.data.tags["mlflow.note.content"] == "A model.\n"
    assert artifact_names(stored, child) == {
        "first.confusion.png", "first.reliability.csv", "first.slices.csv", "gallery.jpg", "failures.csv", "first.md",
    }  # fmt: skip
    assert artifact_names(stored, parent) == {"leaderboard.json", "leaderboard.md", "comparisons.csv", "report"}
    pages = stored.root / "mlartifacts" / parent.info.run_id / "artifacts" / "report"
    assert sorted(str(page.relative_to(pages)) for page in pages.rglob("*.*")) == ["cards/first.md", "index.html", "models/first.html"]
    figures = {name: value for name, value in child.data.metrics.items() if name.startswith("explain/")}
    assert figures == {"explain/face/all": 0.6, "explain/face/right": 0.7, "explain/faithfulness/deletion/auc": 0.3}


def test_the_process_beside_the_report_tells_what_it_could_not_write(stored: Folder) -> None:
    write_metrics()
    write_report()
    assert stored.stage("tracking.log_report()").stderr == ""
    assert len(stored.runs("model")) == len(stored.runs("experiment")) == 1
    warned = stored.stage("tracking.log_report()", MLFLOW_TRACKING_URI=closed_port()).stderr
    assert warned.startswith("warning: MLflow: ") and warned.count("\n") == 1


def test_an_artifact_is_uploaded_again_only_when_it_changed(stored: Folder) -> None:
    write_metrics()
    write_report()
    sync(load_params())
    (parent,), (child,) = stored.runs("experiment"), stored.runs("model")
    kept = [stored.root / "mlartifacts" / run.info.run_id / "artifacts" / name for run, name in ((child, "first.md"), (parent, "report"))]
    for path in (kept[0], kept[1] / "index.html"):
        path.write_text("as it was")
    sync(load_params())
    assert kept[0].read_text() == (kept[1] / "index.html").read_text() == "as it was", "nothing is sent twice"
    paths.card("first").write_text("# first\n\nChanged.\n")
    assert sync(load_params()).num_completed == 2, "the card is in both runs"
    assert kept[0].read_text() == (kept[1] / "cards" / "first.md").read_text() == "# first\n\nChanged.\n"
    assert stored.runs("model")[0].data.tags["mlflow.note.content"] == "Changed.\n"


@pytest.mark.usefixtures("in_process")
def test_runs_name_their_data(stored: Folder) -> None:
    write_json(paths.counts("split"), {"splits": {"train": {"all": 30, "happy": 30}, "test": {"all": 4, "happy": 4}}})
    for code in (TRAIN, EVALUATE):
        exec(code)
    (child,) = stored.runs("model")
    ((named,),) = [[one.dataset for one in run.inputs.dataset_inputs] for run in [child]]
    assert named.name == child.data.tags["mien.dataset"] == "sample.zip" and named.digest == child.data.tags["mien.data"]
    assert json.loads(named.profile) == {"train": 30, "test": 4}


@pytest.mark.usefixtures("in_process")
def test_an_entry_of_the_data_that_another_machine_has_just_made_is_used(stored: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow looks for the entry and then makes it, so one of two machines fails on PostgreSQL's unique key."""
    log_inputs, calls = MlflowClient.log_inputs, []

    def racing(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:
            raise MlflowException("duplicate key value violates unique constraint")
        log_inputs(*given)

    monkeypatch.setattr(MlflowClient, "log_inputs", racing)
    exec(TRAIN)
    (child,) = stored.runs("model")
    assert child.info.status == "FINISHED" and len(child.inputs.dataset_inputs) == 1 and len(calls) > 1


def test_a_long_description_ends_between_rows_or_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "M.md"
    path.write_text("---\ntags: [a]\n---\n\n# M\n\n---\nrest")
    assert description(path) == "---\nrest\n", "front matter and title are left out, and nothing else"
    rows = [f"| row {number} | " + "x" * 40 + " |\n" for number in range(1000)]
    path.write_text("# M\n\n" + "".join(rows))
    told = description(path)
    assert 0.9 * MAX_DESCRIPTION < len(told) <= MAX_DESCRIPTION and "the artifact M.md" in told
    table = told.split("\n\n")[0].splitlines()
    assert table == [row.rstrip() for row in rows[: len(table)]]
    path.write_text(
        "Some text\nin [two](two.md) lines.\n\n- an entry\n  in two\n- another\n\n| a    | b   |\n|------|----:|\n```\ncode   |\nas "
        "is\n```\n" + 100 * "word\n"
    )
    told = description(path)
    assert told.startswith(
        "Some text in two lines.\n\n- an entry in two\n- another\n\n| a | b |\n|---|---:|\n```\ncode   |\nas is\n```\nword word"
    )
    path.write_text("before\n\n```\n" + 5000 * "code\n\n" + "```\n")
    assert description(path).startswith("before\n\n\n\n*Cut short"), "no code is left open"


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_a_server_that_is_down_costs_seconds_and_one_warning(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    address = closed_port()
    done = folder.stage(f"tracking.WAIT_S = 5\n{TRAIN}", followed=False, MLFLOW_TRACKING_URI=address)
    assert float(done.stdout) < 10
    warned = done.stderr
    assert warned.startswith("warning: MLflow: ") and warned.count("\n") == 1 and "mien track" in warned
    write_metrics()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match="MLFLOW_TRACKING_URI"):
        sync(load_params())


@pytest.mark.parametrize(
    ("mlflow", "reason"),
    [
        ("raise ModuleNotFoundError('No module named mlflow')", "No module named mlflow"),
        ("import os; os.abort()", "code -6"),
        ("import time; time.sleep(30)", "not done within 1 s"),
    ],
    ids=["absent", "crashing", "hanging"],
)
def test_a_broken_mlflow_costs_a_warning(folder: Folder, tmp_path_factory: pytest.TempPathFactory, mlflow: str, reason: str) -> None:
    broken = tmp_path_factory.mktemp("broken")
    (broken / "mlflow.py").write_text(mlflow)
    taken_s = 0.0
    wait_s = 1 if "sleep" in mlflow else WAIT_S
    many = TRAIN.replace("range(3)", "range(2000)")
    for code in (TRAIN, many, COMPARE):
        done = folder.stage(f"tracking.WAIT_S = {wait_s}\n{code}", followed=False, PYTHONPATH=f"{broken}:{ROOT}")
        taken_s, warned = taken_s + float(done.stdout), done.stderr
        assert warned.startswith("warning: MLflow: ") and warned.count("\n") == 1
        if code is TRAIN:
            assert reason in warned
    assert taken_s < 30


def test_off_starts_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", pytest.fail)
    for value in ("off", "0", "False", "no"):
        monkeypatch.setenv("MIEN_TRACKING", value)
        with tracking.model_run("first", stage="train") as run:
            run.log_epoch({"val_loss": 1.0}, 0)
        tracking.log_experiment()
        tracking.log_report()
    assert not list(folder.root.glob("mlflow*")) and not (folder.root / ".mien").exists()


def test_variables_that_another_job_left_do_not_turn_it_off(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"):
        monkeypatch.setenv(name, "3")
    with tracking.model_run("first", stage="train") as run:
        run.log_epoch({"val_loss": 1.0}, 0)
    assert (folder.root / ".mien").exists()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.3)


@pytest.mark.usefixtures("in_process")
def test_a_stage_writes_nothing_that_a_later_stage_wrote_for_an_earlier_training(stored: Folder) -> None:
    write_metrics()  # of a training that was repeated since
    exec(TRAIN)
    (child,) = stored.runs("model")
    assert {name.partition("/")[0] for name in child.data.metrics} == {"epochs", "best_epoch", "best", "val_loss", "val_macro_f1"}
    assert artifact_names(stored, child) == set()


def test_one_process_follows_all_stages_of_a_folder_and_ends(stored: Folder) -> None:
    file = LiveFile("train", openings(load_params(), ["first"], stage="train"))
    place = file.path.parent
    with locked(place / "lock", wait=False):
        assert tracking._start(place) is None, "somebody follows"
        follow(place, stored.root, linger_s=0)
    assert not stored.runs("model"), "only one writes"
    file.end("FAILED")
    old_s = time.time() - 1000
    os.utime(file.path, (old_s, old_s))
    follow(place, stored.root, linger_s=0)
    assert not stored.runs("model") and not file.path.exists(), "the files in the folder may be of another training by now"


def test_an_experiment_whose_folder_is_gone_is_ended(stored: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = stored.root / "temporary"
    shutil.copytree(stored.root / "data", temporary / "data")
    shutil.copy(paths.PARAMS, temporary)
    monkeypatch.chdir(temporary)
    file = LiveFile("train", openings(load_params(), ["first"], stage="train"))
    file.append({"epoch": 0, "metrics": {"val_loss": 1.0}, "time_ms": 1})
    monkeypatch.chdir(stored.root)
    follower = Thread(target=follow, args=(file.path.parent, temporary), kwargs={"linger_s": 60})
    monkeypatch.setattr(signal, "alarm", lambda _seconds: 0)  # of the main thread only
    follower.start()
    wait_for(lambda: [run.info.status for run in stored.runs("model")] == ["RUNNING"])
    shutil.rmtree(temporary)
    file.end("KILLED")
    follower.join(WAIT_S)
    assert not follower.is_alive() and [run.info.status for run in stored.runs("model")] == ["KILLED"]


@pytest.mark.parametrize(("names", "source"), [("hashed", "zip archive"), ("original", "faces.zip")])
def test_no_folder_of_this_machine_is_among_the_parameters_of_a_test_set(folder: Folder, names: str, source: str) -> None:
    entry = "{source: /home/ann/faces.zip, metadata: /home/ann/m.csv, votes: v.csv}"
    paths.PARAMS.write_text(f"{PARAMS}\ntestsets: {{web: {entry}}}\nreport: {{names: {names}}}\n")
    (opening,) = openings(load_params(), [None], stage="compare")
    own = {key.rpartition(".")[2]: value for key, value in opening.params.items() if key.startswith("testsets.web.")}
    assert (own["source"], own["metadata"], own["votes"]) == (source, "m.csv", "v.csv")
    assert not [value for value in opening.params.values() if "/home/ann" in value], folder.root
