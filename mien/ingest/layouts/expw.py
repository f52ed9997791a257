"""ExpW, Expression in-the-Wild (Zhang, Luo, Loy and Tang 2018, International Journal of Computer Vision 126, arXiv:1609.06426).

91,793 faces of photographs from the web. label/label.lst has a line per face: image_name face_id_in_image face_box_top face_box_left
face_box_right face_box_bottom face_box_confidence expression_label, separated by spaces (by the readme of its authors). The words in the
names of the photographs (angry_actor_104.jpg) are those of the search for them, not labels.

A sample is a whole file, so that of several faces in one photograph the one with the highest confidence is used.
"""

import re
from typing import IO

from mien.core.plural import plural
from mien.ingest.layouts._contract import Box, Facts, Files, Layout, Reading
from mien.ingest.layouts._reading import SEVEN, broken, label_by_code, lines_of, name_of, require_all

LABELS = dict(enumerate(("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")))
_NUM_VALUES = 8

_IMAGE = re.compile(r"\.\w+$")  # any name: the list alone tells the data set
_LIST = re.compile(r"(?:^|/)label\.lst$", re.IGNORECASE)

Face = tuple[float, Box, str]
"""confidence, box and label"""


def _faces(file: IO[bytes], path: str) -> dict[str, list[Face]]:
    """The faces by the name of the photograph."""
    found: dict[str, list[Face]] = {}
    for number, text in lines_of(file, path):
        parts = text.rsplit(maxsplit=_NUM_VALUES - 1)
        try:
            name, _, *numbers, code = parts
            top, left, right, bottom, confidence = map(float, numbers)
        except ValueError:
            raise broken(
                path, f"line {number} must have a name, a number, top, left, right, bottom, confidence and label, has {text[:80]!r}"
            ) from None
        label = label_by_code(LABELS, code, path=path, at=f"line {number}")
        found.setdefault(name, []).append((confidence, (left, top, right, bottom), label))
    return found


def _facts(files: Files) -> Reading:
    listed: dict[str, list[Face]] = {}
    for content in files.read.values():
        listed |= content
    require_all(listed, {name_of(path) for path in files.paths}, where="label.lst")
    facts, num_further, num_several = {}, 0, 0
    for path in files.images:
        if faces := listed.get(name_of(path)):
            _, box, label = max(faces, key=lambda face: (face[0], _area(face[1])))
            facts[path] = Facts(label, box=box)
            num_further, num_several = num_further + len(faces) - 1, num_several + (len(faces) > 1)
    remarks = [
        f"{plural(num_further, 'further face')} of {plural(num_several, 'photograph')} of ExpW unused: a sample is a whole file, "
        "with the face of the highest confidence"
    ]
    return Reading(facts, remarks if num_further else [])


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


LAYOUT = Layout(
    "ExpW: photographs and label.lst, with a box and a label for each face",
    SEVEN,
    _IMAGE,
    _LIST,
    _facts,
    {_LIST: _faces},
    detectors=(("", "given"),),
)
