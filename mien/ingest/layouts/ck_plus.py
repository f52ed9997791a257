"""The extended Cohn–Kanade set CK+ (Lucey et al. 2010, CVPR Workshops).

593 sequences of 123 people, each from a neutral face to the height of an expression: cohn-kanade-images/S005/001/S005_001_00000001.png and
further frames. 327 of them have a label, a number in Emotion/S005/001/S005_001_00000011_emotion.txt. Of these, the first frame is neutral
and the last three have the label, which is the field's common practice. The frames between, and sequences without a label, are left out.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import IO

from mien.core.errors import SourceError
from mien.ingest.layouts._contract import Facts, Files, Layout, Reading
from mien.ingest.layouts._reading import EIGHT, broken, label_by_code, lines_of, require_all

LABELS = dict(enumerate(("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")))
APEX_FRAMES = 3  # at the end of a sequence

_FRAME = re.compile(r"(?:^|/)(?P<clip>(?P<subject>S\d{2,3})_\d{3})_(?P<frame>\d{8})\.\w+$", re.IGNORECASE)
_LABEL = re.compile(r"(?:^|/)(?P<clip>S\d{2,3}_\d{3})_\d{8}_emotion\.txt$", re.IGNORECASE)


def _label(file: IO[bytes], path: str) -> str:
    lines = [text for _, text in lines_of(file, path)]
    if len(lines) != 1:
        raise broken(path, f"must have one line with one number, has {len(lines)}")
    return label_by_code(LABELS, lines[0], path=path, at="it")


def _facts(files: Files) -> Reading:
    labels: dict[str, str] = {}
    for path, label in sorted(files.read.items()):
        named = _LABEL.search(path)
        assert named is not None
        clip = named["clip"].upper()
        if labels.setdefault(clip, label) != label:
            raise SourceError(f"ingest.source: {path} gives the sequence {clip} a second label; keep one file per sequence")
    frames: dict[str, set[int]] = defaultdict(set)
    for path in files.paths:  # also those that are left out or cannot be read: another frame does not take their place
        if found := _FRAME.search(path):
            frames[found["clip"].upper()].add(int(found["frame"]))
    require_all(labels, frames, where="the folder Emotion", what="sequence")
    ordered = {clip: sorted(numbers) for clip, numbers in frames.items()}
    facts = {}
    for path in files.images:
        if found := _FRAME.search(path):
            clip = found["clip"].upper()
            facts[path] = _of_frame(int(found["frame"]), ordered[clip], labels.get(clip), clip=clip, subject=found["subject"].upper())
    return Reading(facts)


def _of_frame(number: int, frames: Sequence[int], label: str | None, *, clip: str, subject: str) -> Facts:
    """The facts of one frame; `frames` are the numbers of all frames of its sequence, ascending."""
    if label is None:
        return Facts(left_out="sequence without a label (CK+)")
    columns = {"sequence": clip, "image": str(number)}  # not clip and frame: the images of a clip have one label
    if number == frames[0]:
        return Facts("neutral", subject=subject, columns=columns)
    if number in frames[-APEX_FRAMES:]:
        return Facts(label, subject=subject, columns=columns)
    return Facts(left_out="frame between neutral and the height of the expression (CK+)")


LAYOUT = Layout(
    "CK+: frames of sequences (S005_001_00000001.png) and a folder Emotion",
    EIGHT,
    _FRAME,
    _LABEL,
    _facts,
    {_LABEL: _label},
    lacking="the labels of CK+ are in its folder Emotion (S005/001/S005_001_00000011_emotion.txt), which the source does not have; put "
    "that folder beside cohn-kanade-images, and set ingest.source to the folder with both",
    subject=r"(?i)(?P<subject>S\d+)_\d{3}_\d{8}\.\w+$",
)
