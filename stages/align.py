"""Stage `align`: square training images, cropped around a face or fitted from the whole image."""

import typer

from mien.align.aligning import align_images, sentence
from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.stage import command
from mien.store.tables import LABELS, read_table


def main() -> None:
    """Crops square images of faces.

    Reads data/images, data/labels.parquet and, for faces.detector: given, data/raw/boxes.parquet; writes data/faces and
    metrics/data/align.json.
    """
    params = load_params()
    labels = read_table(paths.LABELS, LABELS, ["sample_id", "path", "subset"])
    with replacing_directory(paths.FACES) as folder:
        counts = align_images(labels, paths.IMAGES, folder, params, boxes=paths.BOXES)
    write_json(paths.counts("align"), counts)
    typer.echo(f"align: {sentence(counts)}")


if __name__ == "__main__":
    command(main)()
