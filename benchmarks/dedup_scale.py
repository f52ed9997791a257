"""How the time and memory of the stage `dedup` grow with the number of images, and which planted copies it finds.

    python -m benchmarks.dedup_scale /path/to/fer2013.zip                                  # 2,000 and 10,000 pictures
    python -m benchmarks.dedup_scale /path/to/fer2013.zip --size 100000 --size 1000000     # 15 GB of disk, 8 GB of memory

The pictures are blends of those in the source (benchmarks/pairs/crowd.py); one in twenty is a copy of another one. The stage runs as a
process of its own in a temporary folder. `accepted` is the share of planted copies that the exhaustive search accepts when only they and
their originals are searched, and `recall` the share of these that the stage finds. The exponent is that of the time from one size to the
next.
"""

import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pyarrow as pa
import typer
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pairs.crowd import Crowd, crowd
from mien.config.sections.dedup import DedupParams
from mien.convert.decoding import Undecodable, decode
from mien.convert.hashing import hash_input, perceptual_hashes, thumbnail
from mien.core import paths
from mien.core.parallel import num_processes
from mien.dedup.arrays import Pictures
from mien.dedup.same_picture import near_pairs
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import read_entry
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FILES, IMAGES, PAIRS, THUMBNAIL_PX, read_table, write_table

ROOT = Path(__file__).parents[1]
MODELS = "models: {m: {backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy}}"


def write_params(folder: Path, sections: str) -> None:
    """Writes params.yaml with a small model and these sections, and the empty tables that a repository has beside it."""
    (folder / paths.PARAMS).write_text(f"{MODELS}\n{sections}\n")
    for name, header in (("metadata", "path,subject"), ("votes", "path"), ("corrections", "sample_id,decision")):
        (folder / f"{name}.csv").write_text(f"{header}\n")


def real_pictures(source: Path, num: int) -> NDArray[np.uint8]:
    """Thumbnails of images of the source, evenly spread over it."""
    step = max(1, sum(1 for _ in source_entries(source)) // num)
    found = []
    for entry in islice(source_entries(source), 0, None, step):
        content = read_entry(entry, max_bytes=2**28).content
        if content is not None:
            try:
                found.append(thumbnail(decode(content, max_megapixels=100).image.convert("L"), THUMBNAIL_PX))
            except Undecodable:
                continue
    return np.stack(found)


def write_store(shown: Crowd) -> list[str]:
    """Writes what `ingest` and `convert` would have written, below the working directory; returns the path of each picture."""
    names = [f"train/happy/{number:08d}.png" for number in range(len(shown.thumbnail_NSS))]
    ids = np.array([sha256(name.encode()).hexdigest() for name in names])
    files = pd.DataFrame({"path": names, "sample_id": ids, "label_raw": "happy", "subset_raw": "train", "size_bytes": 1})
    for column in FILES.names:
        files[column] = files.get(column)
    write_table(paths.FILES, files, FILES)
    for digit in DIGITS:
        own = np.flatnonzero(np.char.startswith(ids, digit))
        plain, mirrored = hashes(shown.thumbnail_NSS[own])
        thumbnails = [one.tobytes() for one in shown.thumbnail_NSS[own]]
        nothing = np.zeros(len(own))
        columns = {"sample_id": ids[own], "phash": plain, "phash_mirrored": mirrored, "thumbnail": thumbnails}
        columns |= {"pixel_sha256": [sha256(one).hexdigest() for one in thumbnails], "image": [b""] * len(own)}
        columns |= {"source_format": ["PNG"] * len(own), "sharpness": nothing, "brightness": nothing, "contrast": nothing}
        columns |= dict.fromkeys(("width_px", "height_px"), np.full(len(own), THUMBNAIL_PX))
        write_shard(paths.IMAGES, digit, pa.table([pa.array(columns[name]) for name in IMAGES.names], names=IMAGES.names), IMAGES)
    return names


def hashes(thumbnail_NSS: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    return perceptual_hashes(np.stack([hash_input(Image.fromarray(one)) for one in thumbnail_NSS]))


def accepted(shown: Crowd, num: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Numbers of up to `num` planted pairs, and whether the exhaustive search accepts each of them."""
    chosen = np.arange(min(num, len(shown.original_P)))
    thumbnails = shown.thumbnail_NSS[np.r_[shown.original_P[chosen], shown.copy_P[chosen]]]
    count = len(thumbnails)
    pictures = Pictures(thumbnails, *hashes(thumbnails), np.zeros(count, np.bool_), np.zeros(count, np.int64))
    found = near_pairs(pictures, **DedupParams().model_dump() | {"search": "exhaustive"})
    pairs = set(zip(found.i.tolist(), found.j.tolist(), strict=True))
    return chosen, np.array([(number, len(chosen) + number) in pairs for number in chosen])


def measure(real: NDArray[np.uint8], size: int, search: str, *, planted: int) -> dict[str, float | str]:
    """One row of the table."""
    shown = crowd(real, size, share=0.05, seed=size)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            write_params(Path(), f"dedup: {{search: {search}}}")
            names = np.array(write_store(shown))
            chosen, is_accepted = accepted(shown, planted)
            pairs = (shown.original_P[chosen], shown.copy_P[chosen])
            kinds = shown.kind_P[chosen]
            del shown
            start = time.perf_counter()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}
            subprocess.run([sys.executable, "-m", "stages.dedup"], check=True, env=environment, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - start
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found = read_table(paths.PAIRS, PAIRS, ["path", "other_path"])
        finally:
            os.chdir(ROOT)
    known = set(zip(found["path"], found["other_path"], strict=True))
    is_found = np.array([(min(pair), max(pair)) in known for pair in zip(names[pairs[0]], names[pairs[1]], strict=True)])
    row: dict[str, float | str] = {
        "images": size,
        "search": search,
        "seconds": round(seconds, 1),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "peak_gb": round(after.ru_maxrss / 2**20, 2),  # the largest of all sizes so far
        "pairs": len(found),
        "accepted": round(float(is_accepted.mean()), 4),
        "recall": round(float(is_found[is_accepted].mean()), 4),
    }
    return row | {str(kind): round(float(is_found[is_accepted & (kinds == kind)].mean()), 4) for kind in np.unique(kinds)}


def main(
    source: Annotated[Path, typer.Argument(help="Folder or archive of photographs that the pictures are made of.")],
    size: Annotated[list[int] | None, typer.Option(help="Number of pictures, in rising order; may be given several times.")] = None,
    search: Annotated[str, typer.Option(help="auto, exhaustive or indexed.")] = "indexed",
    real: Annotated[int, typer.Option(help="Number of images of the source that are used.")] = 10_000,
    planted: Annotated[int, typer.Option(help="Number of planted copies that are looked up.")] = 2000,
) -> None:
    """Prints a row for each size, and the exponents."""
    pictures = real_pictures(source.resolve(), real)
    rows = []
    for count in size or [2000, 10_000]:
        rows.append(measure(pictures, count, search, planted=planted))
        typer.echo(f"{rows[-1]}")
    typer.echo(f"\n{pd.DataFrame(rows).to_string(index=False)}\n{num_processes(0)} cores")
    for small, large in pairwise(rows):
        growth = math.log(float(large["images"]) / float(small["images"]))
        wall, cpu = (math.log(float(large[name]) / float(small[name])) / growth for name in ("seconds", "cpu_s"))
        typer.echo(f"{small['images']} to {large['images']}: exponent {wall:.2f} of the time, {cpu:.2f} of processor time")


if __name__ == "__main__":
    typer.run(main)
