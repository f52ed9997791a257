"""The folder of an unfinished training, and what its name stands for."""

import fcntl
import os
import threading
from importlib import metadata
from pathlib import Path

import pytest

from mien.training import checkpoint
from mien.training.checkpoint import LOCK, fingerprint, unfinished
from tests.training.tiny import model_config


def test_the_folder_is_kept_on_an_error_and_removed_on_success(tmp_path: Path) -> None:
    def fail() -> None:
        with unfinished(tmp_path / "a") as folder:
            (folder / "state").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (tmp_path / "a" / "state").is_file()
    with unfinished(tmp_path / "a") as folder:
        assert (folder / "state").is_file()
    assert not (tmp_path / "a").exists()


def test_stale_siblings_go_and_those_in_use_stay(tmp_path: Path) -> None:
    for name in ("stale", "used"):
        (tmp_path / name).mkdir()
        (tmp_path / name / LOCK).touch()
    lock = os.open(tmp_path / "used" / LOCK, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with unfinished(tmp_path / "mine"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "used"]
    os.close(lock)


def test_the_folders_of_all_seeds_stay_until_all_are_trained(tmp_path: Path) -> None:
    mine = [tmp_path / name for name in ("second", "first")]
    (tmp_path / "stale").mkdir()
    (tmp_path / "stale" / LOCK).touch()

    def fail() -> None:
        with unfinished(*mine):
            for folder in mine:
                (folder / "state").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with unfinished(*mine) as folder:
        assert folder == mine[0] and all((each / "state").is_file() for each in mine) and not (tmp_path / "stale").exists()
        with pytest.raises(BlockingIOError):
            fcntl.flock(os.open(mine[1] / LOCK, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert not list(tmp_path.iterdir())


def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with unfinished(tmp_path / "a") as folder:
            order.append("second")
            assert folder.is_dir() and not (folder / "state").exists(), "the first removed its folder"

    with unfinished(tmp_path / "a") as folder:
        (folder / "state").write_text("x")
        waiting = threading.Thread(target=second)  # flock is per open file, so a thread stands in for a process
        waiting.start()
        waiting.join(timeout=0.3)
        order.append("first")
    waiting.join(timeout=5)
    assert order == ["first", "second"] and not (tmp_path / "a").exists()


def test_the_fingerprint_changes_with_configuration_inputs_and_device(tmp_path: Path) -> None:
    data = tmp_path / "splits.parquet"
    data.write_bytes(b"one")
    config = model_config()
    first = fingerprint(config, inputs=[data], device="cpu")
    assert first == fingerprint(model_config(), inputs=[data], device="cpu") and len(first) == 16
    others = {fingerprint(model_config(seed=8), inputs=[data], device="cpu"), fingerprint(config, inputs=[data], device="cuda")}
    data.write_bytes(b"two")
    others.add(fingerprint(config, inputs=[data], device="cpu"))
    assert len(others | {first}) == 4


@pytest.mark.parametrize("library", ["torch", "torchvision", "lightning", "timm", "numpy"])
def test_the_fingerprint_changes_with_the_version_of_each_library_that_computes(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fingerprint(model_config(), inputs=[], device="cpu")
    monkeypatch.setattr(checkpoint, "version", lambda name: "0" if name == library else metadata.version(name))
    assert fingerprint(model_config(), inputs=[], device="cpu") != first
