"""`mien split` as a user runs it, on drawn tables: what the list of files says, and what is refused."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mien.cli.app import app
from mien.core import paths
from mien.core.spreadsheet import read_csv
from mien.split.listing import COLUMNS, listing
from mien.store.tables import DUPLICATES, FATES, SPLITS, write_table
from tests.least import MODELS
from tests.surroundings import Outcome, run_here

# path, sample_id, group_id, fate, reason, detail, label, split, flag
FILES = [
    ("test/sad/1.jpg", "a1", "a1", "kept", "test", None, "sad", "test", None),
    ("test/sad/2.jpg", "a2", "a1", "kept", "test", "duplicate", "sad", "test", "duplicate"),
    ("test/happy/3.jpg", "a3", "a3", "kept", "test", "conflict", "happy", "test", "conflict"),
    ("train/sad/4.jpg", "a4", "a1", "leak", "in the test split", "same picture as test/sad/1.jpg", None, None, None),
    ("train/happy/5.jpg", "a5", "a5", "kept", "train", None, "happy", "train", None),
    ("train/happy/6.jpg", "a5", "a5", "duplicate", "exact", "copy of train/happy/5.jpg", None, None, None),
    ("train/happy/=7,'\n\".jpg", "a7", "a7", "kept", "val", None, "happy", "val", None),
    ("train/notes.txt", None, None, "ignored", "not an image", None, None, None, None),
]
GROUPS = {"test/sad/1.jpg": "a1", "test/sad/2.jpg": "a1", "train/sad/4.jpg": "a1", "train/happy/5.jpg": "a5", "train/happy/6.jpg": "a5"}


def frame() -> pd.DataFrame:
    columns = ["path", "sample_id", "group_id", "fate", "reason", "detail", "label", "split", "flag"]
    return pd.DataFrame(FILES, columns=columns).assign(stage="split")


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Splits, fates and duplicates."""
    rows = frame()
    return rows[rows["split"].notna()], rows[FATES.names], rows.loc[rows["group_id"].notna(), ["path", "group_id"]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(
        f"labels: {{classes: [happy, sad]}}\n{MODELS}\n",
        encoding="utf-8",
    )
    splits, fates, duplicates = tables()
    write_table(tmp_path / paths.SPLITS, splits.reindex(columns=SPLITS.names).astype({"shares": object}), SPLITS)
    write_table(tmp_path / paths.FATES, fates, FATES)
    write_table(tmp_path / paths.DUPLICATES, duplicates.reindex(columns=DUPLICATES.names), DUPLICATES)
    return tmp_path


def mien(folder: Path, *arguments: str) -> Outcome:
    return run_here(app, "split", *arguments, root=folder)


def test_it_counts_the_images_and_writes_nothing_without_a_file(workspace: Path) -> None:
    before = sorted(workspace.rglob("*"))
    done = mien(workspace)
    assert (done.code, done.err) == (0, "")
    assert [" ".join(line.split()) for line in done.out.splitlines()] == [
        "class train val test clean test",
        "happy 1 1 1 0",
        "sad 0 0 2 1",
        "all 1 1 3 1",
        "in no split: 1 duplicate, 1 ignored, 1 leak",
    ]
    assert sorted(workspace.rglob("*")) == before


def test_the_list_says_of_every_file_what_the_tables_say(workspace: Path) -> None:
    done = mien(workspace, "--export", "here/split.csv")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "split: 8 files in here/split.csv; it contains file names of the source"
    found = read_csv(workspace / "here/split.csv", texts=COLUMNS)
    assert tuple(found.columns) == COLUMNS
    found = found.astype(object).where(found.notna(), None)
    kept = {"fate": "kept", "reason": None, "detail": None}
    for path, sample_id, _, fate, reason, detail, label, split, flag in FILES:
        written = path.replace("\n", "\\n")
        row: dict[str, Any] = {"path": written, "sample_id": sample_id, "label": label, "split": split, "flag": flag}
        row["group"] = GROUPS.get(path)
        row |= kept if fate == "kept" else {"fate": fate, "reason": reason, "detail": detail}
        assert found[found["path"] == written].to_dict("records") == [row]
    assert len(found) == len(FILES)


def test_no_order_of_rows_changes_the_list() -> None:
    splits, fates, duplicates = tables()
    again = listing(splits[::-1], fates.sample(frac=1, random_state=1), duplicates[::-1])
    assert again.equals(listing(splits, fates, duplicates)) and again["path"].is_monotonic_increasing


@pytest.mark.parametrize(("table", "stage"), [(paths.SPLITS, "split"), (paths.FATES, "split"), (paths.DUPLICATES, "dedup")])
def test_a_missing_table_is_a_line_and_exit_code_2(workspace: Path, table: Path, stage: str) -> None:
    (workspace / table).unlink()
    done = mien(workspace, "--export", "split.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {table} is missing; run `dvc repro {stage}` to make it (or `dvc pull` to fetch it)\n"
    assert not (workspace / "split.csv").exists()


@pytest.mark.parametrize("lost", [0, 4])
def test_tables_of_two_runs_are_refused(workspace: Path, lost: int) -> None:
    rows = frame().drop(index=lost)
    write_table(workspace / paths.SPLITS, rows[rows["split"].notna()].reindex(columns=SPLITS.names).astype({"shares": object}), SPLITS)
    done = mien(workspace, "--export", "split.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: data/fates.parquet and data/splits.parquet are of different runs; run `dvc repro split`")
    assert done.err.count("\n") == 1 and not (workspace / "split.csv").exists()


def test_the_help_says_that_the_list_contains_file_names(workspace: Path) -> None:
    said = " ".join(mien(workspace, "--help").out.split())
    assert "it contains original file names" in said
