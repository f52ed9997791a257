"""Training images/s of faces that are decoded while they are used, beside the same faces in memory.

    OMP_NUM_THREADS=1 python -m benchmarks.streaming

The faces are drawn, grained like photographs and stored as `align` stores them: JPEG at 224 px, PNG at 96 px. The two trainings take turns
in one run, and the ratio is taken pair by pair: of wall time, and of CPU time of all threads, which says more on a machine that others use.
The files are in the system's cache.
"""

import hashlib
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
import typer
from PIL import Image

from benchmarks.throughput import WARM_STEPS, seconds_per_step
from mien.config.configure import configure
from mien.config.params import load_params
from mien.core.device import resolve_device
from mien.core.memory import MemoryBudget
from mien.export.images import drawn_squares
from mien.store.decoding import Decoding
from mien.store.encoding import encode
from mien.store.faces import load_faces
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FACES

GRAIN = 3.0
"""standard deviation of the noise, grey levels; a face then takes about as many bytes as one of a photograph"""


def stored(folder: Path, num: int, *, size_px: int, classes: list[str]) -> tuple[pd.DataFrame, float]:
    """Writes faces to `folder`; returns their rows and their mean size in kB."""
    rng = np.random.default_rng(0)
    drawn_NSS3 = drawn_squares(num=16, size_px=size_px, grey=False).transpose(0, 2, 3, 1)
    rows, labels = [], []
    for number in range(num):
        grained = drawn_NSS3[number % len(drawn_NSS3)] + rng.normal(0, GRAIN, (size_px, size_px, 3))
        image = encode(Image.fromarray(grained.clip(0, 255).astype(np.uint8)), jpeg_quality=95)
        rows.append({"sample_id": hashlib.sha256(str(number).encode()).hexdigest(), "image": image})
        labels.append(classes[number % len(classes)])
    for digit in DIGITS:
        own = sorted((row for row in rows if str(row["sample_id"])[0] == digit), key=lambda row: row["sample_id"])
        write_shard(folder, digit, pa.Table.from_pylist(own, FACES), FACES)
    frame = pd.DataFrame({"sample_id": [row["sample_id"] for row in rows], "label": labels})
    return frame, statistics.mean(len(row["image"]) for row in rows) / 1000


def main(
    model: Annotated[str, typer.Argument(help="a name under models in params.yaml")] = "mobilenetv2",
    sizes_px: Annotated[str, typer.Option(help="sides of the stored faces and of the input, pixels")] = "224,96",
    batch: Annotated[int, typer.Option(help="images per step")] = 16,
    steps: Annotated[int, typer.Option(min=2, help="steps per timing")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="paired timings")] = 3,
    workers: Annotated[int, typer.Option(help="threads that decode; 0 means one per core")] = 0,
) -> None:
    """Prints a Markdown table."""
    params = load_params()
    device = resolve_device(params.runtime.device)
    print(f"{model}, {device}, {torch.get_num_threads()} threads, {batch} images per step; medians of {rounds} pairs\n")
    print("| side | kB per face | in memory, images/s | streamed, images/s | ratio | ratio of CPU time | decoding alone, images/s |")
    print("|---|---|---|---|---|---|---|")
    for side_px in map(int, sizes_px.split(",")):
        config = configure(params, model)
        train = config.train.model_copy(update={"batch_size": batch, "epochs": 1, "fine_tune_epochs": 1})
        config = config.model_copy(update={"input_px": side_px, "recipe": "one_stage", "train": train})
        with tempfile.TemporaryDirectory() as name:
            rows, size_kb = stored(Path(name), batch * (steps + WARM_STEPS), size_px=side_px, classes=config.classes)
            in_memory, in_shards = (
                load_faces(Path(name), rows, classes=config.classes, max_px=side_px, decoding=Decoding(workers, memory))
                for memory in (None, MemoryBudget(0))
            )
            began_s = time.perf_counter()
            decoded = sum(len(images) for images in in_shards.images.split(batch))
            decoding = decoded / (time.perf_counter() - began_s)
            pairs = []
            for turn in range(rounds):
                order = (in_memory, in_shards) if turn % 2 else (in_shards, in_memory)
                found = [seconds_per_step(config, faces, device=device) for faces in order]
                pairs.append(found if turn % 2 else found[::-1])
        wall = [statistics.median(batch / pair[place][0] for pair in pairs) for place in (0, 1)]
        ratios = [statistics.median(memory[kind] / shards[kind] for memory, shards in pairs) for kind in (0, 1)]
        figures = [f"{size_kb:.1f}", *(f"{rate:.1f}" for rate in wall), *(f"{ratio:.2f}" for ratio in ratios), f"{decoding:.0f}"]
        print(f"| {side_px} | " + " | ".join(figures) + " |", flush=True)


if __name__ == "__main__":
    typer.run(main)
