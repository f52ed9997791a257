"""What explaining costs: pictures per second of Grad-CAM for two classes each, and of deletion and insertion.

    python benchmarks/explain.py mobilenetv2_100 resnet50 --size-px 96 --threads 2

Maps are for the predicted and for the true class, from one pass of the backbone. Faithfulness is with its defaults: ten steps, one random
order, 42 forward passes per picture. `forward` is prediction of the same pictures, in batches of the same size. The median of
the rounds is printed; in brackets by second of processor time, over all threads, which tells more where others use the machine,
too. Weights are random, which costs the same.
"""

import statistics
import time
from collections.abc import Callable
from typing import Annotated

import torch
import typer

from mien.explain.faithfulness import faithfulness
from mien.explain.gradcam import BATCH_SIZE, grad_cam_each
from mien.models import backbones
from mien.models.attention import build_attention
from mien.models.build import ExpressionModel
from mien.models.heads import build_head
from mien.models.predict import predict_logits

NUM_CLASSES = 7


def model_of(backbone: str, size_px: int) -> ExpressionModel:
    channels, _, _ = backbones.map_shape(backbone, input_px=size_px, model=backbone)
    network = backbones.create_backbone(backbone, input_px=size_px)
    head = build_head("dense", channels, NUM_CLASSES, dropout=0.0, parameters={"hidden": 256})
    statistics_of_input = backbones.statistics(backbone, "shared")
    return ExpressionModel(network, build_attention("none", channels), head, statistics=statistics_of_input)


def rate(num: int, work: Callable[[], object], *, rounds: int) -> str:
    """Pictures per second, and in brackets per second of processor time."""
    times_s = []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        work()
        times_s.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall_s, processor_s = (statistics.median(column) for column in zip(*times_s, strict=True))
    return f"{num / wall_s:.1f} ({num / processor_s:.1f})"


def main(
    names: Annotated[list[str], typer.Argument(help="Backbones.")],
    size_px: Annotated[int, typer.Option(help="Side of the input, pixels.")] = 96,
    num: Annotated[int, typer.Option(help="Pictures mapped per timing.")] = 256,
    num_faithful: Annotated[int, typer.Option(help="Pictures tested by deletion and insertion per timing.")] = 32,
    rounds: Annotated[int, typer.Option(help="Timings.")] = 3,
    threads: Annotated[int, typer.Option(help="Of torch.")] = 2,
    precision: Annotated[str, typer.Option(help="Of faithfulness and forward: fp32 or bf16; maps are always fp32.")] = "fp32",
) -> None:
    """Prints a Markdown table."""
    torch.set_num_threads(threads)
    typer.echo(f"torch {torch.__version__}, {threads} threads, {size_px} px, batches of {BATCH_SIZE}, {precision}, {rounds} rounds\n")
    typer.echo("| backbone | forward, images/s | maps of two classes, images/s | faithfulness, images/s |\n|---|---:|---:|---:|")
    for name in names:
        typer.echo(row(name, size_px=size_px, num=num, num_faithful=num_faithful, rounds=rounds, precision=precision))


def row(name: str, *, size_px: int, num: int, num_faithful: int, rounds: int, precision: str) -> str:
    torch.manual_seed(0)
    model, generator = model_of(name, size_px), torch.Generator().manual_seed(0)
    images = torch.randint(256, (num, 3, size_px, size_px), dtype=torch.uint8, generator=generator)
    targets_N2 = torch.randint(NUM_CLASSES, (num, 2), generator=generator)
    some, maps = images[:num_faithful], torch.rand(num_faithful, 3, 3, generator=generator)
    grad_cam_each(model, images[:BATCH_SIZE], targets_N2[:BATCH_SIZE], input_px=size_px)  # warm
    rates = (
        rate(
            num,
            lambda: predict_logits(model, images, input_px=size_px, precision=precision, device="cpu", batch_size=BATCH_SIZE),
            rounds=rounds,
        ),
        rate(num, lambda: grad_cam_each(model, images, targets_N2, input_px=size_px), rounds=rounds),
        rate(
            num_faithful,
            lambda: faithfulness(model, some, maps, targets_N2[:num_faithful, 0], input_px=size_px, seed=0, precision=precision),
            rounds=rounds,
        ),
    )
    return f"| {name} | {' | '.join(rates)} |"


if __name__ == "__main__":
    typer.run(main)
