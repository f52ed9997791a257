"""Stage `convert`: decodes images of all formats to upright sRGB, with hashes and quality metrics."""

from collections import Counter
from pathlib import Path
from typing import Any

import typer

from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.parallel import start_workers
from mien.core.stage import command


def main() -> None:
    """Decodes each image of data/raw once into data/images: upright, sRGB, with hashes and quality metrics.

    Images that cannot be decoded are listed in rejected.parquet.
    """
    start_workers("mien.convert.conversion")
    from mien.config.params import load_params
    from mien.convert.conversion import convert_store  # this import takes as long as converting some photographs, here and in the workers

    params = load_params()
    with replacing_directory(paths.IMAGES) as folder:
        convert_store(
            paths.RAW,
            folder,
            rejected=folder / paths.REJECTED.name,
            params=params.convert,
            workers=params.runtime.workers,
            executor=params.runtime.executor,
        )
        counts = _counts(folder)
    write_json(paths.counts("convert"), counts)
    lost, unfit = (", ".join(f"{count} {reason}" for reason, count in counts[key].items()) for key in ("rejected", "unfit"))
    typer.echo(
        f"convert: {counts['images']} images, {sum(counts['rejected'].values())} rejected{f' ({lost})' if lost else ''}, "
        f"{sum(counts['unfit'].values())} unfit{f' ({unfit})' if unfit else ''}"
    )


def _counts(folder: Path) -> dict[str, Any]:
    """The counts of the image store. `rejected` contents cannot be decoded; `unfit` contents can, and are among the images."""
    from mien.store.shards import read_store
    from mien.store.tables import IMAGES, REJECTED, read_arrow

    formats = Counter(read_store(folder, IMAGES, ["source_format"])["source_format"].to_pylist())
    reasons: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for row in read_arrow(folder / paths.REJECTED.name, REJECTED).to_pylist():
        reasons[row["decodable"]][row["reason"]] += 1
    return {
        "contents": formats.total() + reasons[False].total(),
        "images": formats.total(),
        "formats": dict(sorted(formats.items())),
        "rejected": dict(sorted(reasons[False].items())),
        "unfit": dict(sorted(reasons[True].items())),
    }


if __name__ == "__main__":
    command(main)()
