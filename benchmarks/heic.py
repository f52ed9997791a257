"""Conversion of a phone's HEIC photographs beside a bare loop that decodes with pillow-heif, reduces and writes JPEG of the same quality.

    python -m benchmarks.heic

Portraits are drawn, enlarged to 2560 × 1920 px, given grain and stored as HEIC. The stage's own function, which also looks for
damage and computes hashes and quality figures, and the bare loop take turns, each on its own processes, which are started before.
The ratio is taken pair by pair, of elapsed and of processor time.
"""

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import pillow_heif
import typer
from PIL import Image

from mien.config.params import load_params
from mien.convert.conversion import Piece, convert_piece, pieces_of
from mien.ingest.blobs import BlobSpool
from mien.sample.portrait import draw_portrait

SIZE_PX = (2560, 1920)
HEIC_QUALITY = 70
NUM_DRAWN = 2  # encoding one takes as long as decoding thirty; the others are the same with another trailer


def photograph(number: int) -> bytes:
    """A HEIC file."""
    pillow_heif.register_heif_opener()
    generator = np.random.default_rng(number)
    image = draw_portrait("happy", generator, size_px=320).resize(SIZE_PX, Image.Resampling.BICUBIC)
    grain = generator.normal(0, 1.5, (SIZE_PX[1], SIZE_PX[0], 1))
    file = io.BytesIO()
    Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8)).save(file, "HEIF", quality=HEIC_QUALITY)
    return file.getvalue()


def bare(content: bytes, max_side_px: int, jpeg_quality: int) -> int:
    """The stored size."""
    pillow_heif.register_heif_opener(decode_threads=1)
    image: Image.Image = Image.open(io.BytesIO(content))
    scale = max_side_px / max(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=jpeg_quality, subsampling=0)
    return len(file.getvalue())


def bare_timed(contents: list[bytes], max_side_px: int, jpeg_quality: int) -> float:
    """Processor seconds."""
    began = time.process_time()
    for content in contents:
        bare(content, max_side_px, jpeg_quality)
    return time.process_time() - began


def convert_timed(pieces: list[Piece]) -> float:
    """Processor seconds."""
    began = time.process_time()
    for piece in pieces:
        convert_piece(piece)
    return time.process_time() - began


def timed(pool: ProcessPoolExecutor, jobs: list[tuple[Callable[..., float], tuple[object, ...]]]) -> tuple[float, float]:
    """Elapsed and processor seconds of the jobs."""
    began = time.perf_counter()
    spent = sum(future.result() for future in [pool.submit(work, *arguments) for work, arguments in jobs])
    return time.perf_counter() - began, spent


def main(
    photographs: Annotated[int, typer.Option(min=1)] = 40,
    processes: Annotated[int, typer.Option(min=1)] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Paired timings.")] = 5,
) -> None:
    """Prints a Markdown table and the median ratios."""
    params = load_params().convert
    with ProcessPoolExecutor(processes, mp_context=get_context("forkserver")) as pool, tempfile.TemporaryDirectory() as folder:
        drawn = list(pool.map(photograph, range(NUM_DRAWN)))
        contents = [drawn[number % NUM_DRAWN] + b"\0\0\0\x0cfree%04d" % number for number in range(photographs)]
        raw = Path(folder) / "raw"
        raw.mkdir()
        with BlobSpool(raw / "spool") as spool:
            for content in contents:
                spool.add(content)
            spool.write_store(raw)
        convert_jobs = [(convert_timed, ([piece],)) for piece in pieces_of(raw, Path(folder), params)]
        bare_jobs = [(bare_timed, ([content], params.max_side_px, params.jpeg_quality)) for content in contents]
        timed(pool, [*convert_jobs[:processes], *bare_jobs[:processes]])  # imports
        typer.echo(
            f"{photographs} photographs of {SIZE_PX[0]} x {SIZE_PX[1]} px, {sum(map(len, contents)) / 1e6:.0f} MB, {processes} processes\n"
        )
        typer.echo(
            "| convert, s | processor, s | bare loop, s | processor, s | ratio | of processor time |\n|---:|---:|---:|---:|---:|---:|"
        )
        ratios = []
        for turn in range(rounds):
            pair = {}
            for jobs in (convert_jobs, bare_jobs) if turn % 2 else (bare_jobs, convert_jobs):
                pair[jobs is convert_jobs] = timed(pool, jobs)
            (ours_s, ours_cpu_s), (bare_s, bare_cpu_s) = pair[True], pair[False]
            ratios.append((bare_s / ours_s, bare_cpu_s / ours_cpu_s))
            typer.echo(f"| {ours_s:.2f} | {ours_cpu_s:.2f} | {bare_s:.2f} | {bare_cpu_s:.2f} | {ratios[-1][0]:.2f} | {ratios[-1][1]:.2f} |")
    elapsed, processor = (statistics.median(column) for column in zip(*ratios, strict=True))
    typer.echo(f"\nmedian ratio {elapsed:.2f}, of processor time {processor:.2f}")


if __name__ == "__main__":
    typer.run(main)
