"""Batch norm with the statistics of a batch whose rows are spread over processes. Shapes: n rows of this process, C channels.

PyTorch's SyncBatchNorm does the same on GPUs and refuses tensors of a processor.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, distributed
from torch.nn.modules._functions import SyncBatchNorm
from typing_extensions import override

from mien.training.processes import sum_over_processes


def whole_batch_norm(
    rows: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """As torch.nn.functional.batch_norm of the rows of all processes, of which this returns those of this process, n×C×….

    y = (x - μ) / √(v + eps) · weight + bias, with the mean μ and the biased variance v of each channel over the rows of all processes;
    the running variance takes the unbiased one, as PyTorch's own does (Ioffe and Szegedy 2015, arXiv:1502.03167). All processes must call
    it, and run the backward pass, in the same order.
    """
    if not training:
        return F.batch_norm(rows, running_mean, running_var, weight, bias, False, momentum, eps)
    if rows.is_cuda:
        normalised: Tensor = SyncBatchNorm.apply(
            rows, weight, bias, running_mean, running_var, eps, momentum, distributed.group.WORLD, distributed.get_world_size()
        )
        return normalised
    wide, shape = rows.to(torch.promote_types(rows.dtype, torch.float32)), (1, -1, *(1 for _ in rows.shape[2:]))
    others = [axis for axis in range(rows.ndim) if axis != 1]
    count = sum_over_processes(torch.tensor(float(rows.numel() // rows.shape[1]), dtype=wide.dtype))
    # Two passes: the mean of squares minus the square of the mean would cancel.
    mean_C = _summed(wide.sum(dim=others)) / count
    centred = wide - mean_C.view(shape)
    variance_C = _summed(centred.square().sum(dim=others)) / count
    if running_mean is not None and running_var is not None:
        with torch.no_grad():
            running_mean.lerp_(mean_C.to(running_mean.dtype), momentum)
            running_var.lerp_((variance_C * (count / (count - 1))).to(running_var.dtype), momentum)
    scale_C = torch.rsqrt(variance_C + eps)
    if weight is not None:
        scale_C = scale_C * weight
    normalised = centred * scale_C.view(shape)
    return (normalised if bias is None else normalised + bias.view(shape)).to(rows.dtype)


def _summed(own: Tensor) -> Tensor:
    """The sum over all processes; its gradient is the sum of the gradients that it has in all of them."""
    found: Tensor = _Summed.apply(own)
    return found


class _Summed(torch.autograd.Function):
    @staticmethod
    @override
    def forward(_ctx: Any, own: Tensor) -> Tensor:
        return sum_over_processes(own)

    @staticmethod
    @override
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        return sum_over_processes(gradient)
