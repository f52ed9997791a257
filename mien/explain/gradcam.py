"""Class activation maps for any head and backbone: Grad-CAM (Selvaraju et al. 2017, eqs. 1 and 2).

    L_hw = ReLU(Σ_c α_c F_chw),  α_c = mean over the grid of ∂ logit / ∂ F_chw

F is the last feature map after attention, N×C×h×w for every backbone including Swin: the output of `model.attention` and the input of
`model.head`. The backbone runs once and without a graph, for any number of classes; gradients pass through the head only. Captum's
LayerGradCam gives the same maps (tests/explain/test_gradcam.py); it is not used here because its import takes 0.7 s of CPU time.

For a head that is linear on averaged maps (CLASS_MAPS), Grad-CAM is the ReLU of its class map divided by h·w.

    grad_cam(model, images_N3SS, targets_N, input_px=…)       N×h×w    the map for one class per image
    grad_cam_each(model, images_N3SS, targets_NT, input_px=…) N×T×h×w  for several classes, such as the predicted and the actual one
    upsampled(maps_Nhw, side_px)                              N×S×S
    normalised(maps)                                          the largest value of each map is 1

Shapes: N images, S×S stored side, P×P input side, C channels, h×w grid, K classes, T requested classes per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mien.explain.borrow import borrowed
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input

BATCH_SIZE = 32
"""Faster than 64 on a CPU core, because the activations between layers stay in its cache."""


def grad_cam(
    model: ExpressionModel,
    images_N3SS: Tensor,
    targets_N: Tensor,
    *,
    input_px: int,
    batch_size: int = BATCH_SIZE,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Return Grad-CAM maps of RGB uint8 images, for the class `targets_N` (0 to K-1) of each: float32 N×h×w on the CPU, ≥ 0, not scaled.

    A map without any evidence for its class is zero everywhere. The model runs in eval mode and fp32, and its state is restored.
    """
    return grad_cam_each(model, images_N3SS, targets_N[:, None], input_px=input_px, batch_size=batch_size, device=device)[:, 0]


def grad_cam_each(
    model: ExpressionModel,
    images_N3SS: Tensor,
    targets_NT: Tensor,
    *,
    input_px: int,
    batch_size: int = BATCH_SIZE,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Like `grad_cam`, but for T classes of each image, at little more than the cost of one: float32 N×T×h×w on the CPU."""
    assert len(images_N3SS) == len(targets_NT) and targets_NT.ndim == 2 and not targets_NT.is_floating_point(), targets_NT.shape
    parts = []
    with borrowed(model, device):
        for images_B3SS, targets_BT in zip(torch.split(images_N3SS, batch_size), torch.split(targets_NT, batch_size), strict=True):
            with torch.no_grad():
                maps_BCHW = model.forward_features(to_input(images_B3SS.to(device), input_px=input_px, channels_last=True))
            parts.append(_maps(model.head, maps_BCHW, targets_BT.to(device)).cpu())
    return torch.cat(parts)


def _maps(head: nn.Module, maps_BCHW: Tensor, targets_BT: Tensor) -> Tensor:
    """Grad-CAM maps from last feature maps without a graph: B×T×h×w."""
    with torch.enable_grad():
        logits_BT = head(maps_BCHW.requires_grad_()).gather(1, targets_BT)
        found = []
        for logits_B in logits_BT.unbind(1):
            # The gradient of the sum is that of each image, because in eval mode a logit does not depend on other images.
            (gradients_BCHW,) = torch.autograd.grad(logits_B.sum(), maps_BCHW, retain_graph=True)
            weights_BC11 = gradients_BCHW.mean(dim=(2, 3), keepdim=True)
            found.append((weights_BC11 * maps_BCHW).sum(dim=1).relu().detach())
    return torch.stack(found, dim=1)


def upsampled(maps_Nhw: Tensor, side_px: int) -> Tensor:
    """Return the maps in the size of the image, N×S×S with S = `side_px`: bilinear, each cell of the grid over its own part of the image.

    This is the usual convention, but it is coarse: the receptive field of a cell is far larger than its part, and padded strided
    convolutions (ResNet, MobileNet) centre it up to half a cell further up and left. The cells of Swin are at the positions where they are
    shown.
    """
    return F.interpolate(maps_Nhw[:, None], size=(side_px, side_px), mode="bilinear", align_corners=False)[:, 0]


def normalised(maps: Tensor) -> Tensor:
    """Return the maps (any leading dimensions × h×w), each divided by its largest value; an all-zero map stays zero."""
    largest = maps.amax(dim=(-2, -1), keepdim=True)
    return maps / torch.where(largest > 0, largest, 1)
