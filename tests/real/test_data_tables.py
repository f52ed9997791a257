"""Ingest to validate on real photographs: the numbers against counts made without the code under test."""

import csv
import io
import json
import shutil
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mien.core import paths
from mien.store.tables import DUPLICATES, FATES, REJECTED, SPLITS, read_table
from stages import align, convert, dedup, ingest, sanitise, split, validate

ROOT = Path(__file__).parents[2]
STAGES: list[Callable[[], None]] = [module.main for module in (ingest, convert, dedup, sanitise, align, split, validate)]


def run_all(folder: Path, **changes: str) -> None:
    """Runs the data stages in `folder` with the repository's parameters and these changes of whole lines."""
    shutil.copy(ROOT / "metadata.csv", folder)
    shutil.copy(ROOT / "votes.csv", folder)
    shutil.copy(ROOT / "corrections.csv", folder)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    for key, value in changes.items():
        (at,) = [at for at, line in enumerate(lines) if line.strip().startswith(f"{key}:")]
        lines[at] = f"{lines[at][: lines[at].index(key)]}{key}: {value}"
    paths.PARAMS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for stage in STAGES:
        stage()


@pytest.mark.parametrize("near_copies", ["keep", "drop"])
def test_official_on_fer2013_mini_agrees_with_a_count_by_hand(
    near_copies: str, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a group under one label, outside the test split, one file stays, or with near copies kept one of each different picture."""
    monkeypatch.chdir(tmp_path)
    source = real_data / "fer2013-mini.zip"
    run_all(
        tmp_path,
        source=str(source),
        method="official",
        near_copies=near_copies,
        classes="[angry, disgust, fear, happy, neutral, sad, surprise]",
        detector="none",
    )
    with zipfile.ZipFile(source) as archive:
        found = [name for name in archive.namelist() if name.endswith(".jpg")]
        shown = {name: Image.open(io.BytesIO(archive.read(name))).tobytes() for name in found}
    unfit = set(read_table(paths.REJECTED, REJECTED)["sample_id"])
    groups = defaultdict(list)
    for row in read_table(paths.DUPLICATES, DUPLICATES).itertuples():
        subset, label = row.path.split("/")[-3:-1]
        if subset == "test" or row.sample_id not in unfit:
            groups[row.group_id].append((subset, label, row.path))
    expected = Counter[str]()
    for its in groups.values():
        num_test = sum(subset == "test" for subset, _, _ in its)
        disputed = len({label for _, label, _ in its}) > 1
        expected["leak"] += (len(its) - num_test) if num_test else 0
        expected["quarantined"] += len(its) if disputed and not num_test else 0
        num_kept = 1 if near_copies == "drop" else len({shown[path] for _, _, path in its})
        expected["duplicate"] += len(its) - num_kept if not (disputed or num_test) else 0
    table, splits = read_table(paths.FATES, FATES), read_table(paths.SPLITS, SPLITS)
    assert sorted(table["path"]) == sorted(found)
    assert {name: int((table["fate"] == name).sum()) for name in expected} == dict(expected) and min(expected.values()) > 0
    test = splits[splits["split"] == "test"]
    assert sorted(test["path"]) == sorted(name for name in found if name.split("/")[-3] == "test")
    for label, its in splits[splits["split"] != "test"].groupby("label"):
        assert abs((its["split"] == "val").sum() - 0.15 * len(its)) < 1, label
    assert json.loads(paths.VALIDATION.read_text())["success"]


def test_campus_photographs_are_all_accounted_for(real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_all(tmp_path, source=str(real_data / "campus-photos.zip"), detector="none")
    with (real_data / "campus-photos.truth.csv").open(encoding="utf-8", newline="") as opened:
        truth = {row["path"]: row for row in csv.DictReader(opened)}
    fates = read_table(paths.FATES, FATES).set_index("path")
    assert set(fates.index) == set(truth)
    disputed = {row["origin"] for row in truth.values() if row["kind"] == "conflicting_duplicate"}
    for path, row in truth.items():
        if row["kind"] == "conflicting_duplicate":
            assert tuple(fates.loc[path, ["fate", "reason"]]) == ("quarantined", "conflict"), path
        elif row["kind"] == "unknown_label":
            assert tuple(fates.loc[path, ["fate", "reason"]]) == ("quarantined", "unknown_label"), path
        elif row["kind"] in ("broken_png", "empty_file", "truncated_heic", "truncated_jpeg"):
            assert fates.at[path, "fate"] == "rejected", path
        elif row["kind"] == "junk":
            assert fates.at[path, "fate"] == "ignored", path
        assert fates.at[path, "fate"] != "kept" or row["origin"] not in disputed, path
    splits = read_table(paths.SPLITS, SPLITS)
    assert [row.path for row in splits.itertuples() if row.label != truth[row.path]["label"]] == []
