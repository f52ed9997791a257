"""Quality figures against scipy, and in the order that the eye would put pictures in."""

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

from mien.convert.quality import quality
from tests.convert.pictures import noisy, smooth


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def test_sharpness_is_scipys_variance_of_the_laplacian() -> None:
    levels = grey(noisy(97, 61))
    laplacian = ndimage.laplace(levels.astype(np.float64))[1:-1, 1:-1]
    figures = quality(levels)
    assert figures.sharpness == pytest.approx(laplacian.var(), rel=1e-12)
    assert figures.brightness == pytest.approx(levels.mean()) and figures.contrast == pytest.approx(levels.std())


def test_blur_lowers_sharpness_and_flat_has_none() -> None:
    blurred = [quality(grey(noisy(200, 200).filter(ImageFilter.GaussianBlur(radius)))).sharpness for radius in (0, 1, 2, 4)]
    assert blurred == sorted(blurred, reverse=True) and blurred[0] > 10 * blurred[-1]
    flat = quality(np.full((40, 40), 77, np.uint8))
    assert (flat.sharpness, flat.brightness, flat.contrast) == (0, 77, 0)


@pytest.mark.parametrize("shape", [(1, 1), (2, 50), (50, 1)])
def test_tiny_pictures_have_figures_too(shape: tuple[int, int]) -> None:
    assert quality(np.ones(shape, np.uint8)).sharpness == 0


def test_mirroring_changes_nothing() -> None:
    levels = grey(smooth())
    first, second = quality(levels), quality(levels[:, ::-1])
    assert first.sharpness == pytest.approx(second.sharpness) and first.contrast == pytest.approx(second.contrast)
