"""Finds labels in file names: proposes a pattern for ingest.label if the folders of a source name no class.

Names that contain the words of known classes are recognised, such as happy_0001.jpg, 0001_happy.jpg, img-happy-3.png. The names of
published data sets are recognised by their layouts instead (mien/ingest/layouts).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mien.config.spelling import Spellings

SHARE = 0.8  # minimum share of the images whose names must match a proposal


@dataclass(frozen=True)
class Proposal:
    """What to do about a source whose labels are contained in file names."""

    pattern: str
    """value for ingest.label"""
    labels: Mapping[str, int]
    """number of images by the label that the pattern finds, most frequent first"""


def propose(paths: Iterable[str], known: Spellings) -> Proposal | None:
    """A pattern that finds the spellings of known classes as words in the names of at least SHARE of the images; None if there is none."""
    images = list(paths)
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
    return Proposal(pattern, labels)


def _tally(images: list[str], pattern: str) -> dict[str, int]:
    compiled = re.compile(pattern)
    found = Counter(match["label"] for path in images if (match := compiled.search(path)))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
