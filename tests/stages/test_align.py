"""The stage `align` on tables written by hand: who is stored, who leaves, and what is counted."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from mien.core import paths
from mien.store.encoding import encode
from mien.store.shards import DIGITS, read_store, write_shard
from mien.store.tables import FACES, FATES, IMAGES, LABELS, read_table, write_table
from stages import align
from tests.align.lying import Marks, with_face

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with params.yaml and three labelled pictures without a face, one of them in the official test split."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    labels = []
    for digit in DIGITS:
        rows = []
        if digit in "07f":
            image = encode(Image.linear_gradient("L").resize((64, 48)).convert("RGB"), jpeg_quality=95)
            rows.append({"sample_id": digit * 4, "image": image, "phash": 0, "phash_mirrored": 0})
            labels.append({"sample_id": digit * 4, "path": f"{digit}.png", "label": "sad", "subset": "test" if digit == "7" else "train"})
        write_shard(paths.IMAGES, digit, pa.Table.from_pylist(rows, schema=IMAGES), IMAGES)
    write_table(paths.LABELS, pd.DataFrame(labels).reindex(columns=LABELS.names).astype(object), LABELS)
    return tmp_path


def _set(folder: Path, **changes: str) -> None:
    text = (folder / "params.yaml").read_text()
    for old, new in changes.items():
        assert text.count(f"  {old}: ") == 1
        text = "\n".join(f"  {old}: {new}" if line.startswith(f"  {old}: ") else line for line in text.splitlines())
    (folder / "params.yaml").write_text(text)


def _results() -> tuple[set[str], set[str], dict[str, Any]]:
    stored = set(read_store(paths.FACES, FACES, ["sample_id"])["sample_id"].to_pylist())
    return stored, set(read_table(paths.FACES_REMOVED, FATES)["path"]), json.loads(paths.counts("align").read_text())


def test_without_detector_every_picture_is_fitted_whole(workspace: Path) -> None:
    _set(workspace, detector="none")
    align.main()
    stored, removed, counts = _results()
    assert stored == {"0000", "7777", "ffff"} and not removed
    assert counts.pop("turned") == {"90": 0, "180": 0, "270": 0}
    assert counts == {"images": 3, "one_face": 0, "several_faces": 0, "no_face": 0, "fitted_whole": 3, "quarantined_files": 0}


@pytest.mark.parametrize(
    ("method", "on_missing", "expected"),
    [
        ("stratified", "quarantine", {"0.png", "7.png", "f.png"}),
        ("stratified", "fit", set()),
        ("official", "quarantine", {"0.png", "f.png"}),
        ("official", "fit", set()),
    ],
)
def test_pictures_without_a_face(workspace: Path, method: str, on_missing: str, expected: set[str]) -> None:
    _set(workspace, detector="mtcnn", on_missing=on_missing, method=method, workers="1")
    align.main()
    stored, removed, counts = _results()
    assert removed == expected
    assert len(stored) + len(removed) == 3  # nothing disappears
    assert (counts["no_face"], counts["fitted_whole"], counts["quarantined_files"]) == (3, 3 - len(expected), len(expected))
    assert set(read_store(paths.FACES, FACES)["num_faces"].to_pylist()) <= {0}


@pytest.mark.parametrize("turns", ["true", "false"])
def test_pictures_that_are_turned_upright_are_counted(
    turns: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mien.align.mtcnn", SimpleNamespace(FaceDetector=Marks))
    for digit, lying_deg in (("0", 0), ("7", 90), ("f", 90)):
        image = encode(with_face(90, 70, at=(40, 30), turn_deg=lying_deg), jpeg_quality=95)
        row = {"sample_id": digit * 4, "image": image, "phash": 0, "phash_mirrored": 0}
        write_shard(paths.IMAGES, digit, pa.Table.from_pylist([row], schema=IMAGES), IMAGES)
    _set(workspace, detector="mtcnn", workers="1", turns=turns)
    align.main()
    stored, removed, counts = _results()
    assert len(stored) == 3 and not removed and counts["one_face"] == 3
    line = capsys.readouterr().out
    by_sample = dict(read_store(paths.FACES, FACES, ["sample_id", "turn_deg"]).to_pandas().itertuples(index=False))
    if turns == "true":
        assert counts["turned"] == {"90": 0, "180": 0, "270": 2}
        assert "3 cut around a face (2 of them turned upright: 2 by 270 degrees), " in line
        assert by_sample == {"0000": 0, "7777": 270, "ffff": 270}
    else:
        assert counts["turned"] == {"90": 0, "180": 0, "270": 0}
        assert "3 cut around a face, " in line
        assert all(pd.isna(turn_deg) for turn_deg in by_sample.values())
