"""Where images stand in the shards: every one is found, and stays readable."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.core.errors import TableError
from mien.store.places import OpenShards, Places, locate
from mien.store.shards import DIGITS, ShardWriter, shard_path, write_shard
from mien.store.tables import FACES, parquet_options

SIZES = (1, 3, 4, 200, 70_000, 1_300_000)
"""bytes of an image; the largest fills a page alone"""


def contents(num: int, *, seed: int = 0) -> dict[str, bytes]:
    """Random bytes by sample_id; every fourth value is zeros, which also stand in the lengths and the heads of pages."""
    rng = np.random.default_rng(seed)
    found = {}
    for number in range(num):
        size = SIZES[int(rng.integers(len(SIZES)))]
        name = f"{int(rng.integers(2**60)):064x}"[::-1]
        found[name] = bytes(size) if number % 4 == 0 else rng.bytes(size)
    return found


def table(rows: dict[str, bytes], digit: str) -> pa.Table:
    own = sorted(name for name in rows if name[0] == digit)
    return pa.Table.from_pylist([{"sample_id": name, "image": rows[name], "box": [1.0, 2.0], "num_faces": 1} for name in own], FACES)


def write_whole(folder: Path, digit: str, rows: pa.Table) -> None:
    write_shard(folder, digit, rows, FACES)


def write_in_groups(folder: Path, digit: str, rows: pa.Table) -> None:
    with ShardWriter(folder, digit, FACES) as writer:
        for start in range(0, len(rows), 3):
            writer.write(rows.slice(start, 3))


def write_small_pages(folder: Path, digit: str, rows: pa.Table) -> None:
    pq.write_table(rows, shard_path(folder, digit), **parquet_options(FACES), data_page_size=100, write_batch_size=2)


@pytest.mark.parametrize("write", [write_whole, write_in_groups, write_small_pages])
def test_each_wanted_image_is_found_and_read(tmp_path: Path, write: Callable[[Path, str, pa.Table], None]) -> None:
    rows = contents(150)
    for digit in DIGITS:
        write(tmp_path, digit, table(rows, digit))
    wanted = set(list(rows)[::2])
    shards = OpenShards(tmp_path, FACES)
    found = {name: (shard, offset, content) for name, shard, offset, content in locate(shards, wanted)}
    assert {name: content for name, (_, _, content) in found.items()} == {name: rows[name] for name in wanted}
    columns = zip(*((shard, offset, len(content)) for shard, offset, content in found.values()), strict=True)
    kinds = (np.uint16, np.int64, np.uint32)
    places = Places(shards, *(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))
    assert [places.read(row) for row in range(len(places))] == [rows[name] for name in found]
    assert [places[[2, 0, 2]].read(row) for row in range(3)] == [rows[list(found)[row]] for row in (2, 0, 2)]
    assert len(places[:5]) == 5 and places[3:].read(0) == places.read(3)


def place_of_one(folder: Path) -> tuple[str, Places]:
    rows = {"a" * 64: b"x" * 1000}
    for digit in DIGITS:
        write_whole(folder, digit, table(rows, digit))
    shards = OpenShards(folder, FACES)
    ((_, shard, offset, content),) = locate(shards, set(rows))
    return "a", Places(shards, np.array([shard], np.uint16), np.array([offset]), np.array([len(content)], np.uint32))


def test_a_replaced_shard_is_read_as_it_was(tmp_path: Path) -> None:
    digit, places = place_of_one(tmp_path)
    write_whole(tmp_path, digit, table({"a" * 64: b"y" * 1000}, digit))
    assert places.read(0) == b"x" * 1000
    shard_path(tmp_path, digit).unlink()
    assert places.read(0) == b"x" * 1000


def test_a_shard_that_was_cut_off_is_named(tmp_path: Path) -> None:
    digit, places = place_of_one(tmp_path)
    os.truncate(shard_path(tmp_path, digit), 20)
    with pytest.raises(TableError, match=r"a\.parquet was cut off while it was read; delete it and run"):
        places.read(0)


@pytest.mark.parametrize("options", [{"compression": "zstd"}, {"use_dictionary": True}])
def test_images_that_are_not_stored_as_they_are_are_refused(tmp_path: Path, options: dict[str, object]) -> None:
    rows = {f"{number:064x}": b"abcd" * 100 for number in range(5)}
    for digit in DIGITS:
        pq.write_table(table(rows, digit), shard_path(tmp_path, digit), **(parquet_options(FACES) | options))
    with pytest.raises(TableError, match=r"0\.parquet has images that are compressed or encoded"):
        list(locate(OpenShards(tmp_path, FACES), set(rows)))


def test_a_missing_shard_or_another_schema_is_an_error(tmp_path: Path) -> None:
    place_of_one(tmp_path)
    pq.write_table(pa.table({"sample_id": ["7"]}), shard_path(tmp_path, "7"))
    with pytest.raises(TableError, match=r"7\.parquet: the columns"):
        OpenShards(tmp_path, FACES)
    shard_path(tmp_path, "7").unlink()
    with pytest.raises(TableError, match=r"7\.parquet is missing"):
        OpenShards(tmp_path, FACES)


def num_open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_files_are_closed_with_the_last_who_reads_them(tmp_path: Path) -> None:
    gc.collect()
    before = num_open()
    _, places = place_of_one(tmp_path)
    assert num_open() == before + len(DIGITS)
    del places
    gc.collect()
    assert num_open() == before
