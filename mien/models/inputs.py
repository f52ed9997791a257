"""Converts stored images to the network's input. Shapes: N batch, 3 colours, S×S stored side, P×P input side."""

import torch
import torch.nn.functional as F
from torch import Tensor


def to_input(images_N3SS: Tensor, *, input_px: int, channels_last: bool) -> Tensor:
    """Converts RGB uint8 images to float32 in [0, 1], N×3×P×P with P = `input_px`; bilinear with antialiasing if the sides differ.

    The model itself normalises its input. The result is on the device of the images.
    """
    assert images_N3SS.dtype == torch.uint8 and images_N3SS.ndim == 4 and images_N3SS.shape[1] == 3, tuple(images_N3SS.shape)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    images = images_N3SS.to(torch.float32, memory_format=layout).div_(255)
    if images.shape[-2:] != (input_px, input_px):
        images = F.interpolate(images, size=(input_px, input_px), mode="bilinear", antialias=True, align_corners=False)
    return images.contiguous(memory_format=layout)
