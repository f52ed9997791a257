"""Reports of fabricated runs, each made once for all tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.core import paths
from stages import report
from tests.report.fabricated import fabricate


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """metrics/report of a run with everything: an official test split, seeds, explanations, doubts."""
    yield from _reported(tmp_path_factory, official=True, seeds=(42, 1))


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same of one model alone, without anything that may be missing."""
    yield from _reported(tmp_path_factory, models=("only",), explained=False, doubted=False, timed=False)


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same of two models, an ensemble of them and two exports of one, and two further test sets, of which the second lacks a class."""
    exports = {f"good_{precision}": {"model": "good", "precision": precision} for precision in ("fp16", "int8")}
    yield from _reported(tmp_path_factory, ensembles={"pair": ["poor", "good"]}, exports=exports, testsets=("web", "campus"))


def _reported(factory: pytest.TempPathFactory, **given: object) -> Iterator[Path]:
    root = factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("DVC_ROOT", raising=False)
        fabricate(**given)  # type: ignore[arg-type]
        report.main()
    yield root / paths.REPORT
