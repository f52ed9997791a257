"""Each process computes its share of the rows of a batch, and the result is that of the whole batch.

Batch norm normalises with the statistics of the whole batch, dropout and stochastic depth drop what they would drop in one process, and
the logits of all shares are gathered before the loss. Whatever a loss does with a batch (class weights, two views, soft targets), it
therefore computes the same as in one process. Shapes: N rows of the whole batch, n rows of a share.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, distributed
from torch.overrides import TorchFunctionMode
from typing_extensions import override

from mien.training.batch_norm import whole_batch_norm
from mien.training.processes import Processes, sum_over_processes

Forward = Callable[[Tensor], tuple[Tensor, ...]]


class Shares:
    """The shares of the processes of a training. With one process, everything is computed as if this class were not there."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self.own_part = 1.0
        """n/N of the last forward pass"""

    def spread(self, forward: Forward, images: Tensor) -> tuple[Tensor, ...]:
        """`forward(images)`, of which this process computes its share only; the outputs have one row per image.

        Gradients flow into the rows of this process only; the mean over processes of the gradients of `to_backward` is then that of one
        process. A batch with fewer rows than processes, which only validation has, is computed by each of them.
        """
        num, rank = self._processes.num, self._processes.rank
        if num == 1 or len(images) < num:
            self.own_part = 1.0 / num
            return forward(images)
        sizes = [len(part) for part in torch.arange(len(images)).tensor_split(num)]
        start = sum(sizes[:rank])
        self.own_part = sizes[rank] / len(images)
        with _WholeBatch(start, len(images)):
            outputs = forward(images[start : start + sizes[rank]])
        return tuple(_gathered(output, sizes, rank) for output in outputs)

    def to_backward(self, loss: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
        """The scalar whose gradients are to be averaged over the processes, and the whole loss.

        `loss` is that of the whole batch. `penalty` is a mean over the rows of the last forward pass, plus terms of the weights.
        """
        num = self._processes.num
        if num == 1:
            total = loss + penalty
            return total, total
        own = penalty * self.own_part
        return (loss + own) * num, loss.detach() + sum_over_processes(own)


def _gathered(own: Tensor, sizes: list[int], rank: int) -> Tensor:
    """The rows of all processes in order; those of the others have no gradient."""
    padded = own.detach().new_zeros((max(sizes), *own.shape[1:]))
    padded[: len(own)] = own.detach()
    found = [torch.empty_like(padded) for _ in sizes]
    distributed.all_gather(found, padded.contiguous())
    return torch.cat([own if number == rank else rows[:size] for number, (rows, size) in enumerate(zip(found, sizes, strict=True))])


class _WholeBatch(TorchFunctionMode):
    """In this context, what depends on other rows of a batch, or on how many there are, sees `num_rows` rows, of which ours begin at
    `start`.
    """

    def __init__(self, start: int, num_rows: int) -> None:
        super().__init__()
        self._start, self._num_rows = start, num_rows

    @override
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is F.batch_norm:
            return whole_batch_norm(*args, **kwargs)
        if func is F.dropout:
            return self._dropout(*args, **kwargs)
        if func is torch.Tensor.bernoulli_:  # stochastic depth in timm
            return self._bernoulli(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(self, rows: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: ARG002 (the result is used either way)
        if not training or p == 0:
            return rows
        return rows * self._own(F.dropout(self._of_all(rows).fill_(1), p), rows)

    def _bernoulli(self, rows: Tensor, p: float = 0.5) -> Tensor:
        return rows.copy_(self._own(self._of_all(rows).bernoulli_(p), rows))

    def _of_all(self, rows: Tensor) -> Tensor:
        """An empty tensor of the whole batch in the memory layout of `rows`, because random numbers are drawn in the order of memory."""
        channels_last = rows.ndim == 4 and rows.is_contiguous(memory_format=torch.channels_last) and not rows.is_contiguous()
        layout = torch.channels_last if channels_last else torch.contiguous_format
        return torch.empty((self._num_rows, *rows.shape[1:]), dtype=rows.dtype, device=rows.device, memory_format=layout)

    def _own(self, whole: Tensor, rows: Tensor) -> Tensor:
        return whole[self._start : self._start + len(rows)]
