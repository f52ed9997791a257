"""One thread per process: the tests run side by side, and several OpenMP threads per process on the same cores slow each other many times
over.
"""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before anything imports torch

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from mien.core.parallel import num_processes
from tests.drawn import NUM_FACES, SEED, SIZE_PX, Drawn

settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine breaks no law
settings.load_profile("laws")

LONGEST_FIRST = (
    "pipeline/test_experiments.py",  # also runs the pipeline that the others in its folder begin with
    "stages/test_sanitise_split_validate.py",
    "pipeline/test_clean_runs.py",
    "pipeline/test_repro.py",
    "repro/test_repro.py",
    "core/test_stage.py",
    "models/test_architectures.py",
)
"""Files that take half a minute or more. A worker runs a whole file, so one of them begun last would keep the others waiting at the end."""


def pytest_xdist_auto_num_workers() -> int:
    """Three workers for two cores: a third of their time they wait for processes that they started, for files and for databases."""
    cores = num_processes(0)
    return cores + cores // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST_FIRST)}
    assert all(path.exists() for path in place), f"LONGEST_FIRST in {__file__} names a file that is gone"
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_collection_finish() -> None:
    """Takes what the imports left out of every later garbage collection: each took 0.1 s, and statsmodels collects at each correction."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Gives it back, because libraries report what the collector does not find at the end as leaks."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """Restores the signal handlers after each test: one that a test leaves would decide what later tests do with their signals."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    """The embedded sample, drawn once per worker for all tests that look at it."""
    from mien.sample.archive import draw_set

    return draw_set(num_faces=NUM_FACES, size_px=SIZE_PX, seed=SEED, workers=0)


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    """One portrait."""
    from mien.sample.portrait import draw_portrait

    return draw_portrait("happy", np.random.default_rng(3), size_px=SIZE_PX)


@pytest.fixture
def fabricated_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, the current one, with all files of a fabricated run that a report is made of."""
    from tests.report.fabricated import fabricate

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    fabricate()
    return tmp_path
