"""The raw store holds every content once, in the same bytes whatever the order of arrival, in row groups of bounded size."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mien.ingest import blobs
from mien.ingest.blobs import BlobSpool
from mien.store.shards import DIGITS, read_row_group, read_store, row_group_sizes, shard_path
from mien.store.tables import BLOBS


def contents() -> list[bytes]:
    generator = np.random.default_rng(1)
    return [b"", *(generator.bytes(int(size)) for size in generator.integers(1, 400, 500))]


def stored(folder: Path, items: list[bytes]) -> dict[str, bytes]:
    folder.mkdir()
    with BlobSpool(folder / "spool") as spool:
        ids = [spool.add(item) for item in items]
        assert ids == [hashlib.sha256(item).hexdigest() for item in items]
        assert len(spool) == len(set(items))
        spool.write_store(folder)
    assert {path.name for path in folder.iterdir()} == {f"{digit}.parquet" for digit in DIGITS}
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_order_and_repetition_change_no_byte(tmp_path: Path) -> None:
    items = contents()
    assert stored(tmp_path / "a", items) == stored(tmp_path / "b", items[::-1] + items)
    rows = read_store(tmp_path / "a", BLOBS)
    assert rows["sample_id"].to_pylist() == sorted(hashlib.sha256(item).hexdigest() for item in items)
    assert all(hashlib.sha256(row["bytes"]).hexdigest() == row["sample_id"] for row in rows.to_pylist())


def test_row_groups_are_bounded_by_rows_and_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "GROUP_ROWS", 10)
    monkeypatch.setattr(blobs, "GROUP_BYTES", 1000)
    stored(tmp_path / "a", contents())
    for digit in DIGITS:
        sizes = row_group_sizes(tmp_path / "a", digit, BLOBS)
        assert sum(sizes) == pq.read_metadata(shard_path(tmp_path / "a", digit)).num_rows and len(sizes) > 1
        for index, size in enumerate(sizes):
            group = read_row_group(tmp_path / "a", digit, index)
            assert 0 < len(group) == size <= 10
            assert sum(map(len, group["bytes"].to_pylist()[:-1])) < 1000


def test_an_error_leaves_no_spool_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError), BlobSpool(tmp_path / "spool") as spool:
        spool.add(None)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
