"""Training speed of one backbone in fp32 and in bf16 autocast with channels-last, side by side in one run.

    python benchmarks/precision.py resnet50 mobilenetv2_100 --size-px 96

Machines are shared and noisy, so the two precisions take turns and the ratio is taken pair by pair; quote the ratio.
The committed `precision` of each model in params.yaml rests on this table (see docs/benchmarks.md, "Precision").
"""

import statistics
import time
from typing import Annotated

import timm
import torch
import typer


def seconds_per_step(model: torch.nn.Module, images_NCHW: torch.Tensor, targets_N: torch.Tensor, bf16: bool, steps: int) -> float:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    start = time.perf_counter()
    for _ in range(steps):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = torch.nn.functional.cross_entropy(model(images_NCHW), targets_N)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return (time.perf_counter() - start) / steps


def main(
    backbones: list[str],
    size_px: Annotated[int, typer.Option(help="Side of the square input, pixels.")] = 96,
    batch: Annotated[int, typer.Option(help="Images per step.")] = 32,
    steps: Annotated[int, typer.Option(help="Steps per timing.")] = 3,
    rounds: Annotated[int, typer.Option(help="Paired timings per backbone.")] = 3,
) -> None:
    typer.echo(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {size_px} px, batch {batch}")
    typer.echo(f"{'backbone':24} {'fp32 img/s':>11} {'bf16 img/s':>11} {'bf16/fp32':>10}")
    for name in backbones:
        generator = torch.Generator().manual_seed(0)
        images = torch.rand(batch, 3, size_px, size_px, generator=generator)
        targets = torch.randint(5, (batch,), generator=generator)
        plain = timm.create_model(name, num_classes=5).train()
        last = timm.create_model(name, num_classes=5).train().to(memory_format=torch.channels_last)
        images_last = images.to(memory_format=torch.channels_last)
        seconds_per_step(plain, images, targets, False, 1)
        seconds_per_step(last, images_last, targets, True, 1)
        pairs = [
            (seconds_per_step(plain, images, targets, False, steps), seconds_per_step(last, images_last, targets, True, steps))
            for _ in range(rounds)
        ]
        fp32, bf16 = (batch / statistics.median(column) for column in zip(*pairs, strict=True))
        typer.echo(f"{name:24} {fp32:11.1f} {bf16:11.1f} {statistics.median(a / b for a, b in pairs):10.2f}")


if __name__ == "__main__":
    typer.run(main)
