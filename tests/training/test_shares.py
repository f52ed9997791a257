"""Shares of a batch give what the whole batch gives: values, gradients, statistics, and random numbers."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, distributed, nn

from mien.training.processes import ALONE, Processes
from mien.training.shares import Shares
from tests.training.together import together

NUM_ROWS = 7


class Net(nn.Module):
    """All that depends on other rows, or on random numbers for each row."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.last, self.flat = nn.Linear(4, 5), nn.BatchNorm1d(5)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.norm(self.conv(images))
        maps = maps * maps.new_empty((len(maps), 1, 1, 1)).bernoulli_(0.7)
        return self.flat(F.dropout(self.last(F.dropout(maps, 0.3).mean(dim=(2, 3))), 0.4)), maps


def images(num: int = NUM_ROWS) -> Tensor:
    drawn = torch.randn(num, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 3 + 50
    return drawn.to(memory_format=torch.channels_last)


def passed(processes: Processes) -> dict[str, Tensor]:
    """Outputs, loss, statistics and gradients of a pass, of which the gradients are averaged over the processes."""
    torch.manual_seed(0)
    net, shares = Net().double().to(memory_format=torch.channels_last), Shares(processes)
    torch.manual_seed(1)
    logits, maps = shares.spread(net, images())
    weights = torch.arange(1.0, NUM_ROWS + 1, dtype=torch.float64)[:, None]
    loss = (weights * logits.square()).sum() / weights.sum() + maps.std() + logits.prod(dim=0).mean()  # no mean over rows
    penalty = net.conv.weight.square().sum()
    to_backward, whole = shares.to_backward(loss, penalty)
    to_backward.backward()  # type: ignore[no-untyped-call]
    found = {"logits": logits.detach(), "maps": maps.detach(), "loss": whole.detach(), "random": torch.rand(3)}
    found |= dict(net.named_buffers())
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None
        if processes.num > 1:
            distributed.all_reduce(parameter.grad)
        found[f"gradient of {name}"] = parameter.grad / processes.num
    return found


@pytest.mark.parametrize("num", [2, 3])
def test_shares_give_what_the_whole_batch_gives(num: int, tmp_path: Path) -> None:
    whole = passed(ALONE)
    parts = together(passed, tmp_path, num=num)
    for part in parts:
        assert part.keys() == whole.keys()
        for name in whole:
            torch.testing.assert_close(part[name], whole[name], rtol=1e-9, atol=1e-9, msg=lambda text, name=name: f"{name}: {text}")
            assert torch.equal(part[name], parts[0][name]), f"{name}: all processes have the same"


def few(processes: Processes) -> Tensor:
    return Shares(processes).spread(lambda rows: (rows.sum(dim=1),), torch.arange(6.0).view(2, 3))[0]


def test_fewer_rows_than_processes_are_computed_by_each(tmp_path: Path) -> None:
    for found in together(few, tmp_path, num=3):
        assert found.tolist() == [3.0, 12.0]


def test_batch_norm_in_bfloat16_keeps_its_type(tmp_path: Path) -> None:
    for found in together(rounded, tmp_path):
        assert found.dtype == torch.bfloat16
        torch.testing.assert_close(
            found.float(), F.batch_norm(images().bfloat16().float(), None, None, training=True), rtol=0.01, atol=0.01
        )


def rounded(processes: Processes) -> Tensor:
    (found,) = Shares(processes).spread(lambda rows: (F.batch_norm(rows.bfloat16(), None, None, training=True),), images())
    return found
