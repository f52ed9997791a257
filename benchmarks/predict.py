"""Rate of `mien predict` beside its bare parts: decoding, finding faces, and the network, one after another in one process.

    python benchmarks/predict.py FOLDER_OR_ARCHIVE [--model fer] [--rounds 3]

The bare parts are the same functions in a plain loop, without processes, queues or rows. With W workers the best possible rate is W times
that of the bare loop; the last column is the share of it that `mien predict` reaches. Rounds alternate, because machines are noisy.
"""

import os
import statistics
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mien.convert.decoding import Undecodable, decode
from mien.export.finding import load_engine
from mien.predict.engine import Engine
from mien.predict.predicting import BATCH, File, detector_for, predict
from mien.predict.preparing import NoFace, prepare_image
from mien.predict.sources import files_of


def bare(files: list[File], engine: Engine) -> tuple[float, float, float, int]:
    """Seconds of decoding, of finding and cropping faces, and of the network; and the number of faces."""
    detector = detector_for(engine.answer)
    start, images = time.perf_counter(), []
    for file in files:
        try:
            images.append(decode(file.content, max_megapixels=engine.answer.decode.max_megapixels).image)
        except Undecodable:
            continue
    decoded, pixels = time.perf_counter(), []
    for image in images:
        try:
            pixels.append(prepare_image(image, engine.answer, detector, all_faces=False).faces[0].pixels)
        except NoFace:
            continue
    cropped = time.perf_counter()
    for first in range(0, len(pixels), BATCH):
        engine.run(np.stack(pixels[first : first + BATCH]))
    return decoded - start, cropped - decoded, time.perf_counter() - cropped, len(pixels)


def main(
    source: Annotated[Path, typer.Argument(help="a folder or an archive of photographs")],
    model: Annotated[str, typer.Option(help="as for mien predict")] = "",
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    most: Annotated[int, typer.Option(help="at most so many files")] = 250,
) -> None:
    """Prints the seconds of the parts and of `mien predict`, and the share of the best possible rate."""
    engine, workers = load_engine(model), len(os.sched_getaffinity(0))
    files = [file for file in files_of(str(source)) if file.reason is None][:most]
    shares = []
    for number in range(rounds):
        parts = bare(files, engine)
        start = time.perf_counter()
        num_answers = sum(row.label is not None for _, rows in predict(files, engine, all_faces=False, threshold=None) for row in rows)
        took = time.perf_counter() - start
        assert num_answers == parts[3], f"{num_answers} answers, but {parts[3]} faces in the bare loop"
        shares.append(sum(parts[:3]) / workers / took)
        typer.echo(
            f"round {number + 1}: decode {parts[0]:.1f} s, faces {parts[1]:.1f} s, network {parts[2]:.2f} s; "
            f"predict {took:.1f} s with {workers} workers ({len(files) / took:.1f} files/s), {shares[-1]:.2f} of the best possible rate"
        )
    typer.echo(f"{len(files)} files, {num_answers} faces; median share {statistics.median(shares):.2f}")


if __name__ == "__main__":
    typer.run(main)
