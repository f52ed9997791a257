"""AffectNet as first released: photographs in numbered folders and tables of labels (see _affectnet.py).

The tables are training.csv and validation.csv, or Manually_annotated.csv and Automatically_annotated.csv, with the columns
subDirectory_filePath (689/737db2….jpg), face_x, face_y, face_width, face_height, facial_landmarks, expression, valence and arousal. A
table without a header must have these nine columns in this order. The box is in pixels of the photograph. Copies with fewer photographs
than the tables are common, so that those of the training split which are missing are only counted.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from mien.core.errors import SourceError
from mien.core.plural import plural
from mien.ingest.layouts._affectnet import LABELS, NO_EXPRESSION, reason
from mien.ingest.layouts._contract import Box, Facts, Files, Layout, Reading
from mien.ingest.layouts._reading import EIGHT, broken, label_by_code, lines_of, name_of, require_all

_PATH, _EXPRESSION = "subDirectory_filePath", "expression"
_SIDES = ("face_x", "face_y", "face_width", "face_height")
_COLUMNS = (_PATH, *_SIDES, "facial_landmarks", _EXPRESSION, "valence", "arousal")
_IMAGE = re.compile(r"(?:^|/)\d{1,4}/[0-9a-f]{40,64}\.\w+$", re.IGNORECASE)
_TABLE = re.compile(r"(?:^|/)(?:training|validation|manually_?annotated|automatically_?annotated)(?:_\w+)?\.csv$", re.IGNORECASE)


@dataclass(frozen=True)
class _Table:
    """The facts by the folder and name of the photograph (see _key), and the number of faces of which a larger one is used instead."""

    by_key: dict[str, Facts]
    num_further: int


def _table(file: IO[bytes], path: str) -> _Table:
    subset = "test" if name_of(path).lower().startswith("validation") else "train" if name_of(path).lower().startswith("training") else None
    found: dict[str, Facts] = {}
    columns: list[str] | None = None
    num_further = 0
    for number, row in _rows(file, path):
        if columns is None:
            columns = row if _PATH in row else list(_COLUMNS)
            if absent := [name for name in (_PATH, *_SIDES, _EXPRESSION) if name not in columns]:
                raise broken(path, f"has no column {absent[0]}")
            if columns is row:
                continue
        if len(row) != len(columns):
            raise broken(path, f"line {number} has {len(row)} values for {len(columns)} columns")
        values = dict(zip(columns, row, strict=True))
        label = label_by_code(LABELS, values[_EXPRESSION], path=path, at=f"line {number}")
        box = _box([values[side] for side in _SIDES])
        facts = Facts(left_out=reason(label)) if label in NO_EXPRESSION else Facts(label, subset, box=box)
        key = _key(values[_PATH].replace("\\", "/"))
        num_further += key in found
        found[key] = max(found.get(key, facts), facts, key=_rank)
    return _Table(found, num_further)


def _rows(file: IO[bytes], path: str) -> Iterator[tuple[int, list[str]]]:
    for number, text in lines_of(file, path):
        yield number, [value.strip() for value in next(csv.reader([text]))]


def _box(sides: Sequence[str]) -> Box | None:
    """The box, or None where the table has none: NULL or a side of no length, as in rows without a face."""
    try:
        x, y, width, height = map(float, sides)
    except ValueError:
        return None
    return (x, y, x + width, y + height) if width > 0 and height > 0 else None


def _rank(facts: Facts) -> tuple[bool, float]:
    """By which one of several faces of a photograph is used: with an expression, then the largest."""
    left, top, right, bottom = facts.box or (0.0, 0.0, 0.0, 0.0)
    return facts.left_out is None, (right - left) * (bottom - top)


def _key(path: str) -> str:
    """The folder and name of a photograph, by which tables name it."""
    return "/".join(path.split("/")[-2:]).lower()


def _facts(files: Files) -> Reading:
    listed: dict[str, Facts] = {}
    for path, table in sorted(files.read.items()):
        if twice := next((key for key, facts in table.by_key.items() if listed.get(key, facts) != facts), None):
            raise SourceError(f"ingest.source: {path} and another table differ about {twice}; keep one of the tables")
        listed |= table.by_key
    there = {_key(path) for path in files.paths}
    require_all([key for key, facts in listed.items() if facts.subset == "test"], there, where="validation.csv")
    num_missing = sum(facts.left_out is None and key not in there for key, facts in listed.items())
    found = {path: facts for path in files.images if (facts := listed.get(_key(path)))}
    num_further = sum(table.num_further for table in files.read.values())
    remarks = [f"{plural(num_missing, 'photograph')} of AffectNet's tables not in the source"] if num_missing else []
    if num_further:
        remarks.append(
            f"{plural(num_further, 'further face')} in AffectNet's tables unused: a sample is a whole file, with its largest face"
        )
    return Reading(found, remarks)


LAYOUT = Layout(
    "AffectNet: photographs in numbered folders, with training.csv and validation.csv",
    EIGHT,
    _IMAGE,
    _TABLE,
    _facts,
    {_TABLE: _table},
    lacking="the labels of AffectNet are in training.csv and validation.csv, which the source does not have; put them beside the folder of "
    "the images, and set ingest.source to the folder with both",
    detectors=(("", "given"),),
    test_split=r"(?:^|/)validation(?:_\w+)?\.csv$",
)
