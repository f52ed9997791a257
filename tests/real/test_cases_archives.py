"""The cases after public problem reports that concern archives and tables: what is read of each, or the one line that says why not."""

from collections import Counter
from pathlib import Path

import pytest

from mien.data.sources import source_entries
from mien.data.sources.entry import read_entry
from mien.data.sources.layout import label_of
from mien.errors import SourceError

MAX_BYTES = 160 * 2**20  # ingest.max_file_mb's default
SEVEN = dict.fromkeys(("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"), 4)

# How many images there are of which label, in files that could be read.
READ: dict[str, dict[str, int]] = {
    "50-zip-gbk/src.zip": {"高兴": 3, "悲伤": 3},
    "55-zip-macosx/src.zip": {"happy": 1, "sad": 1},
    "56-folder-of-zips/src": {"happy": 4, "sad": 4},
    "57-tar-concatenated/src.tar": {"happy": 3, "sad": 3},
    "58-fer2013-tar-gz/src.tar.gz": SEVEN,
    "58-fer2013-tar-gz/src.zip": SEVEN,
    "59-icml-csv/src.csv": SEVEN,
    "60-csv-variants/ckextended.csv": {**dict.fromkeys(SEVEN, 3), "contempt": 3},
    "60-csv-variants/float_codes.csv": SEVEN,
    "60-csv-variants/floats.csv": {**dict.fromkeys(SEVEN, 1), "angry": 2},
    "60-csv-variants/lowercase.csv": SEVEN,
    "60-csv-variants/semicolons.csv": SEVEN,
    "60-csv-variants/sixtyfour.csv": {**dict.fromkeys(SEVEN, 1), "angry": 2},
    "60-csv-variants/words.csv": {"happy": 4, "sad": 4},
    "91-archives/sparse.tar": {"happy": 1},
    "91-archives/manydup.zip": {"happy": 6005},
}
# What the one line says.
REFUSED = {
    "54-zip-split/src.zip": "zip -s 0 src.zip",
    "54-zip-split/src.z01": "zip -s 0 src.zip",
    "60-csv-variants/ferplus.csv": "no column emotion",
    "60-csv-variants/test_only.csv": "test set without labels",
    "77-other-archives/a.7z": "7z archive",
    "77-other-archives/b.rar": "RAR archive",
    "77-other-archives/c.tar.zst": "Zstandard",
    "77-other-archives/d.zip": "web page",
    "77-other-archives/e.zip": "Git LFS pointer",
    "77-other-archives/f.png": "one PNG picture",
    "91-archives/gz_stored_flip.tar.gz": "CRC check failed",
}
# Why no file of the archive can be read.
ERRORS = {"52-zip-encrypted/src.zip": "encrypted", "77-other-archives/g.csv.gz": "bad row", "91-archives/sparse.tar": "too large"}


@pytest.fixture(scope="module")
def cases(real_data: Path) -> Path:
    folder = real_data.parent / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    return folder


@pytest.mark.parametrize("case", READ)
def test_what_can_be_read_is_read(case: str, cases: Path) -> None:
    files = [read_entry(entry, max_bytes=MAX_BYTES) for entry in source_entries(cases / case)]
    assert Counter(label_of(file.path) for file in files if file.content is not None) == READ[case]


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_is_refused_in_one_line(case: str, cases: Path) -> None:
    with pytest.raises(SourceError) as caught:
        list(source_entries(cases / case))
    assert REFUSED[case] in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("case", ERRORS)
def test_a_file_that_cannot_be_read_has_its_reason(case: str, cases: Path) -> None:
    errors = [file.error for entry in source_entries(cases / case) if (file := read_entry(entry, max_bytes=MAX_BYTES)).error]
    assert errors and all(error.startswith(ERRORS[case]) for error in errors)
