"""From uint8 pictures to the network's input."""

import numpy as np
import pytest
import torch
from PIL import Image

from mien.models.inputs import to_input

from .make import pictures


def test_same_size_is_division_by_255() -> None:
    images = pictures(3, 40)
    assert torch.equal(to_input(images, input_px=40, channels_last=False), images.float() / 255)


@pytest.mark.parametrize("input_px", [20, 33, 64])
def test_resizing_is_pillows(input_px: int) -> None:
    images = pictures(2, 48)
    ours = to_input(images, input_px=input_px, channels_last=False)
    assert ours.shape == (2, 3, input_px, input_px) and ours.dtype == torch.float32
    for image, out in zip(images, ours, strict=True):
        resized = Image.fromarray(image.permute(1, 2, 0).numpy()).resize((input_px, input_px), Image.Resampling.BILINEAR)
        difference = np.abs(np.asarray(resized, np.float32) / 255 - out.permute(1, 2, 0).numpy())
        assert difference.max() < 1.01 / 255, "Pillow rounds to whole grey levels, nothing else may differ"


def test_reducing_does_not_alias() -> None:
    stripes = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    stripes[..., ::2] = 255
    reduced = to_input(stripes, input_px=16, channels_last=False)[..., 2:-2]
    assert (reduced - 0.5).abs().max() < 0.1


def test_range_and_layout() -> None:
    images = pictures(4, 48)
    images[0], images[1] = 0, 255
    for input_px in (48, 30, 80):
        plain = to_input(images, input_px=input_px, channels_last=False)
        last = to_input(images, input_px=input_px, channels_last=True)
        assert plain.min() >= 0 and plain.max() <= 1 + 1e-6
        assert last.is_contiguous(memory_format=torch.channels_last) and plain.is_contiguous()
        torch.testing.assert_close(plain, last)


def test_the_pictures_themselves_are_left_alone() -> None:
    images = pictures(2, 40)
    before = images.clone()
    to_input(images, input_px=40, channels_last=False)
    assert torch.equal(before, images)
