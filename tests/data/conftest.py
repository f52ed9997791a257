"""The embedded set, drawn once for all tests that look at it."""

import numpy as np
import pytest
from PIL import Image

from mien.data.sample.archive import draw_set
from mien.data.sample.portrait import draw_portrait
from tests.data.drawn import NUM_FACES, SEED, SIZE_PX, Drawn


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    return draw_set(num_faces=NUM_FACES, size_px=SIZE_PX, seed=SEED, workers=0)


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    """One portrait."""
    return draw_portrait("happy", np.random.default_rng(3), size_px=SIZE_PX)
