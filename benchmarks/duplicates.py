"""How the thresholds of `dedup` were chosen: what each of them finds, and sheets of pairs to judge by eye.

    dvc repro convert                                  # with ingest.source set to the photographs in question
    python benchmarks/duplicates.py --sheets /tmp/pairs

prints, for a range of `dedup.distance` and `dedup.min_correlation`, the pairs, groups and train/test crossings, and the spread of correlation:
two heaps with a valley between them, in which the threshold belongs. The sheets hold pairs drawn by band of correlation, 40 a sheet, from
just under the threshold to 1: count the pairs that are not the same photograph. Seconds are of processor time.
"""

import time
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from PIL import Image, ImageDraw

from mien import paths
from mien.data.duplicates.find import COLUMNS, duplicate_counts, pairs_by_kind, pictures_of
from mien.data.duplicates.groups import duplicate_rows
from mien.data.duplicates.pictures import Pairs, Pictures
from mien.data.duplicates.search import near_pairs
from mien.data.shards import read_store
from mien.data.tables import FILES, IMAGES, read_table

STRICT, LOOSER = 0.75, 0.15
BANDS = (0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1.01)


def tile(pictures: Pictures, pairs: Pairs, one: int, number: int) -> Image.Image:
    """Both pictures of a pair, side by side, twice as large, the second as it is compared."""
    left, right = pictures.thumbnail_NSS[pairs.i[one]], pictures.thumbnail_NSS[pairs.j[one]]
    both = Image.fromarray(np.hstack([left, right[:, ::-1] if pairs.mirrored[one] else right]))
    sheet = Image.new("L", (2 * both.width + 8, 2 * both.height + 14), 255)
    sheet.paste(both.resize((2 * both.width, 2 * both.height)), (0, 12))
    ImageDraw.Draw(sheet).text((2, 0), f"{number}: {pairs.correlation[one]:.2f}, {pairs.distance[one]} bits", fill=0)
    return sheet


def draw_sheets(folder: Path, pictures: Pictures, pairs: Pairs, *, per_band: int, columns: int = 8) -> None:
    """One PNG for each band of correlation, upright and mirrored pairs apart."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    for mirrored in (False, True):
        for low, high in pairwise(BANDS):
            band = np.flatnonzero((pairs.mirrored == mirrored) & (pairs.correlation >= low) & (pairs.correlation < high))
            chosen = generator.permutation(band)[:per_band]
            tiles = [tile(pictures, pairs, one, number) for number, one in enumerate(chosen)]
            if not tiles:
                continue
            width, height = tiles[0].size
            sheet = Image.new("L", (width * columns, height * -(-len(tiles) // columns)), 255)
            for number, drawn in enumerate(tiles):
                sheet.paste(drawn, (number % columns * width, number // columns * height))
            sheet.save(folder / f"{'mirrored' if mirrored else 'upright'}_{low:.2f}.png")


def main(
    distance: Annotated[int, typer.Option(help="Largest distance tried, bits; each bit more doubles the time.")] = 12,
    max_shift: Annotated[float, typer.Option(help="Largest shift, share of the side.")] = 0.125,
    sheets: Annotated[Path | None, typer.Option(help="Folder for sheets of pairs.")] = None,
    per_band: Annotated[int, typer.Option(help="Pairs drawn from each band of correlation.")] = 40,
) -> None:
    files = read_table(paths.FILES, FILES, ["path", "sample_id", "label_raw", "subset_raw"])
    samples, pictures = pictures_of(read_store(paths.IMAGES, IMAGES, COLUMNS))
    known = files.merge(samples, on="sample_id")

    def search(bits: int, least: float) -> Pairs:
        start = time.process_time()
        found = near_pairs(pictures, distance=bits, min_correlation=least, max_shift=max_shift)
        typer.echo(f"distance {bits}, min_correlation {least}: {len(found.i)} pairs, {time.process_time() - start:.0f} s")
        return found

    # The quick look at half the size passes what is LOOSER below the threshold: so the loose search shows what the strict one loses by it.
    loose, strict = search(distance, STRICT - LOOSER), search(distance, STRICT)
    known_upright = (loose.correlation >= STRICT) & ~loose.mirrored
    lost = 1 - int((~strict.mirrored).sum()) / max(1, int(known_upright.sum()))
    typer.echo(f"lost by looking at half the size first: {lost:.2%} of the upright pairs from {STRICT} on")

    edges = np.arange(STRICT - LOOSER, 1.001, 0.05)
    spread = pd.DataFrame(
        {
            name: np.histogram(np.minimum(loose.correlation[loose.mirrored == mirrored], 0.9999), edges)[0]
            for name, mirrored in (("upright", False), ("mirrored", True))
        },
        index=[f"{low:.2f}" for low in edges[:-1]],
    )
    typer.echo(f"\npairs by correlation\n{spread.to_string()}\n")

    table = []
    for bits in range(max(0, distance - 6), distance + 1, 2):
        for least in (0.65, 0.7, 0.75, 0.8, 0.85):
            pairs = loose.take((loose.distance <= bits) & (loose.correlation >= least))
            counts = duplicate_counts(duplicate_rows(known, pairs), files, pairs_by_kind(known, pairs))
            numbers = {key: value for key, value in counts.items() if isinstance(value, int) and not key.startswith("files")}
            table.append({"distance": bits, "correlation": least, **counts["pairs_by_kind"], **numbers})
    typer.echo(pd.DataFrame(table).to_string(index=False))
    if sheets:
        draw_sheets(sheets, pictures, loose, per_band=per_band)


if __name__ == "__main__":
    typer.run(main)
