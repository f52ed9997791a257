"""Real photographs, which lie beside the repository and never in it; without them these tests are skipped."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real data sets."""
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not here")
    return folder


@pytest.fixture(scope="session")
def cases(real_data: Path) -> Path:
    """The folder with the cases after public problem reports."""
    folder = real_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    return folder
