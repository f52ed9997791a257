"""RAF-DB, basic emotions (Li, Deng and Du 2017, CVPR; version 1.1 of 2018, by the readme of its authors).

15,339 photographs, of which 12,271 are named train_ and 3,068 test_. EmoLabel/list_patition_label.txt (so spelt; also
list_partition_label.txt) has lines such as `train_00001.jpg 5`, with the codes 1 to 7. Image/aligned has aligned faces of 100 px
(train_00001_aligned.jpg), Image/original the photographs (train_00001.jpg), of which Annotation/boundingbox gives the face
(train_00001_boundingbox.txt: left, top, right, bottom). If the source has both, the aligned faces are used.

A copy that circulates has the aligned faces in folders with the codes as names (DATASET/train/5/train_00001_aligned.jpg) and the same
labels in train_labels.csv and test_labels.csv (image,label). It is read, too; a table that contradicts the folders is refused.
"""

import re
from collections.abc import Collection
from typing import IO

from mien.core.errors import SourceError
from mien.core.plural import plural
from mien.ingest.layouts._contract import Box, Facts, Files, Layout, Reading
from mien.ingest.layouts._reading import SEVEN, broken, label_by_code, lines_of, once, require_all

LABELS = dict(enumerate(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), 1))

_IMAGE = re.compile(r"(?:^|/)(?P<name>(?P<split>train|test)_\d{4,5})(?P<aligned>_aligned)?\.\w+$")
_FOLDER = re.compile(r"(?:^|/)(?P<code>[1-7])/[^/]+$")
_LIST = re.compile(r"(?:^|/)list_par?tition_label\.txt$", re.IGNORECASE)
_TABLE = re.compile(r"(?:^|/)(?:train|test)_labels\.csv$", re.IGNORECASE)
_BOX = re.compile(r"(?:^|/)(?P<name>(?:train|test)_\d{4,5})_boundingbox\.txt$")
_LABELS = re.compile(rf"{_LIST.pattern}|{_TABLE.pattern}|(?:^|/)[1-7]/(?:train|test)_\d{{4,5}}(?:_aligned)?\.\w+$", re.IGNORECASE)


def _listed(file: IO[bytes], path: str) -> dict[str, str]:
    """The label by the name of the image, without `_aligned` and suffix."""
    found: dict[str, str] = {}
    for number, text in lines_of(file, path):
        parts = text.replace(",", " ").split()
        if number == 1 and _TABLE.search(path) and parts[-1].lower() == "label":
            continue
        image = _IMAGE.fullmatch(parts[0])
        if len(parts) != 2 or image is None:
            raise broken(path, f"line {number} must have the name of an image and its label, such as train_00001.jpg 5, has {text[:80]!r}")
        once(found, image["name"], label_by_code(LABELS, parts[1], path=path, at=f"line {number}"), path=path, number=number)
    return found


def _box(file: IO[bytes], path: str) -> Box:
    numbers = " ".join(text for _, text in lines_of(file, path)).split()
    try:
        left, top, right, bottom = map(float, numbers)
    except ValueError:
        raise broken(path, f"must have four numbers (left, top, right, bottom), has {' '.join(numbers)[:80]!r}") from None
    return left, top, right, bottom


def _facts(files: Files) -> Reading:
    listed: dict[str, str] = {}
    boxes: dict[str, Box] = {}
    for path, content in sorted(files.read.items()):
        if isinstance(content, dict):
            for name, label in content.items():
                if listed.setdefault(name, label) != label:
                    raise SourceError(f"ingest.source: {path} gives {name} another label than a second list; keep one of the lists")
        elif box := _BOX.search(path):
            boxes[box["name"]] = content
    found = {path: match for path in files.images if (match := _IMAGE.search(path))}
    is_aligned = any(match["aligned"] for match in found.values())
    require_all(listed, _names(files.paths, is_aligned=is_aligned), where="the list of RAF-DB")
    facts, num_unlisted = {}, 0
    for path, match in found.items():
        if is_aligned and not match["aligned"]:
            facts[path] = Facts(left_out="photograph of which the aligned face is used (RAF-DB)")
            continue
        label = _label(path, match["name"], listed)
        num_unlisted += label is None
        facts[path] = Facts(label, match["split"], box=None if match["aligned"] else boxes.get(match["name"]))
    remarks = [f"{plural(num_unlisted, 'image')} of RAF-DB without a label"] if num_unlisted else []
    return Reading(facts, remarks)


def _names(paths: Collection[str], *, is_aligned: bool) -> set[str]:
    return {match["name"] for path in paths if (match := _IMAGE.search(path)) and (match["aligned"] or not is_aligned)}


def _label(path: str, name: str, listed: dict[str, str]) -> str | None:
    label = listed.get(name)
    folder = _FOLDER.search(path)
    if folder is None:
        return label
    in_folder = LABELS[int(folder["code"])]
    if label not in (None, in_folder):
        raise SourceError(
            f"ingest.source: {path} lies in the folder of {in_folder}, but its table has {label}; take folders and tables from one release"
        )
    return in_folder


LAYOUT = Layout(
    "RAF-DB, basic emotions: train_00001.jpg or train_00001_aligned.jpg, with list_patition_label.txt or folders 1 to 7",
    SEVEN,
    _IMAGE,
    _LABELS,
    _facts,
    {_LIST: _listed, _TABLE: _listed, _BOX: _box},
    lacking="the labels of RAF-DB are in its EmoLabel/list_patition_label.txt (train_00001.jpg 5), which the source does not have; put "
    "that file beside the images, and set ingest.source to the folder with both",
    detectors=((r"_aligned\.\w+$", "none"), (_BOX.pattern, "given")),
    test_split=r"(?:^|/)test_\d{4}(?:_aligned)?\.\w+$",
)
