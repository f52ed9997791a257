"""FERPlus in its authors' layout, and its votes for all of FER2013."""

import csv
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from mien.core import paths
from mien.sanitise.votes import decide
from mien.store.tables import FILES, read_table
from stages import ingest

ROOT = Path(__file__).parents[2]
LABELS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")


def test_ferpluss_own_archive_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_data: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("metadata.csv", "votes.csv", "params.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    source = real_data / "ferplus-mini.zip"
    text = paths.PARAMS.read_text().replace("source: data/sample.zip", f"source: {source}")
    paths.PARAMS.write_text(text)
    ingest.main()
    files = read_table(paths.FILES, FILES)
    images = files[files["sample_id"].notna()]
    with zipfile.ZipFile(source) as archive:
        lines = archive.read("fer2013new.csv").decode().splitlines()[1:]
    wanted = {line.split(",")[1]: [int(num) for num in line.split(",")[2:]] for line in lines}
    assert len(images) == 1600 and images["subset_raw"].value_counts().to_dict().keys() == {"train", "val", "test"}
    for row in images.itertuples():
        assert json.loads(row.votes) == {name: num for name, num in zip(LABELS, wanted[Path(row.path).name], strict=True) if num}


def test_the_majority_of_all_votes_by_usage(real_data: Path) -> None:
    """What is left of the 35,712 images; literature that uses the majority counts 25,060, 3,199 and 3,153 images."""
    with (real_data / "fer2013.ferplus.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    decided = Counter((row["usage"], decide({name: int(row[name]) for name in LABELS if int(row[name])}).reason) for row in rows)
    assert len(rows) == 35712
    assert {usage: decided[usage, None] for usage in ("Training", "PublicTest", "PrivateTest")} == {
        "Training": 25059,
        "PublicTest": 3199,
        "PrivateTest": 3152,
    }
