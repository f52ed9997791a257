"""Clips in ingest.metadata: which images are frames of one recording, and in which order (see mien/store/clips.py).

The label, the person and the split belong to the whole clip. A frame without a label is left out of it, as all images without a label are:
so a dataset whose sequences begin with a neutral face, such as CK+, labels only the frames that show the expression.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.core.plural import plural
from mien.core.printable import one_line
from mien.store.clips import CLIP, FRAME


class FrameNumbers:
    """Checks the columns `clip` and `frame` of ingest.metadata, line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[tuple[str, int], int] = {}

    @property
    def clips(self) -> frozenset[str]:
        """The names of the clips."""
        return frozenset(clip for clip, _ in self._lines)

    def check(self, values: Mapping[str, str | None], *, line: int) -> None:
        """Raises SourceError if the `values` of a line name a clip without the number of the frame, or one that another line has."""
        clip, frame = values.get(CLIP), values.get(FRAME)
        if clip is None:
            return
        where = f"ingest.metadata: {self._path}, line {line}"
        if FRAME not in values:
            raise SourceError(
                f"{where} names the clip {one_line(clip)}, but the table has no column {FRAME}; add it, with the place of each frame in "
                "time as a whole number"
            )
        if frame is None or not (frame.isascii() and frame.isdecimal() and len(frame) < 10):
            raise SourceError(
                f"{where}: the frame of the clip {one_line(clip)} must be a whole number from 0 on (got {one_line(frame or '')!r}); number "
                "the frames of each clip in the order of time"
            )
        first = self._lines.setdefault((clip, int(frame)), line)
        if first != line:
            raise SourceError(
                f"{where} and line {first} are both frame {frame} of the clip {one_line(clip)}; number the frames of a clip in the order "
                "of time"
            )


def require_whole_clips(rows: Sequence[dict[str, Any]], clips: Sequence[str | None], known: Spellings) -> None:
    """Raises SourceError if the images of one clip have two labels, two subjects or lie in two splits of the source.

    `clips` gives the clip of each row, if any. Two spellings of one class are one label, and a missing value is none.
    """
    first: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
    for row, clip in zip(rows, clips, strict=True):
        if clip is None or row["sample_id"] is None:
            continue
        values = {"label": known.class_of(row["label_raw"]) or row["label_raw"], "subject": row["subject"], "split": row["subset_raw"]}
        for what, value in values.items():
            if value is None:
                continue
            other, before = first.setdefault((clip, what), (value, row))
            if other != value:
                spelt, path = (one_line(str(its[key])) for its in (before,) for key in (_COLUMNS[what], "path"))
                raise SourceError(
                    f"ingest.source: the clip {one_line(clip)} has two {what}s: {spelt} ({path}) and {one_line(str(row[_COLUMNS[what]]))} "
                    f"({one_line(row['path'])}); a clip has one {what}: {_REMEDIES[what]}"
                )


_COLUMNS = {"label": "label_raw", "subject": "subject", "split": "subset_raw"}
_REMEDIES = {
    "label": "give each part that shows one expression a clip of its own, or leave the other frames out of it",
    "subject": "correct the column subject (or ingest.subject), or give each person a clip of their own",
    "split": "put all frames of a clip into one split's folder",
}


@dataclass(frozen=True)
class Clips:
    """The clips of a source."""

    names: frozenset[str]
    """those with a frame that was read"""
    num_frames: int
    empty: tuple[str, ...]
    """those that are listed, but have no frame that was read; sorted"""

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]], clips: Sequence[str | None], listed: Iterable[str]) -> Self:
        """The clips of the rows of files and of ingest.metadata (`listed`)."""
        named = [clip for row, clip in zip(rows, clips, strict=True) if clip is not None and row["sample_id"] is not None]
        return cls(frozenset(named), len(named), tuple(sorted(set(listed) - set(named))))

    @property
    def counts(self) -> dict[str, int]:
        """What metrics/data/ingest.json says of them; empty for a set without clips."""
        return {"clips": len(self.names), "frames": self.num_frames, "clips_without_frame": len(self.empty)} if self else {}

    def remarks(self) -> Iterator[str]:
        """Lines to print."""
        if self:
            yield f"ingest: {plural(len(self.names), 'clip')} with {plural(self.num_frames, 'frame')}"
        if self.empty:
            num = plural(len(self.empty), "clip")
            yield f"warning: {num} of ingest.metadata without a readable frame, such as {one_line(self.empty[0])}"

    def __bool__(self) -> bool:
        return bool(self.names or self.empty)
