"""Colour changes of whole batches, against torchvision's of one picture at a time."""

import colorsys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from mien.augmentation.colour import change_brightness, change_contrast, change_saturation, jitter, turn_hue
from mien.config.sections.augment import AugmentParams

IMAGES = torch.rand(7, 3, 16, 16, generator=torch.Generator().manual_seed(0))
IMAGES[0] = IMAGES[0, :1]  # grey
IMAGES[1] = (IMAGES[1] * 3).floor() / 2  # many ties between colours, and pure ones
FACTORS = torch.tensor([0.0, 0.3, 0.7, 1.0, 1.2, 1.5, 1.95])


@pytest.mark.parametrize(
    ("batch", "single"),
    [
        (change_brightness, functional.adjust_brightness),
        (change_contrast, functional.adjust_contrast),
        (change_saturation, functional.adjust_saturation),
    ],
)
def test_factors_as_torchvision_applies_them(batch: Callable[..., Tensor], single: Callable[..., Tensor]) -> None:
    found = batch(IMAGES, FACTORS)
    for image, factor, result in zip(IMAGES, FACTORS, found, strict=True):
        assert torch.allclose(result, single(image, float(factor)), atol=1e-6)
    assert torch.allclose(batch(IMAGES, torch.ones(7)), IMAGES, atol=1e-6), "a factor of 1 changes nothing"


def test_hue_as_torchvision_turns_it() -> None:
    degrees = torch.tensor([20.0, -180.0, -77.0, -1.0, 33.0, 120.0, 180.0])
    for image, angle, result in zip(IMAGES, degrees, turn_hue(IMAGES, degrees), strict=True):
        assert torch.allclose(result, functional.adjust_hue(image, float(angle) / 360), atol=2e-6)


@pytest.mark.parametrize("degrees", [0.0, 360.0, -360.0])
def test_a_whole_turn_of_the_hue_changes_nothing(degrees: float) -> None:
    assert torch.allclose(turn_hue(IMAGES, torch.full((7,), degrees)), IMAGES, atol=2e-6)


def test_a_third_of_a_turn_moves_the_colours_on() -> None:
    assert torch.allclose(turn_hue(IMAGES, torch.full((7,), 120.0)), IMAGES.roll(1, dims=1), atol=2e-6)


def test_hue_keeps_saturation_and_value_by_the_standard_library() -> None:
    turned = turn_hue(IMAGES, torch.full((7,), 50.0))
    for image, result in zip(IMAGES, turned, strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*image[:, 3, 5].tolist())
        expected = colorsys.hsv_to_rgb((hue + 50 / 360) % 1, saturation, value)
        assert result[:, 3, 5].tolist() == pytest.approx(expected, abs=2e-6)


def test_draws_fill_their_range() -> None:
    grey = torch.full((20_000, 3, 1, 1), 0.4)
    settings = AugmentParams(brightness=0.5)
    factors = jitter(grey, settings, generator=torch.Generator().manual_seed(0))[:, 0, 0, 0] / 0.4
    assert float(factors.min()) == pytest.approx(0.5, abs=1e-3) and float(factors.max()) == pytest.approx(1.5, abs=1e-3)
    assert float(factors.mean()) == pytest.approx(1, abs=0.01)


def test_hue_draws_fill_their_range() -> None:
    red = torch.tensor([0.8, 0.2, 0.2]).view(1, 3, 1, 1).repeat(20_000, 1, 1, 1)
    turned = jitter(red, AugmentParams(hue_deg=30.0), generator=torch.Generator().manual_seed(0)).view(-1, 3)
    hues = torch.tensor([(colorsys.rgb_to_hsv(*pixel)[0] * 360 + 180) % 360 - 180 for pixel in turned.tolist()])
    assert float(hues.min()) == pytest.approx(-30, abs=0.1) and float(hues.max()) == pytest.approx(30, abs=0.1)


def test_the_four_are_applied_in_order_with_their_own_draws() -> None:
    """Switching one on moves no draw of another."""
    images = IMAGES[2:]
    everything = {"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue_deg": 40.0}
    in_turn = images
    for name, value in everything.items():
        in_turn = jitter(in_turn, AugmentParams(**{name: value}), generator=torch.Generator().manual_seed(5))
    found = jitter(images, AugmentParams(**everything), generator=torch.Generator().manual_seed(5))
    assert torch.equal(found, in_turn)
