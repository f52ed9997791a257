"""Training images/s of each model of params.yaml beside a bare PyTorch loop over the same timm network.

    mien preset all && python benchmarks/throughput.py --size-px 224

What is timed of mien is what runs in a training: fetching a batch, augmentation, forward and backward of network, attention, head and
loss, the optimiser's step and Lightning around them. The bare loop has ready batches and does forward, backward and step alone, with the
same precision, batch size, optimiser, memory format (channels last) and number of views (two views: the mirrored batch beside the batch,
cross-entropy of both) and of passes: for bbn a second batch in a pass of its own, for mean_teacher_selected a pass without gradients and
the moving average.
The two take turns in one run; the ratio is taken pair by pair. Epoch ends (validation, saving) are in neither.
"""

import copy
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import timm
import torch
import typer
from torch import Tensor

from mien.config.configure import configure
from mien.config.model import ModelConfig
from mien.config.params import load_params
from mien.core import registry
from mien.core.device import MEMORY_FORMAT, resolve_device
from mien.models import backbones
from mien.models.build import build_model
from mien.store.face_images import InMemory
from mien.store.faces import FaceSet
from mien.training import fit as fitting
from mien.training.module import ExpressionTraining

WARM_STEPS = 1


def now_s(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


class Timed(ExpressionTraining):
    """Notes when each step begins and when the last one has ended: by the clock, and in CPU time of all threads."""

    marks_s: list[tuple[float, float]]

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:  # noqa: ARG002  (Lightning's signature)
        if batch_idx == 0:
            Timed.marks_s = []
        Timed.marks_s.append((now_s(str(self.device.type)), time.process_time()))

    def on_train_epoch_end(self) -> None:
        Timed.marks_s.append((now_s(str(self.device.type)), time.process_time()))


def faces(num: int, *, size_px: int, num_classes: int) -> FaceSet:
    images = torch.randint(256, (num, size_px, size_px, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return FaceSet(InMemory(images.permute(0, 3, 1, 2)), torch.arange(num) % num_classes, tuple(map(str, range(num))))


def seconds_of_mien(config: ModelConfig, *, batch: int, steps: int, device: str) -> float:
    """Seconds per step, after the first."""
    train = faces(batch * (steps + WARM_STEPS), size_px=config.input_px, num_classes=len(config.classes))
    return seconds_per_step(config, train, device=device)[0]


def seconds_per_step(config: ModelConfig, train: FaceSet, *, device: str) -> tuple[float, float]:
    """Seconds and CPU seconds per step of a training on these faces, after the first."""
    val = faces(2, size_px=config.input_px, num_classes=len(config.classes))
    with tempfile.TemporaryDirectory() as folder:
        fitting.ExpressionTraining = Timed  # type: ignore[misc]
        fitting.fit(build_model(config), train, val, config=config, pretrained=False, checkpoints=Path(folder), device=device)
    # Lightning validates before on_train_epoch_end: the last step is bounded by the start of the one before.
    first, *_, last = Timed.marks_s[WARM_STEPS:-1]
    steps = len(Timed.marks_s) - WARM_STEPS - 2
    return (last[0] - first[0]) / steps, (last[1] - first[1]) / steps


def bare_model(config: ModelConfig) -> torch.nn.Module:
    """timm's own whole network; ours where timm has none."""
    if config.backbone not in timm.list_models():
        return build_model(config)
    arguments = backbones._arguments(config.backbone, config.input_px)
    model: torch.nn.Module = timm.create_model(config.backbone, num_classes=len(config.classes), **arguments)
    return model


def bare_optimizer(model: torch.nn.Module, name: str) -> torch.optim.Optimizer:
    if name == "adamax":
        return torch.optim.Adamax(model.parameters(), lr=1e-4)  # torch has no fused one
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[name]
    optimizer: torch.optim.Optimizer = kind(model.parameters(), lr=1e-4, fused=True)  # type: ignore[operator]
    return optimizer


def seconds_of_bare_loop(config: ModelConfig, *, batch: int, steps: int, views: int, device: str) -> float:
    bf16 = config.precision == "bf16"
    model = bare_model(config).train().to(device).to(memory_format=MEMORY_FORMAT)
    optimizer = bare_optimizer(model, config.train.optimizer)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch, 3, config.input_px, config.input_px, generator=generator).to(device, memory_format=MEMORY_FORMAT)
    targets = torch.randint(len(config.classes), (batch,), generator=generator).to(device)
    images, targets = (
        torch.cat([part, part.flip(-1)] if part.ndim > 1 else [part, part]) if views == 2 else part for part in (images, targets)
    )

    method, average = config.loss["name"], torch.optim.swa_utils.get_ema_multi_avg_fn(0.999)
    teacher = copy.deepcopy(model).requires_grad_(False).eval() if method == "mean_teacher_selected" else None

    def forward(network: torch.nn.Module) -> Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            logits: Tensor = network(images)
        return (logits[0] if isinstance(logits, tuple) else logits).float()  # inception's auxiliary classifier

    def step() -> None:
        loss = torch.nn.functional.cross_entropy(forward(model), targets)
        if method == "bbn":
            loss = loss + torch.nn.functional.cross_entropy(forward(model), targets)
        if teacher is not None:
            with torch.no_grad():
                forward(teacher)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if teacher is not None:
            average(list(teacher.parameters()), list(model.parameters()), 0)

    for _ in range(WARM_STEPS):
        step()
    started_s = now_s(device)
    for _ in range(steps):
        step()
    return (now_s(device) - started_s) / steps


def main(
    models: Annotated[list[str] | None, typer.Argument(help="Names under models in params.yaml; all if none is given.")] = None,
    size_px: Annotated[int, typer.Option(help="Side of the input, pixels.")] = 224,
    batch: Annotated[int, typer.Option(help="Images per step.")] = 16,
    steps: Annotated[int, typer.Option(min=2, help="Steps per timing.")] = 3,
    rounds: Annotated[int, typer.Option(min=1, help="Paired timings per model.")] = 3,
) -> None:
    """Prints a Markdown table."""
    params = load_params()
    device = resolve_device(params.runtime.device)
    hardware = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    typer.echo(f"torch {torch.__version__}, {device}, {hardware}, {size_px} px, batches of {batch}, {rounds} pairs of {steps} steps\n")
    typer.echo("| model | precision | views | mien, images/s | bare loop, images/s | ratio |\n|---|---|---:|---:|---:|---:|")
    for name in models or list(params.models):
        entry = configure(params, name)
        once = {"epochs": 1, "batch_size": batch, "fine_tune_epochs": 0, "accumulate": 1}
        config = entry.model_copy(
            update={"input_px": size_px, "recipe": "one_stage", "teachers": {}, "train": entry.train.model_copy(update=once)}
        )
        views = 2 if registry.constant("mien.losses", config.loss["name"], "TWO_VIEWS") else 1
        torch.manual_seed(0)
        pairs = [
            (
                seconds_of_mien(config, batch=batch, steps=steps, device=device),
                seconds_of_bare_loop(config, batch=batch, steps=steps, views=views, device=device),
            )
            for _ in range(rounds)
        ]
        ours, bare = (batch / statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(bare_s / ours_s for ours_s, bare_s in pairs)
        typer.echo(f"| {name} | {config.precision} | {views} | {ours:.1f} | {bare:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    typer.run(main)
