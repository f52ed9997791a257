"""Laws of the random affine maps, against torch's and SciPy's own transforms."""

import math

import numpy as np
import pytest
import scipy.ndimage
import torch

from mien.data.augmentation import augment, draw_maps
from mien.sections import AugmentParams

STILL = {"rotation_deg": 0.0, "shift": 0.0, "zoom": 0.0, "flip": 0.0}
IMAGES = torch.rand(6, 3, 33, 33, generator=torch.Generator().manual_seed(0))


def ranges(**changes: float) -> AugmentParams:
    return AugmentParams(**{**STILL, **changes})


def drawn(images: torch.Tensor = IMAGES, seed: int = 1, **changes: float) -> torch.Tensor:
    return augment(images, ranges(**changes), generator=torch.Generator().manual_seed(seed))


def test_ranges_of_zero_change_nothing() -> None:
    assert torch.equal(drawn(), IMAGES)
    # Also where the map is made: a flip that never happens.
    assert torch.allclose(drawn(flip=1e-12), IMAGES, atol=1e-5)


def test_flip_is_the_mirror_image_and_twice_the_picture() -> None:
    once = drawn(flip=1.0)
    assert torch.allclose(once, IMAGES.flip(-1), atol=1e-5)
    assert torch.allclose(drawn(once, flip=1.0), IMAGES, atol=1e-5)


def test_flip_takes_its_share() -> None:
    maps_N23 = draw_maps(10_000, ranges(flip=0.3), generator=torch.Generator().manual_seed(0))
    assert float((maps_N23[:, 0, 0] < 0).float().mean()) == pytest.approx(0.3, abs=5 * math.sqrt(0.21 / 10_000))


def test_same_seed_same_batch() -> None:
    everything = {"rotation_deg": 15.0, "shift": 0.1, "zoom": 0.2, "flip": 0.5}
    assert torch.equal(drawn(**everything), drawn(**everything))
    assert not torch.equal(drawn(**everything), drawn(seed=2, **everything))


def test_each_picture_has_its_own_draw() -> None:
    same = IMAGES[:1].expand(6, -1, -1, -1)
    found = drawn(same, rotation_deg=20.0)
    assert all(not torch.allclose(found[0], other) for other in found[1:])


@pytest.mark.parametrize("name", ["rotation_deg", "shift", "zoom"])
def test_draws_fill_their_range(name: str) -> None:
    largest = {"rotation_deg": 30.0, "shift": 0.2, "zoom": 0.4}[name]
    maps_N23 = draw_maps(20_000, ranges(**{name: largest}), generator=torch.Generator().manual_seed(0))
    values = {
        "rotation_deg": torch.rad2deg(torch.atan2(maps_N23[:, 1, 0], maps_N23[:, 0, 0])),
        "shift": maps_N23[:, 0, 2] / 2,
        "zoom": 1 / maps_N23[:, 0, 0] - 1,
    }[name]
    assert float(values.min()) == pytest.approx(-largest, rel=0.01) and float(values.max()) == pytest.approx(largest, rel=0.01)
    assert float(values.mean()) == pytest.approx(0, abs=0.02 * largest)


def test_zoom_keeps_the_centre_and_borders_are_repeated() -> None:
    ramp = torch.arange(33.0).expand(4, 3, 33, 33)
    found = drawn(ramp, zoom=0.5)
    assert torch.allclose(found[..., 16], torch.full_like(found[..., 16], 16.0), atol=1e-4)
    assert float(found.min()) >= 0 and float(found.max()) <= 32, "no black from outside the picture"


def test_a_map_as_scipy_applies_it() -> None:
    everything = ranges(rotation_deg=25.0, shift=0.15, zoom=0.3, flip=0.5)
    maps_N23 = draw_maps(6, everything, generator=torch.Generator().manual_seed(4)).double().numpy()
    found = augment(IMAGES, everything, generator=torch.Generator().manual_seed(4)).numpy()
    centre = np.array([16.0, 16.0])
    for image_CSS, map_23, result_CSS in zip(IMAGES.numpy(), maps_N23, found, strict=True):
        linear = map_23[::-1, 1::-1]  # SciPy's axes are row, column
        shift = map_23[::-1, 2] * 33 / 2
        expected = scipy.ndimage.affine_transform(image_CSS[0], linear, offset=centre + shift - linear @ centre, order=1, mode="nearest")
        assert np.abs(result_CSS[0] - expected).max() < 1e-3
