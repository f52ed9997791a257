"""Tables are written as their schema says and refused where they are not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.core.errors import TableError
from mien.store.shards import DIGITS, read_store, row_group_sizes, write_shard
from mien.store.tables import BLOBS, LABELS, REJECTED, read_arrow, read_table, write_table

RECORDS = [
    {"sample_id": "b" * 64, "reason": "blank", "detail": None, "decodable": True},
    {"sample_id": "a" * 64, "reason": "truncated", "detail": "half of it", "decodable": False},
]
ROWS = pd.DataFrame(RECORDS, dtype=object)


def test_what_is_written_is_read_nulls_as_none(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", ROWS[ROWS.columns[::-1]], REJECTED)
    found = read_table(tmp_path / "t.parquet", REJECTED)
    assert found.to_dict("records") == RECORDS


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", ROWS, REJECTED)
    write_table(tmp_path / "b.parquet", pa.Table.from_pandas(ROWS, schema=REJECTED), REJECTED)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_missing_a_damaged_and_a_foreign_table_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.parquet is missing; run `dvc repro`"):
        read_arrow(tmp_path / "none.parquet", REJECTED)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(TableError, match=r"cut\.parquet is no readable Parquet file"):
        read_arrow(tmp_path / "cut.parquet", REJECTED)
    pq.write_table(pa.table({"sample_id": ["a"], "other": [1]}), tmp_path / "foreign.parquet")
    with pytest.raises(TableError, match=r"foreign\.parquet: the columns decodable, detail, other, reason are not"):
        read_arrow(tmp_path / "foreign.parquet", REJECTED)
    with pytest.raises(TableError, match=r"0\.parquet is missing"):
        row_group_sizes(tmp_path, "0", BLOBS)


def test_nothing_is_left_behind_by_a_writing_that_fails(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowInvalid):
        write_table(tmp_path / "t.parquet", ROWS.assign(decodable=["perhaps", "not"]), REJECTED)
    assert list(tmp_path.iterdir()) == []


def test_a_store_holds_each_sample_once_sorted_and_in_its_shard(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = ["".join(rng.choice(list(DIGITS), 64)) for _ in range(200)]
    for digit in DIGITS:
        mine = [name for name in ids if name.startswith(digit)]
        write_shard(tmp_path, digit, pa.table({"sample_id": mine, "bytes": [name.encode() for name in mine]}, schema=BLOBS), BLOBS)
    assert read_store(tmp_path, BLOBS)["sample_id"].to_pylist() == sorted(ids)
    some = set(ids[::7])
    kept = read_store(tmp_path, BLOBS, keep=some)
    assert set(kept["sample_id"].to_pylist()) == some
    assert [value.as_py() for value in kept["bytes"]] == [name.encode() for name in sorted(some)]


def test_equal_texts_are_one_object_in_every_column(tmp_path: Path) -> None:
    names = [f"{number % 5:064x}" for number in range(40)]
    rows = pd.DataFrame({"path": [f"{number}.png" for number in range(40)], "sample_id": names, "group_id": names[::-1]}, dtype=object)
    rows = rows.assign(label=["happy", None, "sad", "sad"] * 10).reindex(columns=LABELS.names).astype(object)
    rows = rows.where(rows.notna(), None)
    write_table(tmp_path / "t.parquet", rows, LABELS)
    found = read_table(tmp_path / "t.parquet", LABELS)
    assert found["label"].tolist() == ["happy", None, "sad", "sad"] * 10 and found["group_id"].tolist() == names[::-1]
    assert len(set(map(id, found["label"]))) == 3 and len(set(map(id, [*found["sample_id"], *found["group_id"]]))) == 5
    assert read_table(tmp_path / "t.parquet", LABELS, ["label", "path"]).columns.tolist() == ["label", "path"]
    write_table(tmp_path / "none.parquet", rows[:0], LABELS)
    assert read_table(tmp_path / "none.parquet", LABELS).dtypes.tolist() == found[:0].dtypes.tolist()
