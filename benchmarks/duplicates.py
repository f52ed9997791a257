"""How often the search for duplicates errs, by kind of pair and threshold, and what it finds in the pictures at hand.

    python benchmarks/duplicates.py rates                                  # drawn people: copies and other exposures
    python benchmarks/duplicates.py rates --photos /path/to/photos.zip     # and copies of real photographs
    dvc repro convert && python benchmarks/duplicates.py store             # what is in data/images, by threshold

`mien pairs` shows the pairs of the present set. Seconds are of processor time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from pairs.copies import KINDS as COPIES
from pairs.exposures import KINDS as EXPOSURES
from pairs.exposures import Sitting
from pairs.judging import Pair, Shown
from PIL import Image

from mien.config.sections.dedup import DedupParams
from mien.convert.decoding import Undecodable, decode
from mien.core import paths
from mien.dedup.find import COLUMNS, duplicate_counts, pairs_by_kind, pictures_of
from mien.dedup.groups import duplicate_rows
from mien.dedup.same_picture import least_agreement, near_pairs
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import read_entry
from mien.statistics.intervals import wilson_interval
from mien.store.encoding import reduced
from mien.store.shards import read_store
from mien.store.tables import FILES, IMAGES, read_table

AGREEMENTS = (0.75, 0.8, DedupParams().min_agreement, 0.87, 0.9, 0.95)
app = typer.Typer(add_completion=False, help=__doc__)


def row(kind: str, pairs: list[Pair], *, wrong: Callable[[str], bool]) -> dict[str, str | int]:
    """The share of pairs proposed, and taken wrongly at each threshold, with its 95 % interval at the default."""
    shown, default = Shown.of_pairs(pairs, disputed=kind == "other_expression"), DedupParams()
    errors = {
        least: sum(wrong(relation) for relation in shown.relations(default.model_copy(update={"min_agreement": least})))
        for least in AGREEMENTS
    }
    at_default = wilson_interval(errors[default.min_agreement], len(pairs))
    return {
        "kind": kind,
        "pairs": len(pairs),
        "proposed": f"{np.mean(shown.proposed(default, mirrored=kind == 'mirrored')):.3f}",
        **{f"{least:g}": f"{num / len(pairs):.3f}" for least, num in errors.items()},
        f"95 % interval at {default.min_agreement:g}": f"[{at_default.low:.3f}, {at_default.high:.3f}]",
    }


def photographs(source: Path) -> Iterator[Image.Image]:
    """The pictures of a source that decode, in an order that depends on their names alone."""
    for entry in source_entries(source):
        file = read_entry(entry, max_bytes=2**28)
        if file.content is not None:
            with suppress(Undecodable):
                yield reduced(decode(file.content, max_megapixels=100).image, max_side_px=640)


@app.command()
def rates(
    people: Annotated[int, typer.Option(help="Drawn people, each a pair of every kind.")] = 100,
    seed: Annotated[int, typer.Option(help="Of the people and of what is done to them.")] = 1,
    photos: Annotated[Path | None, typer.Option(help="Folder or archive of real photographs to make copies of.")] = None,
    num_photos: Annotated[int, typer.Option(help="Photographs taken of it.")] = 100,
) -> None:
    """The error rates: copies that are missed, and other exposures taken for copies, by dedup.min_agreement.

    `proposed` is the share of pairs that the perceptual hashes propose; no threshold finds the others.
    """
    rng = np.random.default_rng(seed)
    sittings = [Sitting.draw(rng, size_px=160) for _ in range(people)]
    exposures = [
        row(kind, [make(sitting, rng) for sitting in sittings], wrong=lambda it: it == "picture") for kind, make in EXPOSURES.items()
    ]
    typer.echo(f"other exposures taken for one picture, drawn people\n{pd.DataFrame(exposures).to_string(index=False)}\n")
    portraits = [EXPOSURES["other_take"](sitting, rng)[0] for sitting in sittings]
    originals = {"drawn people": portraits} | ({f"{photos.name}": list(islice(photographs(photos), num_photos))} if photos else {})
    for name, images in originals.items():
        copies = [
            row(kind, [(image, make(image, rng)) for image in images], wrong=lambda it: it != "picture") for kind, make in COPIES.items()
        ]
        typer.echo(f"copies not found, {name}\n{pd.DataFrame(copies).to_string(index=False)}\n")


@app.command()
def store(
    distance: Annotated[
        int, typer.Option(help="Largest distance of hashes, bits; each bit more doubles the time.")
    ] = DedupParams().distance,
) -> None:
    """What is found in data/images: pairs by agreement, and groups, scenes and train/test crossings by threshold."""
    files = read_table(paths.FILES, FILES, ["path", "sample_id", "label_raw", "subset_raw"])
    samples, shown = pictures_of(read_store(paths.IMAGES, IMAGES, COLUMNS), files)
    known = files.merge(samples, on="sample_id")
    start = time.process_time()
    found = near_pairs(shown, **DedupParams().model_dump() | {"distance": distance, "min_agreement": min(AGREEMENTS)})
    typer.echo(f"{len(found.i)} pairs of {len(shown.phash_N)} pictures in {time.process_time() - start:.0f} s (without the closer look)\n")

    edges = np.arange(0.4, 1.001, 0.05)
    heaps = {"upright": ~found.mirrored, "mirrored": found.mirrored}
    counts = {name: np.histogram(found.agreement[heap].clip(edges[0], 0.9999), edges)[0] for name, heap in heaps.items()}
    typer.echo(f"pairs by agreement\n{pd.DataFrame(counts, index=[f'{low:.2f}' for low in edges[:-1]]).to_string()}\n")

    table = []
    for least in AGREEMENTS:
        pairs = replace(
            found, same=found.same & (found.agreement >= least_agreement(least, mirrored=found.mirrored, disputed=found.disputed))
        )
        counted = duplicate_counts(duplicate_rows(known, pairs), files, pairs_by_kind(known, pairs))
        numbers = {key: value for key, value in counted.items() if isinstance(value, int) and not key.startswith("files")}
        table.append({"min_agreement": least, **counted["pairs_by_kind"], **numbers})
    typer.echo(pd.DataFrame(table).to_string(index=False))


if __name__ == "__main__":
    app()
