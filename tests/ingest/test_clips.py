"""Clips of ingest.metadata: what a frame must have, and that a clip has one label, one person and one split."""

from pathlib import Path
from typing import Any

import pytest

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.ingest.clips import Clips, require_whole_clips
from mien.ingest.metadata import read_metadata

KNOWN = Spellings(["happy", "sad"], {"happy": ["happiness"]})


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "metadata.csv"
    path.write_text(text, encoding="utf-8")
    return path


def row(path: str, *, label: str | None = None, subject: str | None = None, subset: str | None = None) -> dict[str, Any]:
    return {"path": path, "sample_id": path, "label_raw": label, "subject": subject, "subset_raw": subset}


def test_the_clips_of_a_table_are_known_by_name(tmp_path: Path) -> None:
    found = read_metadata(table(tmp_path, "path,clip,frame\na.jpg,c1,0\nb.jpg,c1,1\nc.jpg,,\nd.jpg,c2,9\n"))
    assert found.clips == {"c1", "c2"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("path,clip\na.jpg,c1\n", r"line 2 names the clip c1, but the table has no column frame; add it"),
        ("path,clip,frame\na.jpg,c1,\n", r"line 2: the frame of the clip c1 must be a whole number from 0 on \(got ''\)"),
        ("path,clip,frame\na.jpg,c1,1.5\n", r"line 2: the frame of the clip c1 must be a whole number from 0 on \(got '1.5'\)"),
        ("path,clip,frame\na.jpg,c1,-1\n", r"must be a whole number from 0 on \(got '-1'\)"),
        ("path,clip,frame\na.jpg,c1,٣\n", r"must be a whole number from 0 on"),
        ("path,clip,frame\na.jpg,c1,3\nb.jpg,c2,3\nc.jpg,c1,03\n", r"line 4 and line 2 are both frame 03 of the clip c1; number"),
    ],
)
def test_a_frame_without_its_own_number_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(SourceError, match=fault):
        read_metadata(table(tmp_path, text))


def test_a_column_frame_without_clips_is_an_ordinary_column(tmp_path: Path) -> None:
    found = read_metadata(table(tmp_path, "path,frame\na.jpg,oak\n"))
    assert not found.clips and found.others == {"a.jpg": '{"frame": "oak"}'}


def test_two_spellings_of_a_class_and_a_missing_value_are_no_contradiction() -> None:
    rows = [row("a", label="happiness", subject="Ann"), row("b", label="Happy (2)"), row("c", label=None), row("d", label="sad")]
    require_whole_clips(rows, ["c1", "c1", "c1", None], KNOWN)


@pytest.mark.parametrize("what", ["label", "subject", "subset"])
def test_a_clip_with_two_of_what_it_has_once_is_refused_with_both_and_the_remedy(what: str) -> None:
    values = {"label": ("happy", "sad"), "subject": ("Ann", "Bo"), "subset": ("train", "test")}[what]
    rows = [row(f"{at}.jpg", **{what: value}) for at, value in enumerate(values)]
    shown = "split" if what == "subset" else what
    with pytest.raises(SourceError, match=rf"the clip c1 has two {shown}s: {values[0]} \(0.jpg\) and {values[1]} \(1.jpg\); .*: \w+"):
        require_whole_clips(rows, ["c1", "c1"], KNOWN)
    require_whole_clips(rows, ["c1", "c2"], KNOWN)


def test_a_clip_without_a_readable_frame_is_told() -> None:
    rows = [row("a"), row("b"), {**row("c"), "sample_id": None}]
    clips = Clips.of(rows, ["c1", "c1", "c2"], ["c1", "c2", "c3"])
    assert clips.counts == {"clips": 1, "frames": 2, "clips_without_frame": 2}
    assert list(clips.remarks()) == [
        "ingest: 1 clip with 2 frames",
        "warning: 2 clips of ingest.metadata without a readable frame, such as c2",
    ]


def test_a_set_without_clips_says_nothing_of_clips() -> None:
    clips = Clips.of([row("a")], [None], [])
    assert not clips.counts and not list(clips.remarks())
