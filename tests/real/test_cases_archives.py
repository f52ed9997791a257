"""The cases of archives and tables beside the repository: what is read from each, or the words of the one error."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mien.config.sections.labels import LabelParams
from mien.core.errors import SourceError
from mien.ingest.layout import label_of, subset_of
from mien.ingest.sources import source_entries
from mien.ingest.sources.entry import FoundFile, read_entry

SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
KNOWN = LabelParams(classes=list(SEVEN)).spellings
EACH_FOUR = dict.fromkeys(SEVEN, 4)
SMALL = dict.fromkeys(SEVEN, 1) | {"angry": 2}


@dataclass(frozen=True)
class Case:
    """A source below the cases; images by label as spelt, files by reason why they are none, words that are said beside, or the error's."""

    source: str
    labels: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    said: str = ""
    error: str = ""


TABLE = [
    Case("50-zip-gbk/src.zip", {"高兴": 3, "悲伤": 3}, said="read as GBK"),
    Case("52-zip-encrypted/src.zip", lost={"encrypted": 3}),
    Case("54-zip-split/src.zip", error="in several parts; .*zip -s 0"),
    Case("54-zip-split/src.z01", error="in several parts; .*zip -s 0"),
    Case("54-zip-split/src.z03", error="in several parts; .*zip -s 0"),
    Case("55-zip-macosx/src.zip", {"happy": 1, "sad": 1}, {"system file": 2}),
    Case("56-folder-of-zips/src", {"happy": 4, "sad": 4}),
    Case("57-tar-concatenated/src.tar", {"happy": 3, "sad": 3}),
    Case("58-fer2013-tar-gz/src.tar.gz", EACH_FOUR, {"not an image": 2}),
    Case("58-fer2013-tar-gz/src.zip", EACH_FOUR, {"not an image": 1, "further pixel table beside icml_face_data.csv": 1}),
    Case("59-icml-csv/src.csv", EACH_FOUR),
    Case("60-csv-variants/ckextended.csv", dict.fromkeys((*SEVEN, "contempt"), 3)),
    Case("60-csv-variants/ferplus.csv", error="no column emotion and no column pixels"),
    Case("60-csv-variants/float_codes.csv", EACH_FOUR),
    Case("60-csv-variants/floats.csv", SMALL),
    Case("60-csv-variants/lowercase.csv", EACH_FOUR),
    Case("60-csv-variants/semicolons.csv", EACH_FOUR),
    Case("60-csv-variants/sixtyfour.csv", SMALL),
    Case("60-csv-variants/test_only.csv", error="no column emotion; .* test set without labels"),
    Case("60-csv-variants/words.csv", {"happy": 4, "sad": 4}),
    Case("77-other-archives/a.7z", error="7z archive, which cannot be read; unpack it"),
    Case("77-other-archives/b.rar", error="RAR archive, which cannot be read; unpack it"),
    Case("77-other-archives/c.tar.zst", error="Zstandard, which cannot be read; unpack it"),
    Case("77-other-archives/d.zip", error="web page in place of the file; download it again"),
    Case("77-other-archives/e.zip", error="Git LFS pointer in place of the file; run `git lfs pull`"),
    Case("77-other-archives/f.png", error="a single PNG image"),
    Case("77-other-archives/g.csv.gz", lost={"bad row": 1}),
    Case("91-archives/gz_stored_flip.tar.gz", error="CRC check failed"),
    Case("91-archives/manydup.zip", {"happy": 6005}),
    Case("91-archives/sparse.tar", {"happy": 1}, {"too large": 2}),
]


def read(source: Path) -> list[FoundFile]:
    return [read_entry(entry, max_bytes=160 * 2**20) for entry in source_entries(source)]


@pytest.mark.parametrize("case", TABLE, ids=[case.source for case in TABLE])
def test_the_source_gives_what_is_right(case: Case, cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if case.error:
        with pytest.raises(SourceError, match=case.error):
            read(cases / case.source)
        return
    files = read(cases / case.source)
    assert Counter(label_of(file.path, KNOWN) for file in files if file.content is not None) == case.labels
    assert Counter((file.ignored or str(file.error)).partition(":")[0] for file in files if file.content is None) == case.lost
    assert case.said in capsys.readouterr().err


def test_the_tables_within_archives_keep_their_splits(cases: Path) -> None:
    files = [file for file in read(cases / "58-fer2013-tar-gz/src.tar.gz") if file.content is not None]
    assert Counter(subset_of(file.path, KNOWN) for file in files) == {"train": 14, "test": 14}
