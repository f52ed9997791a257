"""With `runtime.executor: ray` a stage writes the bytes that it writes without it, whatever happens to workers, machines and itself."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mien.core.errors import WorkerError
from mien.core.ray_pool import _work_there
from tests.convert.crashing import DEADLY
from tests.convert.pictures import noisy, saved
from tests.core.ray_faults import FAULTS
from tests.least import MODELS
from tests.surroundings import ROOT, Outcome, leftovers, run, run_stage, run_stage_here, tree

NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 * 2**20, "include_dashboard": False}
LONG_S = 300  # on a busy machine, each process of Ray may take half a minute to start
RAY = "runtime: {executor: ray, workers: 2}"


def params(root: Path, text: str) -> None:
    (root / "params.yaml").write_text(f"{text}\n{MODELS}\n")


def made(root: Path) -> dict[str, bytes]:
    """All data and metrics below `root`."""
    return {path: content for path, content in tree(root).items() if path.startswith(("data/", "metrics/"))}


def test_without_the_package_it_is_one_line_that_names_the_extra(tmp_path: Path) -> None:
    params(tmp_path, f"sample: {{num_faces: 100}}\n{RAY}")
    (tmp_path / "ray.py").write_text("raise ImportError")
    done = run_stage("sample", root=tmp_path, environment={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    assert done.code == 2 and len(done.said) == 1, done.err
    assert "pip install 'mien[cluster]'" in done.said[0] and not made(tmp_path)


def test_a_machine_that_does_not_share_the_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # and back again, because a task changes into the folder
    marker = tmp_path / ".mien" / "ray" / "host.1"
    with pytest.raises(WorkerError, match=f"the folder {tmp_path} of the machine .* all machines of the Ray cluster must share it"):
        _work_there(str(marker), str, 1)
    with pytest.raises(WorkerError, match=f"the folder {tmp_path / 'none'} of the machine"):
        _work_there(str(tmp_path / "none" / ".mien" / "ray" / "host.1"), str, 1)
    marker.parent.mkdir(parents=True)
    marker.touch()
    assert _work_there(str(marker), str, 1) == "1"


@pytest.fixture(scope="module")
def installed() -> dict[str, str]:
    """The environment of a process that uses Ray, wherever Ray is installed."""
    ray = pytest.importorskip("ray")
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(ray.__file__).parents[1])])}


def patiently(start: Callable[[], Any]) -> Any:
    """What `start` returns. Ray allows a machine half a minute to start, which is too little for a busy one."""
    for _ in range(2):
        with suppress(Exception):
            return start()
    return start()


@pytest.fixture(scope="module")
def cluster(installed: dict[str, str]) -> Iterator[Any]:
    """A head and a worker, each with one CPU."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="cluster-", dir="/tmp", ignore_cleanup_errors=True) as scratch,  # short, for names of sockets
    ):
        for name, value in (installed | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": scratch}).items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        found = patiently(lambda: Cluster(initialize_head=True, head_node_args=NODE))
        try:
            patiently(lambda: found.add_node(**NODE))
            yield found
        finally:
            found.shutdown()


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `convert` has run without Ray."""
    root = tmp_path_factory.mktemp("local")
    (root / "photos" / "happy").mkdir(parents=True)
    for seed in range(48):
        (root / "photos" / "happy" / f"{seed}.png").write_bytes(saved(noisy(80 + seed, 64, seed=seed), "PNG"))
    params(root, "ingest: {source: photos}")
    (root / "metadata.csv").write_text("path,subject\n")
    (root / "votes.csv").write_text("path\n")
    for stage in ("ingest", "convert"):
        assert run_stage_here(stage, root=root).code == 0
    return root


@pytest.fixture
def root(converted: Path, tmp_path: Path) -> Path:
    """The same folder before `convert`, with Ray."""
    copy = tmp_path / "ray"
    shutil.copytree(converted, copy)
    shutil.rmtree(copy / "data" / "images")
    (copy / "metrics" / "data" / "convert.json").unlink()
    (copy / FAULTS).mkdir()
    params(copy, f"ingest: {{source: photos}}\n{RAY}")
    return copy


@pytest.fixture
def convert(root: Path, cluster: Any, installed: dict[str, str]) -> Callable[..., Outcome]:
    """Runs `convert` on the cluster with a function of ray_faults as its work."""

    def started(fault: str, **how: Any) -> Outcome:
        command = [sys.executable, "-m", "tests.core.ray_faults", fault]
        return run(command, root=root, environment=installed | {"RAY_ADDRESS": cluster.address}, timeout_s=LONG_S, **how)

    return started


def notes(root: Path) -> list[str]:
    return sorted(path.name for path in (root / FAULTS).iterdir())


def whole(root: Path, converted: Path) -> bool:
    """Whether the folder is as without Ray, and nothing else is there."""
    assert not leftovers(root) and not list((root / ".mien").rglob("ray/*"))
    return made(root) == made(converted)


@pytest.mark.slow
def test_the_work_of_killed_workers_is_done_by_others(root: Path, converted: Path, convert: Callable[..., Outcome]) -> None:
    done = convert("killed")
    assert done.code == 0 and not done.said, done.err
    assert done.out.startswith("convert: 48 images") and len(done.out.splitlines()) == 1
    assert notes(root) == ["0", "1", "2", "3"] and whole(root, converted)


@pytest.mark.slow
def test_the_work_of_a_lost_machine_is_done_by_others(root: Path, converted: Path, cluster: Any, convert: Callable[..., Outcome]) -> None:
    node = patiently(lambda: cluster.add_node(**NODE))

    def lost() -> bool:
        if not any(note.endswith(node.node_id) and note[0] not in "01" for note in notes(root)):  # which do not wait
            return False
        cluster.remove_node(node, allow_graceful=False)
        time.sleep(3)  # its workers end when they see that it is gone; until then they could finish their work
        (root / FAULTS / "go").touch()
        return True

    done = convert("waiting", when=lost, stop=signal.SIGCONT)  # a signal that changes nothing
    assert done.code == 0 and not done.said, done.err
    begun = [note[0] for note in notes(root) if "." in note]
    assert len(begun) > len(set(begun)), "no piece was in work there"
    assert whole(root, converted)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stage_that_is_ended_begins_again(stop: signal.Signals, root: Path, converted: Path, convert: Callable[..., Outcome]) -> None:
    before = made(root)

    def half() -> bool:
        return len(list(root.glob("data/.images.*.tmp/pieces/*/*.rejected"))) == 2 and len(notes(root)) > 2

    done = convert("waiting", when=half, stop=stop)
    assert half() == (stop == signal.SIGKILL)
    if stop == signal.SIGKILL:
        assert done.code == -stop
    else:
        assert done.code == 128 + stop and len(done.said) == 1 and done.said[0].startswith("stopped: "), done.err
        time.sleep(1)  # for a task that would still write
        assert made(root) == before and not leftovers(root)
    (root / FAULTS / "go").touch()
    assert convert("waiting").code == 0 and whole(root, converted)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_next_run_is_whole(root: Path, converted: Path, convert: Callable[..., Outcome]) -> None:
    before = made(root)
    done = convert("limited")
    assert done.code == 2 and len(done.said) == 1 and done.said[0].startswith("error: data/images/"), done.err
    assert made(root) == before and not leftovers(root)
    (root / FAULTS / "go").touch()
    assert convert("waiting").code == 0 and whole(root, converted)


@pytest.mark.slow
def test_a_content_that_kills_its_decoder_is_rejected_as_without_ray(root: Path, tmp_path: Path, convert: Callable[..., Outcome]) -> None:
    (root / "photos" / "happy" / "deadly.jpg").write_bytes(DEADLY)
    assert run_stage_here("ingest", root=root).code == 0
    alone = tmp_path / "alone"
    shutil.copytree(root, alone)
    params(alone, "ingest: {source: photos}")
    done = run([sys.executable, "-m", "tests.core.ray_faults", "deadly"], root=alone)
    assert done.code == 0 and "1 rejected (1 decoder_crash)" in done.out, done.err
    done = convert("deadly")
    assert done.code == 0 and not done.said, done.err
    assert whole(root, alone)


@pytest.mark.slow
def test_the_stages_write_the_same_bytes_on_a_ray_of_their_own(tmp_path: Path, installed: dict[str, str]) -> None:
    """All stages that map pieces: sample, convert, align. Nothing but their own line is printed, and nothing of Ray remains."""
    stages = ("sample", "inventory", "ingest", "convert", "dedup", "sanitise", "align")
    text = "sample: {num_faces: 100, size_px: 160}\ningest: {source: data/sample.zip}"
    printed: dict[str, list[str]] = {}
    before = set(Path("/tmp").glob("ray-*"))
    for executor in ("local", "ray"):
        root = tmp_path / executor
        root.mkdir()
        params(root, f"{text}\nruntime: {{executor: {executor}, workers: 2}}")
        (root / "metadata.csv").write_text("path,subject\n")
        (root / "votes.csv").write_text("path\n")
        (root / "corrections.csv").write_text("sample_id,decision\n")
        for stage in stages:
            own = executor == "ray" and stage in ("sample", "convert", "align")
            done = run_stage(stage, root=root, environment=installed, timeout_s=LONG_S) if own else run_stage_here(stage, root=root)
            assert done.code == 0 and (not own or not done.said), done.err
            printed.setdefault(stage, []).append(done.out)
    assert made(tmp_path / "ray") == made(tmp_path / "local")
    assert all(first == second for first, second in printed.values())
    assert set(Path("/tmp").glob("ray-*")) == before


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_one_line(root: Path, installed: dict[str, str]) -> None:
    done = run_stage("convert", root=root, environment=installed | {"RAY_ADDRESS": "127.0.0.1:9"})
    assert done.code == 2 and len(done.said) == 1 and "RAY_ADDRESS=127.0.0.1:9 cannot be used" in done.said[0], done.err
    done = run_stage("convert", root=root, environment=installed | {"RAY_ADDRESS": "ray://127.0.0.1:10001"})
    assert done.code == 2 and len(done.said) == 1 and "must be HOST:PORT" in done.said[0], done.err
