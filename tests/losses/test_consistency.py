"""Second views: repeatable, moved as stated and moved back; the difference of class maps."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mien.losses._consistency import map_difference, moved_back, second_view
from tests.losses import plain

TRANSFORMS = ["horizontal", "vertical", "erase", "intensity", "scale"]
MIRRORS = {"horizontal": 3, "vertical": 2}


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(num: int = 4, height: int = 24, width: int = 24, channels: int = 3) -> Tensor:
    return torch.rand(num, channels, height, width, generator=stream(7))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_second_view_is_a_picture_of_the_same_shape(transform: str) -> None:
    for shape in ((4, 24, 24), (2, 7, 12), (1, 1, 1)):
        images = pictures(*shape)
        before = images.clone()
        view = second_view(images, transform, generator=stream())
        assert view.shape == images.shape and view.dtype == images.dtype
        assert view.isfinite().all() and view.min() >= 0 and view.max() <= 1
        assert torch.equal(images, before)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_same_generator_gives_the_same_view(transform: str) -> None:
    images = pictures()
    views = [second_view(images, transform, generator=stream(seed)) for seed in (1, 1, 2)]
    assert torch.equal(views[0], views[1])
    assert torch.equal(views[0], views[2]) == (transform not in ("erase", "intensity"))


@pytest.mark.parametrize("transform", ["horizontal", "vertical", "scale"])
def test_a_view_without_chance_draws_nothing(transform: str) -> None:
    generator = stream()
    second_view(pictures(), transform, generator=generator)
    assert torch.equal(generator.get_state(), stream().get_state())


@pytest.mark.parametrize("transform", ["horizontal", "vertical"])
def test_mirrors_place_every_pixel_as_stated(transform: str) -> None:
    images = pictures(2, 3, 5)
    view = second_view(images, transform, generator=stream())
    for h in range(3):
        for w in range(5):
            there = plain.place_back(h, w, 3, 5, transform)
            assert torch.equal(view[:, :, h, w], images[:, :, there[0], there[1]])


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_moved_back_lays_maps_as_the_first_view(transform: str) -> None:
    """A network that sees each place for itself gives the same map for both views, once moved back."""
    images = pictures(3, 6, 6)
    if transform in MIRRORS:
        view = second_view(images, transform, generator=stream())
        torch.testing.assert_close(moved_back(F.avg_pool2d(view, 2), transform), F.avg_pool2d(images, 2))
        assert torch.equal(moved_back(view, transform), images)
        assert not torch.equal(view, images)
    else:
        assert torch.equal(moved_back(images, transform), images)


@pytest.mark.parametrize("size", [(24, 24), (96, 96), (40, 64)])
def test_erase_overwrites_one_rectangle_with_the_mean_colour(size: tuple[int, int]) -> None:
    images = pictures(200, *size)
    changed_N = (second_view(images, "erase", generator=stream()) != images).any(dim=1)
    view = second_view(images, "erase", generator=stream())
    shares = []
    for image, after, changed in zip(images, view, changed_N, strict=True):
        down, right = changed.any(dim=1).nonzero().flatten(), changed.any(dim=0).nonzero().flatten()
        top, bottom, left, end = int(down[0]), int(down[-1]) + 1, int(right[0]), int(right[-1]) + 1
        assert changed[top:bottom, left:end].all() and int(changed.sum()) == (bottom - top) * (end - left)
        torch.testing.assert_close(
            after[:, top:bottom, left:end], image.mean(dim=(1, 2))[:, None, None].expand(-1, bottom - top, end - left)
        )
        # Rounding moves each side by half a pixel at most.
        high, wide, whole = bottom - top, end - left, size[0] * size[1]
        assert (high - 0.5) * (wide - 0.5) <= 0.25 * whole + 1e-3 and (high + 0.5) * (wide + 0.5) >= 0.02 * whole - 1e-3
        shares.append(high * wide / whole)
    assert min(shares) < 0.05 and max(shares) > 0.22 and len(set(shares)) > 20


def test_erase_reaches_every_place() -> None:
    images = pictures(400, 16, 16)
    hit = (second_view(images, "erase", generator=stream()) != images).any(dim=1).any(dim=0)
    assert hit.all()


def test_intensity_scales_each_picture_by_its_own_factor() -> None:
    images = pictures(200) + 0.01
    ratio = second_view(images, "intensity", generator=stream()) / images
    factors_N = ratio[:, 0, 0, 0]
    torch.testing.assert_close(ratio, factors_N[:, None, None, None].expand_as(ratio))
    assert factors_N.min() >= 0.5 and factors_N.max() <= 0.9
    assert factors_N.min() < 0.52 and factors_N.max() > 0.88


def test_scale_loses_detail_and_moves_nothing() -> None:
    checkered = (torch.arange(24)[:, None] + torch.arange(24)) % 2
    grey = second_view(checkered.float().expand(1, 1, 24, 24), "scale", generator=stream())
    assert grey.std() < 0.1
    ramp = torch.linspace(0.0, 1.0, 24).expand(1, 1, 24, 24)
    inner = second_view(ramp, "scale", generator=stream())[..., 4:-4]
    torch.testing.assert_close(inner, ramp[..., 4:-4], atol=2e-3, rtol=0)
    flat = torch.full((1, 3, 9, 9), 0.37)
    torch.testing.assert_close(second_view(flat, "scale", generator=stream()), flat)


def test_scale_commutes_with_mirrors() -> None:
    for side in (24, 25, 48):
        images = pictures(2, side, side)
        turned = second_view(images.flip(-1), "scale", generator=stream()).flip(-1)
        torch.testing.assert_close(second_view(images, "scale", generator=stream()), turned)


@pytest.mark.parametrize("norm", ["squared", "absolute"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_difference_agrees_with_the_formula(transform: str, norm: str) -> None:
    first, second, _ = plain.draw(0)
    found = map_difference(first.class_maps_NKHW, second.class_maps_NKHW, transform=transform, norm=norm).sum(dim=(2, 3))
    expected = plain.squared_or_absolute(
        first.class_maps_NKHW, second.class_maps_NKHW, transform=transform, norm=norm, weights=[1.0] * plain.K
    )
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_difference_of_narrow_maps_is_taken_in_float32() -> None:
    maps = torch.randn(2, 3, 4, 4, generator=stream()).bfloat16()
    assert map_difference(maps, maps, transform="vertical").dtype == torch.float32
