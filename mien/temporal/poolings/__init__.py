"""What makes one prediction of the frames of a clip: a module each, called as module(batch, generator), which gives logits, B×K.

`generator` draws dropout in training; without it there is none. Frames that only pad a clip change nothing.
"""

from collections.abc import Callable

from torch import nn

from mien.temporal.poolings.fan import FrameAttention
from mien.temporal.poolings.gru import Recurrent
from mien.temporal.poolings.mean import Mean

POOLINGS: dict[str, Callable[[int, int], nn.Module]] = {"mean": Mean, "fan": FrameAttention, "gru": Recurrent}
"""by name, from the number of features and of classes"""
