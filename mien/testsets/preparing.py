"""From the source of a further test set to labelled faces, by the rooms that prepare the main source."""

import shutil
from collections.abc import Iterator
from functools import partial

from mien.align import aligning
from mien.align.aligning import align_images
from mien.config.params import Params
from mien.config.sections.testsets import ExternalSetParams
from mien.convert.conversion import convert_store
from mien.core.errors import LabelError
from mien.dedup.details import stored_details
from mien.dedup.find import COLUMNS, find_duplicates, pictures_of
from mien.ingest.ingesting import ingest_source
from mien.ingest.unlabelled import require_some
from mien.sanitise.remarks import counter_remarks, unknown_remarks
from mien.sanitise.rules import image_rows, sanitise
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FATES, FILES, IMAGES, LABELS, REJECTED, read_table, write_table
from mien.testsets.prepared import Prepared


def prepare(params: Params, to: Prepared) -> Iterator[str]:
    """Ingests, converts, deduplicates, sanitises and aligns the test set of `params` (for_testset) into the empty folder of `to`.

    Yields lines to print. labels.corrections is not read: it decides about images of the main source. Raises SourceError or LabelError, in
    the words of the main source, if no image has a class.
    """
    yield from _ingest_and_convert(params, to)
    files, rejected = read_table(to.files, FILES), read_table(to.rejected, REJECTED)
    workers = params.runtime.workers
    found = find_duplicates(
        files,
        pictures_of(read_store(to.images, IMAGES, COLUMNS), files),
        details=partial(stored_details, to.images, workers=workers),
        **params.dedup.model_dump(),
        workers=workers,
    )
    write_table(to.duplicates, found.rows, DUPLICATES)
    sizes = read_store(to.images, IMAGES, columns=["sample_id", "width_px", "height_px", "pixel_sha256"]).to_pandas()
    rows = image_rows(files, rejected, read_table(to.duplicates, DUPLICATES), sizes, params.labels)
    require_some(rows, files, rejected, params.labels.spellings)
    clean = sanitise(rows, params.labels, method=params.split.method)
    if clean.labels.empty:
        raise LabelError(
            f"ingest.source: no image is left of {len(rows)}: each has no known label, a class in labels.drop, or a copy with another "
            "label; name its labels in labels.aliases, or choose another source"
        )
    write_table(to.labels, clean.labels, LABELS)
    write_table(to.labels_removed, clean.removed, FATES)
    for line in (*unknown_remarks(clean), *counter_remarks(clean, files, params.labels)):
        yield f"sanitise: {line}"
    to.faces.mkdir()
    counts = align_images(clean.labels, to.images, to.faces, params, boxes=to.boxes)
    yield f"align: {aligning.sentence(counts)}"


def _ingest_and_convert(params: Params, to: Prepared) -> Iterator[str]:
    """Writes the table of files and the store of images. The contents as they are in the source are not kept: nothing reads them again."""
    assert isinstance(params.ingest, ExternalSetParams)
    raw = to.folder / "raw"
    raw.mkdir()
    done = ingest_source(params.ingest, params.labels.spellings, raw, use=params.ingest.use)
    yield from done.lines
    to.images.mkdir()
    convert_store(
        raw,
        to.images,
        rejected=to.rejected,
        params=params.convert,
        workers=params.runtime.workers,
        executor=params.runtime.executor,
    )
    for table in (to.files, to.boxes):
        (raw / table.name).replace(table)
    shutil.rmtree(raw)
