"""Summarises the survey of a source: its formats, labels, splits and subjects, and the files that will be lost."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.check.survey import Seen, Tried
from mien.config.params import Params
from mien.ingest.label_proposals import Proposal, propose
from mien.ingest.layout import label_of, path_key, subset_of
from mien.ingest.metadata import Metadata
from mien.ingest.pattern import group_of


@dataclass(frozen=True)
class Findings:
    """The counts of a source.

    `kinds` counts images by format, `labels` by label as spelt (None: no label), and `subsets` by the split that the path names.
    """

    num_files: int
    size_bytes: int
    kinds: Mapping[str, int]
    ignored: Mapping[str, int]
    errors: Mapping[str, int]
    such_as: Mapping[tuple[str, str], str]  # one example path for each reason of "ignored" and "unreadable"
    labels: Mapping[str | None, int]
    subsets: Mapping[str | None, int]
    num_subjects: int
    num_with_subject: int
    proposal: Proposal | None

    @property
    def num_images(self) -> int:
        return sum(self.kinds.values())


def findings(seen: Sequence[Seen], metadata: Metadata, params: Params) -> Findings:
    """Counts the files that `survey` found, by the parameters of `labels` and `ingest`."""
    images = [file for file in seen if file.is_image]
    known = params.labels.spellings
    label, subject = (re.compile(pattern) if pattern else None for pattern in (params.ingest.label, params.ingest.subject))
    labels: Counter[str | None] = Counter()
    subjects: Counter[str] = Counter()
    for file in images:
        key = path_key(file.path)
        named = metadata.labels.get(key) or (label and group_of(file.path, label, "label"))
        labels[named or label_of(file.path, known)] += 1
        if person := metadata.subjects.get(key) or (subject and group_of(file.path, subject, "subject")):
            subjects[person] += 1
    lost = [
        (("ignored", file.ignored) if file.ignored else ("unreadable", _kind(file.error or "")), file.path)
        for file in seen
        if not file.is_image
    ]
    is_named = any(name is not None and known.class_of(name) for name in labels)
    return Findings(
        num_files=len(seen),
        size_bytes=sum(file.size_bytes for file in seen),
        kinds=_sorted(Counter(file.kind for file in images if file.kind)),
        ignored=_sorted(Counter(file.ignored for file in seen if file.ignored)),
        errors=_sorted(Counter(_kind(file.error) for file in seen if file.error)),
        such_as=dict(reversed(lost)),
        labels=_sorted(labels),
        subsets=_sorted(Counter(subset_of(file.path, known) for file in images)),
        num_subjects=len(subjects),
        num_with_subject=subjects.total(),
        proposal=None if is_named and subjects else propose([file.path for file in images], known),
    )


def median_side_px(tried: Tried) -> int | None:
    """The median of the shorter sides, after reduction, of the images converted as a trial; None if none could be decoded."""
    sides = sorted(min(side) for side in tried.sides_px)
    return sides[len(sides) // 2] if sides else None


def _kind(error: str) -> str:
    return error.partition(":")[0]


def _sorted(counts: Counter) -> dict:  # type: ignore[type-arg]
    return dict(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))
