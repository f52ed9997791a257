"""What stands in for the stage `dedup` where its time is not to be measured: only files with the same bytes are duplicates."""

from pathlib import Path

from mien.core import paths
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FILES, IMAGES, read_table, write_table


def exact_duplicates(folder: Path) -> None:
    """Writes data/duplicates.parquet from the tables of ingest and convert, unless it is there."""
    if (folder / paths.DUPLICATES).exists():
        return
    stored = set(read_store(folder / paths.IMAGES, IMAGES, ["sample_id"])["sample_id"].to_pylist())
    files = read_table(folder / paths.FILES, FILES, ["path", "sample_id"])
    rows = files[files["sample_id"].isin(stored)].sort_values("path", ignore_index=True)
    first, copied = rows.groupby("sample_id")["path"].transform("first"), rows["sample_id"].duplicated(keep=False)
    rows = rows.assign(
        group_id=rows["sample_id"],
        scene_id=rows["sample_id"],
        kind=copied.map({True: "exact", False: None}).astype(object),
        twin_path=first.where(copied, None),
        distance=None,
        correlation=None,
        agreement=None,
    )
    write_table(folder / paths.DUPLICATES, rows, DUPLICATES)
