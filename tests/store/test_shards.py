"""Stores with one, two and three digits hold the same rows in the same order; a store that is incomplete or mixed is refused by name."""

import hashlib
import resource
import shutil
from pathlib import Path
from unittest import mock

import pytest

from mien.core.errors import TableError
from mien.ingest import blobs
from mien.ingest.blobs import BlobSpool
from mien.store import places
from mien.store.places import OpenShards
from mien.store.shards import DIGITS, MOST_BYTES, ROW_BYTES, divided, num_digits, prefixes, read_store, shard_path, shards_of
from mien.store.tables import BLOBS

CONTENTS = [str(number).encode() for number in range(300)]
IDS = sorted(hashlib.sha256(content).hexdigest() for content in CONTENTS)


def made(folder: Path, digits: int) -> Path:
    """A raw store with this number of digits."""
    with mock.patch.object(blobs, "num_digits", return_value=digits), BlobSpool(folder / "spool") as spool:
        for content in CONTENTS:
            spool.add(content)
        spool.write_store(folder)
    return folder


def named(folder: Path, digits: int) -> Path:
    """A folder with the files of a store, without their contents."""
    for prefix in prefixes(digits):
        path = shard_path(folder, prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_any_number_of_digits_gives_the_same_rows_in_the_same_order(digits: int, tmp_path: Path) -> None:
    folder = made(tmp_path, digits)
    assert sorted(path.name for path in folder.iterdir()) == [f"{digit}.parquet" for digit in DIGITS]
    assert shards_of(folder) == prefixes(digits) and len(shards_of(folder)) == 16**digits
    assert sum(path.is_file() for path in folder.rglob("*")) == 16**digits
    rows = read_store(folder, BLOBS)
    assert rows["sample_id"].to_pylist() == IDS
    assert [hashlib.sha256(content).hexdigest() for content in rows["bytes"].to_pylist()] == IDS
    assert read_store(folder, BLOBS, keep=IDS[::50])["sample_id"].to_pylist() == IDS[::50]


def test_few_files_are_open_at_once(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    num_open = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (num_open + 40, hard))
    try:
        assert len(read_store(made(tmp_path, 2), BLOBS)) == len(CONTENTS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_two_stores_are_open_at_once(tmp_path: Path) -> None:
    """Training keeps all shards of two stores open; usual limits allow 1,024 files in all, and a store may have 4,096."""
    folder = made(tmp_path, 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    num_open = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (num_open + 256 + 64, hard))
    try:
        with mock.patch.object(places, "OTHER_FILES", 8):
            both = [OpenShards(folder, BLOBS) for _ in range(2)]
        assert [len(shards.read(200, 0, 4)) for shards in both] == [4, 4]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_number_of_shards_follows_the_size() -> None:
    most = MOST_BYTES * 16
    assert num_digits(0, 0) == num_digits(35_887, 60 * 10**6) == num_digits(0, most) == 1
    assert num_digits(0, most + 1) == num_digits(1, most - ROW_BYTES + 1) == num_digits(0, 16 * most) == 2
    assert num_digits(10**6, 1500 * 10**6) == 2
    assert num_digits(0, 16 * most + 1) == num_digits(10**9, 10**15) == 3
    for digits in (1, 2):  # just above a threshold, shards are a sixteenth of the largest
        assert num_digits(0, MOST_BYTES * 16**digits) == digits < num_digits(0, MOST_BYTES * 16**digits + 1)


@pytest.mark.parametrize("digits", [2, 3])
def test_a_missing_shard_is_named(digits: int, tmp_path: Path) -> None:
    folder, lost = named(tmp_path, digits), prefixes(digits)[77]
    assert shards_of(folder) == prefixes(digits)
    shard_path(folder, lost).unlink()
    with pytest.raises(TableError, match=rf"/{lost}\.parquet is missing; run `dvc repro"):
        read_store(folder, BLOBS)
    shutil.rmtree(folder / "0.parquet")
    with pytest.raises(TableError, match=rf"/{'0' * digits}\.parquet is missing"):
        shards_of(folder)


def test_a_missing_store_names_its_first_shard(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"/0\.parquet is missing"):
        read_store(tmp_path, BLOBS)


@pytest.mark.parametrize(("digits", "other", "strange"), [(1, 2, "0"), (2, 1, "3"), (2, 3, "00"), (3, 1, "3")])
def test_a_mixed_store_is_refused(digits: int, other: int, strange: str, tmp_path: Path) -> None:
    folder, second = named(tmp_path / "a", digits), named(tmp_path / "b", other)
    shutil.rmtree(folder / "3.parquet") if digits > 1 else (folder / "3.parquet").unlink()
    (second / "3.parquet").rename(folder / "3.parquet")
    with pytest.raises(
        TableError, match=rf"mixes stores: .*/{strange}\.parquet is no shard of a store with \d+ shards; delete it and run `dvc"
    ):
        read_store(folder, BLOBS)


@pytest.mark.parametrize("name", ["abc", "a copy of aa"])
def test_a_file_that_does_not_belong_there_is_refused(name: str, tmp_path: Path) -> None:
    named(tmp_path, 2)
    shard_path(tmp_path, name).touch()
    with pytest.raises(TableError, match="mixes stores"):
        shards_of(tmp_path)


def test_divided_gives_each_sample_to_its_shard() -> None:
    for digits in (1, 2, 3):
        found = divided(IDS, prefixes(digits))
        assert tuple(found) == prefixes(digits) and sorted(name for own in found.values() for name in own) == IDS
        assert all(name.startswith(prefix) for prefix, own in found.items() for name in own)


def test_temporary_files_are_no_shards(tmp_path: Path) -> None:
    named(tmp_path, 2)
    (tmp_path / "0.parquet" / ".00.parquet.host.1.tmp").touch()
    assert shards_of(tmp_path) == prefixes(2)
