"""Finds labels in file names: proposes a pattern for ingest.label if the folders of a source name no class.

The file names of these published datasets are recognised: KDEF (Lundqvist, Flykt and Öhman 1998), JAFFE (Lyons et al. 1998),
NimStim (Tottenham et al. 2009), FACES (Ebner et al. 2010), RAF-DB (Li et al. 2017) and CK+ (Lucey et al. 2010). In any other
dataset, names that contain the words of known classes are recognised, such as happy_0001.jpg, 0001_happy.jpg, img-happy-3.png.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mien.config.spelling import Spellings

SHARE = 0.8  # minimum share of the images whose names must match a proposal


@dataclass(frozen=True)
class Proposal:
    """What to do about a source whose labels are contained in file names or in separate files."""

    pattern: str
    """value for ingest.label; empty if the file names of this dataset contain no label"""
    what: str
    """description of the file names, and what to do if there is no pattern"""
    labels: Mapping[str, int] = field(default_factory=dict)
    """number of images by the label that the pattern finds, most frequent first"""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """meaning of the dataset's own codes, if its labels are not words"""
    subject: str = ""
    """value for ingest.subject if the file names contain the person; else empty"""

    def aliases(self, known: Spellings) -> dict[str, list[str]]:
        """By class, the codes found that still have to be added to labels.aliases."""
        found: dict[str, list[str]] = {}
        for code in sorted(self.labels):
            if known.class_of(code) is None and (name := known.class_of(self.meanings.get(code.upper()))):
                found.setdefault(name, []).append(code)
        return found


@dataclass(frozen=True)
class _Set:
    what: str
    names: str  # a regular expression for whole file names; all patterns ignore case
    label: str = ""
    subject: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict)


_CODES = {"AN": "angry", "DI": "disgust", "HA": "happy", "NE": "neutral", "SA": "sad"}
_KDEF = _CODES | {"AF": "fear", "SU": "surprise"}
_JAFFE = _CODES | {"FE": "fear", "SU": "surprise"}
_NIMSTIM = _CODES | {"FE": "fear", "SP": "surprise", "CA": "calm"}
_FACES = {code[0]: meaning for code, meaning in _CODES.items()} | {"F": "fear"}
_RAFDB = {str(code): name for code, name in enumerate(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), 1)}
_SETS = (
    _Set(
        "KDEF: session, sex, person, expression, angle (AF01ANS.JPG)",
        rf"[AB][FM]\d\d(?:{'|'.join(_KDEF)})(?:S|HL|HR|FL|FR)\.\w+",
        r"[AB][FM]\d\d(?P<label>[A-Z]{2})(?:S|HL|HR|FL|FR)\.\w+$", r"[AB](?P<subject>[FM]\d\d)[A-Z]{3,4}\.\w+$", _KDEF,
    ),
    _Set(
        "JAFFE: person, expression and take, number (KA.AN1.39.tiff)", rf"[A-Z]{{2}}\.(?:{'|'.join(_JAFFE)})\d+\.\d+\.\w+",
        r"\.(?P<label>[A-Z]{2})\d+\.\d+\.\w+$", r"(?P<subject>[A-Z]{2})\.[A-Z]{2}\d+\.\d+\.\w+$", _JAFFE,
    ),
    _Set(
        "NimStim: person, expression, mouth (01F_AN_O.BMP)", rf"\d\d[FM]_(?:{'|'.join(_NIMSTIM)})_[COX]\.\w+",
        r"\d\d[FM]_(?P<label>[A-Z]{2})_[COX]\.\w+$", r"(?P<subject>\d\d[FM])_[A-Z]{2}_[COX]\.\w+$", _NIMSTIM,
    ),
    _Set(
        "FACES: person, age group, sex, expression, image (004_o_m_a_a.jpg)", rf"\d{{3}}_[YMO]_[FM]_[{''.join(_FACES)}]_[AB]\.\w+",
        r"\d{3}_[YMO]_[FM]_(?P<label>[A-Z])_[AB]\.\w+$", r"(?P<subject>\d{3})_[YMO]_[FM]_[A-Z]_[AB]\.\w+$", _FACES,
    ),
    _Set(
        "RAF-DB: these names contain no label, the dataset's list_patition_label.txt does (train_00001.jpg 5): convert it to the CSV at "
        "ingest.metadata, with the columns path,label; 1 is surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral",
        r"(?:train|test)_\d{4,5}(?:_aligned)?\.\w+", meanings=_RAFDB,
    ),
    _Set(
        "CK+: person, sequence, frame (S010_006_00000013.png): these names contain no label, the dataset's folder Emotion does, in a file "
        "per sequence: combine these files into the CSV at ingest.metadata, with the columns path,label; 1 is angry, 2 contempt, "
        "3 disgust, 4 fear, 5 happy, 6 sad, 7 surprise",
        r"S\d{2,3}_\d{3}_\d{8}\.\w+", subject=r"(?P<subject>S\d+)_\d{3}_\d{8}\.\w+$",
    ),
)  # fmt: skip


def propose(paths: Iterable[str], known: Spellings) -> Proposal | None:
    """The proposal that fits at least SHARE of the `paths` of images, whose folders name no class; None if no proposal fits."""
    images = list(paths)
    return next((found for its in _SETS if (found := _published(images, its))), None) or _by_words(images, known)


def _published(images: list[str], its: _Set) -> Proposal | None:
    whole = re.compile(its.names, re.IGNORECASE)
    num = sum(whole.fullmatch(path.rpartition("/")[2]) is not None for path in images)
    if not num or num < SHARE * len(images):
        return None
    label, subject = (pattern and f"(?i){pattern}" for pattern in (its.label, its.subject))
    return Proposal(label, its.what, _tally(images, label), its.meanings, subject)


def _by_words(images: list[str], known: Spellings) -> Proposal | None:
    """Proposes a pattern that finds the spellings of known classes as words in file names."""
    words = sorted(
        {tuple(word.split()) for word in known.words if not re.search(r"\d", word)}, key=lambda word: (-len(" ".join(word)), word)
    )
    if not words or not images:
        return None
    either = "|".join(r"[\W_]?".join(map(re.escape, word)) for word in words)
    pattern = rf"(?i)(?:^|[\W\d_])(?P<label>{either})(?=[\W\d_])[^/]*$"
    labels = _tally(images, pattern)
    if sum(labels.values()) < SHARE * len(images) or len({known.class_of(label) for label in labels}) < 2:
        return None
    return Proposal(pattern, "names that contain the word of a class, such as happy_0001.jpg", labels)


def _tally(images: list[str], pattern: str) -> dict[str, int]:
    if not pattern:
        return {}
    compiled = re.compile(pattern)
    found = Counter(match["label"] for path in images if (match := compiled.search(path)))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
