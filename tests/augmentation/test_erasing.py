"""Random erasing: how often, how large, where, and with what."""

import math

import pytest
import torch

from mien.augmentation.erasing import GREY, draw_rectangles, erase
from mien.config.sections.augment import AugmentParams

SIDE = 100


def rectangles(num: int, low: float, high: float) -> torch.Tensor:
    return draw_rectangles(num, (SIDE, SIDE), areas=(low, high), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("low", "high"), [(0.02, 0.25), (0.1, 0.1), (0.5, 1.0), (1e-6, 1e-5)])
def test_areas_lie_within_their_bounds_and_rectangles_within_the_picture(low: float, high: float) -> None:
    masks = rectangles(2000, low, high)
    heights, widths = masks.any(2).sum(1), masks.any(1).sum(1)
    assert torch.equal(masks.sum((1, 2)), heights * widths), "full rectangles"
    assert int(heights.min()) >= 1 and int(widths.min()) >= 1
    # Half a pixel of rounding on either side, and never less than one pixel.
    rounding = (heights + widths) / 2 + 0.25
    areas = (heights * widths).float()
    assert bool((areas >= low * SIDE**2 - rounding).all()) and bool((areas <= max(high * SIDE**2, 1) + rounding).all())
    assert float(areas.mean()) / SIDE**2 == pytest.approx((low + high) / 2, rel=0.05, abs=1e-4)


def test_shapes_and_places_vary() -> None:
    masks = rectangles(5000, 0.05, 0.1)
    heights, widths = masks.any(2).sum(1), masks.any(1).sum(1)
    aspects = (heights / widths).log()
    assert float(aspects.abs().max()) == pytest.approx(math.log(1 / 0.3), abs=0.1)
    assert float(aspects.mean()) == pytest.approx(0, abs=0.05)
    tops, lefts = masks.any(2).int().argmax(1), masks.any(1).int().argmax(1)
    assert int(tops.min()) == int(lefts.min()) == 0
    assert int((tops + heights).max()) == int((lefts + widths).max()) == SIDE
    assert float((tops / (SIDE - heights)).mean()) == pytest.approx(0.5, abs=0.02)


def test_erasing_takes_its_share_of_the_pictures() -> None:
    images = torch.ones(10_000, 1, 8, 8)
    found = erase(images, AugmentParams(erase=0.3), generator=torch.Generator().manual_seed(1))
    share = float((found != images).flatten(1).any(1).float().mean())
    assert share == pytest.approx(0.3, abs=5 * math.sqrt(0.21 / 10_000))


def test_all_colours_of_the_rectangle_turn_grey_and_nothing_else_changes() -> None:
    images = torch.rand(20, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    found = erase(images, AugmentParams(erase=1.0), generator=torch.Generator().manual_seed(1))
    changed = found != images
    assert torch.equal(changed, changed[:, :1].expand_as(changed))
    assert set(found[changed].tolist()) == {GREY}
    assert bool(changed.flatten(1).any(1).all())
