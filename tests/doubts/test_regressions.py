"""The regressions give the same bytes on any number of processes and threads, and leave no files."""

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mien.doubts import regressions
from mien.doubts.confident_learning import Doubts, doubts
from tests.doubts.test_confident_learning import blobs, flipped
from tests.surroundings import run

NUM = 240


def depths() -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
    """Features of two depths with different numbers of channels, as a network gives them, and labels with errors."""
    features, truth = blobs(NUM, spread=3, channels=40)
    given, _ = flipped(truth, 0.1, seed=0)
    given[:2] = 3  # a class of two images, which the folds may lack
    return [features.astype(np.float32), features[:, :9].astype(np.float32)], given


def judged(**how: Any) -> Doubts:
    features, given = depths()
    seen = np.arange(NUM) % 3 > 0
    return doubts(features, given, np.arange(NUM) // 2, seen_N=seen, num_classes=5, folds=3, seed=1, **how)


def bytes_of(found: Doubts) -> list[bytes]:
    return [array.tobytes() for array in (found.probabilities_NK, found.quality_N, found.suggested_N, found.doubted_N, found.issue_N)]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_processes_give_the_bytes_of_one(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = judged(workers=1)
    assert not list(empty_folder.iterdir()), "one process needs no files"
    assert bytes_of(judged(workers=2)) == bytes_of(alone)
    assert not list(empty_folder.iterdir()), "for few images, neither do two, because one does the work"
    monkeypatch.setattr(regressions, "FEW", 0)
    assert bytes_of(judged(workers=2)) == bytes_of(alone)
    assert [path.name for path in empty_folder.rglob("*")] == [".mien"]


def test_two_threads_give_the_bytes_of_one() -> None:
    alone = judged()
    with threadpool_limits(2):
        assert bytes_of(judged()) == bytes_of(alone)


def test_files_of_the_features_are_removed_after_an_error(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regressions, "FEW", 0)
    features, given = depths()
    job = regressions.Regression(0, np.arange(100), np.array([NUM]))  # an image that there is not
    with pytest.raises(IndexError):
        regressions.predictions([job, job], features, given, num_classes=5, seed=1, workers=2, label="")
    assert not list((empty_folder / ".mien").iterdir())


BY_RAY = """
import hashlib
from tests.doubts.test_regressions import bytes_of, judged, regressions
regressions.FEW = 0
print(hashlib.sha256(b"".join(bytes_of(judged(workers=2, executor="ray")))).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_ray_gives_the_bytes_of_one_process(empty_folder: Path) -> None:
    done = run([sys.executable, "-c", BY_RAY], root=empty_folder, timeout_s=300)  # a process of its own, as Ray must not be imported before
    assert done.out == f"{hashlib.sha256(b''.join(bytes_of(judged()))).hexdigest()}\n", done.err
    assert not list((empty_folder / ".mien").glob("*doubts*"))
