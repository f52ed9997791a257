"""The folder of an unfinished training, and what its name stands for."""

import fcntl
import os
import threading
from importlib import metadata
from pathlib import Path

import pytest

from mien.config.model import ModelConfig
from mien.core import paths
from mien.core.errors import TableError
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


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The fingerprint of the code."""
    path = tmp_path / "code.txt"
    path.write_text("mien.training.fit 0123456789abcdef fit\n")
    return path


def test_the_fingerprint_changes_with_configuration_code_inputs_and_device(code: Path, tmp_path: Path) -> None:
    data = tmp_path / "splits.parquet"
    data.write_bytes(b"one")
    config = model_config()

    def mark(config: ModelConfig = config, device: str = "cpu") -> str:
        return fingerprint(config, code=code, inputs=[data], device=device)

    first = mark()
    assert first == mark(model_config()) and len(first) == 16
    others = {mark(model_config(seed=8)), mark(device="cuda")}
    data.write_bytes(b"two")
    others.add(mark())
    data.write_bytes(b"one")
    code.write_text("mien.training.fit 0123456789abcdee fit\n")
    others.add(mark())
    assert len(others | {first}) == 5


def test_without_the_fingerprint_of_the_code_the_error_names_the_stage() -> None:
    with pytest.raises(TableError, match=r"data/code/train/tiny\.txt is missing; run `dvc repro code`"):
        fingerprint(model_config(), code=paths.code("train", "tiny"), inputs=[], device="cpu")


@pytest.mark.parametrize("library", ["torch", "torchvision", "lightning", "timm", "numpy"])
def test_the_fingerprint_changes_with_the_version_of_each_library_that_computes(
    library: str, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fingerprint(model_config(), code=code, inputs=[], device="cpu")
    monkeypatch.setattr(checkpoint, "version", lambda name: "0" if name == library else metadata.version(name))
    assert fingerprint(model_config(), code=code, inputs=[], device="cpu") != first
