"""Models that are looked at and given back."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mien.models.build import ExpressionModel


@contextmanager
def borrowed(model: ExpressionModel, device: torch.device | str) -> Iterator[ExpressionModel]:
    """The model in eval mode on `device`, in channels-last layout, which is the fastest here.

    Afterwards every module is in the mode, and the model on the device, that it was found in, and its weights are in torch's usual layout.
    """
    home = model.mean_C11.device
    modes = {module: module.training for module in model.modules()}
    try:
        yield model.to(torch.device(device)).to(memory_format=torch.channels_last).eval()
    finally:
        model.to(home).to(memory_format=torch.contiguous_format)
        for module, mode in modes.items():
            module.training = mode
