"""Laws of the random affine maps, against torch's and SciPy's own transforms, and of what every augmentation keeps."""

import math

import numpy as np
import pytest
import scipy.ndimage
import torch

from mien.augmentation import augment
from mien.augmentation.geometry import draw_crops, draw_maps
from mien.config.sections.augment import AugmentParams

STILL = {"rotation_deg": 0.0, "shift": 0.0, "zoom": 0.0, "flip": 0.0}
IMAGES = torch.rand(6, 3, 33, 33, generator=torch.Generator().manual_seed(0))


def ranges(**changes: float) -> AugmentParams:
    return AugmentParams(**{**STILL, **changes})


def drawn(images: torch.Tensor = IMAGES, seed: int = 1, **changes: float) -> torch.Tensor:
    return augment(images, ranges(**changes), generator=torch.Generator().manual_seed(seed))


def test_ranges_of_zero_change_nothing() -> None:
    assert drawn() is IMAGES
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


def test_a_crop_takes_away_its_share_and_stays_inside() -> None:
    crops_N33 = draw_crops(20_000, 0.4, generator=torch.Generator().manual_seed(0))
    sides_N, centres_N2 = crops_N33[:, 0, 0], crops_N33[:, :2, 2]
    assert float(sides_N.min()) == pytest.approx(0.6, abs=1e-3) and float(sides_N.max()) == pytest.approx(1, abs=1e-3)
    room_N1 = 1 - sides_N.unsqueeze(1)
    assert bool((centres_N2.abs() <= room_N1 + 1e-6).all()), "outer edges stay within those of the picture"
    places_N2 = centres_N2 / room_N1
    assert float(places_N2.min()) < -0.999 and float(places_N2.max()) > 0.999 and float(places_N2.mean(0).abs().max()) < 0.02
    assert torch.equal(sides_N, crops_N33[:, 1, 1]), "square"


def test_a_crop_shows_that_part_of_the_picture_and_no_repeated_border() -> None:
    across = torch.arange(33.0).expand(50, 3, 33, 33)
    found = drawn(across, crop=0.5)
    steps = found.diff(dim=-1)
    inner = steps[..., 1:-1]  # half a pixel beyond the outer pixels' centres is the border's own, as in any resizing
    assert float(inner.min()) > 0.45 and torch.allclose(inner, inner[..., :1, :1].expand_as(inner), atol=1e-4)
    assert float(steps.min()) > 0, "no pixel is repeated"
    assert float(found.min()) >= 0 and float(found.max()) <= 32


def test_a_crop_is_of_what_the_other_changes_show() -> None:
    everything = {"rotation_deg": 25.0, "shift": 0.15, "zoom": 0.3, "flip": 0.5}
    without = draw_maps(6, ranges(**everything), generator=torch.Generator().manual_seed(4))
    cropped = draw_maps(6, ranges(crop=0.3, **everything), generator=torch.Generator().manual_seed(4))
    corners_34 = torch.tensor([[-1.0, -1, 1, 1], [-1, 1, -1, 1], [1, 1, 1, 1]])
    back = torch.linalg.inv(without[:, :, :2]) @ (cropped @ corners_34 - without[:, :, 2:])
    assert float(back.abs().max()) <= 1 + 1e-5, "within the square that is shown without the crop"
    assert torch.equal(without, draw_maps(6, ranges(**everything), generator=torch.Generator().manual_seed(4)))


def old_augment(images: torch.Tensor, found: AugmentParams, *, generator: torch.Generator) -> torch.Tensor:
    """As the first release of the pipeline drew and applied it, on which the committed figures rest."""
    num = len(images)
    angle, zoom, right, down = (2 * torch.rand(4, num, generator=generator) - 1) * torch.tensor(
        [[math.radians(found.rotation_deg)], [found.zoom], [2 * found.shift], [2 * found.shift]]
    )
    mirror = torch.where(torch.rand(num, generator=generator) < found.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) / (1 + zoom), torch.sin(angle) / (1 + zoom)
    maps = torch.stack([mirror * cos, -sin, right, mirror * sin, cos, down], dim=1).view(num, 2, 3)
    grid = torch.nn.functional.affine_grid(maps, list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def test_geometry_alone_is_what_it_always_was() -> None:
    one, other = (torch.Generator().manual_seed(9) for _ in range(2))
    assert torch.equal(augment(IMAGES, AugmentParams(), generator=one), old_augment(IMAGES, AugmentParams(), generator=other))
    assert torch.equal(one.get_state(), other.get_state()), "nothing else is drawn"


EACH: list[dict[str, float]] = [
    {"crop": 0.3},
    {"rand_augment": 9},
    {"brightness": 0.4},
    {"contrast": 0.4},
    {"saturation": 0.4},
    {"hue_deg": 90.0},
    {"erase": 1.0},
    {"rotation_deg": 9.0, "flip": 0.5, "crop": 0.2, "rand_augment": 9, "brightness": 0.4, "contrast": 0.4, "hue_deg": 20.0, "erase": 0.5},
]


@pytest.mark.parametrize("changes", EACH, ids=lambda changes: "+".join(changes))
def test_each_augmentation_is_drawn_per_picture_from_the_generator_alone(changes: dict[str, float]) -> None:
    same = IMAGES[:1].repeat(6, 1, 1, 1)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    found = drawn(same, **changes)
    assert torch.equal(torch.get_rng_state(), before), "the global generator is left as it was"
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert torch.equal(drawn(same, **changes), found)
    assert not torch.equal(drawn(same, seed=2, **changes), found)
    assert len({image.numpy().tobytes() for image in found}) > 3


@pytest.mark.parametrize("changes", EACH, ids=lambda changes: "+".join(changes))
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_shape_type_and_layout_are_kept_and_the_input_too(changes: dict[str, float], layout: torch.memory_format) -> None:
    images = IMAGES.contiguous(memory_format=layout)
    found = drawn(images, **changes)
    assert found.shape == images.shape and found.dtype == torch.float32 and found.is_contiguous(memory_format=layout)
    assert float(found.min()) >= 0 and float(found.max()) <= 1
    assert torch.equal(images, IMAGES), "not written to"
    assert torch.equal(found, drawn(IMAGES, **changes))


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
