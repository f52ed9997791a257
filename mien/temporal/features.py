"""What the model of frames makes of each frame: logits, and the features that a pooling learns from."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from mien.config.model import ModelConfig
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.store.face_images import Images, in_batches

BATCH_SIZE = 64


@dataclass(frozen=True)
class Outputs:
    """Logits, N×K, and features, N×D, of N frames, float32 on the CPU."""

    logits_NK: Tensor
    features_ND: Tensor

    def at(self, rows: Tensor) -> "Outputs":
        """Those of some frames, in this order."""
        return Outputs(self.logits_NK[rows], self.features_ND[rows])


def frame_outputs(network: ExpressionModel, images: Images, config: ModelConfig, *, device: str, progress: str | None = None) -> Outputs:
    """The outputs for RGB uint8 images as they are, without the views of test-time augmentation; the network is left in eval mode.

    The features are the mean over the cells of the last feature map, after attention, in single precision.
    """
    network.to(device).eval()
    found: list[tuple[Tensor, Tensor]] = []
    shown = tqdm(
        in_batches(images, BATCH_SIZE),
        desc=progress,
        unit="batch",
        total=math.ceil(len(images) / BATCH_SIZE),
        disable=progress is None,
    )
    with torch.inference_mode():
        for images_B3SS in shown:
            maps_BDhw = network.forward_features(to_input(images_B3SS.to(device), input_px=config.input_px, channels_last=False))
            found.append((network.head(maps_BDhw).float().cpu(), maps_BDhw.mean((2, 3)).float().cpu()))
    logits, features = zip(*found, strict=True)
    return Outputs(torch.cat(logits).clone(), torch.cat(features).clone())
