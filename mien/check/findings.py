"""Summarises the survey of a source: its formats, labels, splits and subjects, and the files that will be lost."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mien.check.survey import Seen, Tried
from mien.config.params import Params
from mien.config.spelling import Spellings
from mien.ingest.label_proposals import Proposal, propose
from mien.ingest.layout import label_of, path_key, subset_of
from mien.ingest.layouts import Choice, Facts, Files, Reading, load_layout, recognised, understand
from mien.ingest.metadata import Metadata
from mien.ingest.pattern import group_of
from mien.ingest.votes import is_ferplus


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
    has_votes: bool
    """whether it has FERPlus's table of votes, from which the labels are made"""
    layout: str | None
    """the layout that fits the source; see mien/ingest/layouts"""
    is_applied: bool
    """whether ingest.layout is set to it, so that the counts are those of the data set"""
    lacking: str
    """what the source lacks of that layout; empty if it is complete"""
    subject: str
    """a pattern for ingest.subject; empty if the file names contain no person"""
    is_official: bool
    """whether that layout has a test split"""
    detector: str | None
    """the value of faces.detector that fits that layout"""
    choices: Mapping[Choice, int]
    """the images of that layout that some leave out"""
    remarks: Sequence[str]
    """what ingest.layout says of the files"""

    @property
    def num_images(self) -> int:
        return sum(self.kinds.values())


def findings(seen: Sequence[Seen], read: Mapping[str, Any], metadata: Metadata, params: Params) -> Findings:
    """Counts the files that `survey` found, by the parameters of `labels` and `ingest`.

    `read` is what the layout made of the files that hold labels. A layout that the source does not have is not used. Raises SourceError if
    the files with labels contradict the others.
    """
    all_images = [file.path for file in seen if file.is_image]
    paths = {file.path for file in seen}
    set_to = params.ingest.layout
    applied = set_to if set_to and load_layout(set_to).applies(all_images, paths) else ""
    reading = understand(applied, Files(sorted(all_images), paths, read)) if applied else Reading({})
    seen = [_left_out(file, reading.by_path) for file in seen]
    images = [file for file in seen if file.is_image]
    known = params.labels.spellings
    label, subject = (re.compile(pattern) if pattern else None for pattern in (params.ingest.label, params.ingest.subject))
    labels: Counter[str | None] = Counter()
    subjects: Counter[str] = Counter()
    for file in images:
        key = path_key(file.path)
        its = reading.by_path.get(file.path, Facts())
        named = metadata.labels.get(key) or (label and group_of(file.path, label, "label"))
        labels[named or its.label or _of_folder(file.path, known, is_named=bool(reading.by_path))] += 1
        if person := metadata.subjects.get(key) or (subject and group_of(file.path, subject, "subject")) or its.subject:
            subjects[person] += 1
    lost = [
        (("ignored", file.ignored) if file.ignored else ("unreadable", _kind(file.error or "")), file.path)
        for file in seen
        if not file.is_image
    ]
    is_named = any(name is not None and known.class_of(name) for name in labels)
    layout = applied or recognised(all_images, paths)
    fitting = load_layout(layout) if layout else None
    return Findings(
        num_files=len(seen),
        size_bytes=sum(file.size_bytes for file in seen),
        kinds=_sorted(Counter(file.kind for file in images if file.kind)),
        ignored=_sorted(Counter(file.ignored for file in seen if file.ignored)),
        errors=_sorted(Counter(_kind(file.error) for file in seen if file.error)),
        such_as=dict(reversed(lost)),
        labels=_sorted(labels),
        subsets=_sorted(Counter(reading.by_path.get(file.path, Facts()).subset or subset_of(file.path, known) for file in images)),
        num_subjects=len(subjects),
        num_with_subject=subjects.total(),
        proposal=None if is_named else propose([file.path for file in images], known),
        has_votes=any(map(is_ferplus, paths)),
        layout=layout,
        is_applied=bool(applied),
        lacking=fitting.lacking if fitting and not fitting.has_labels(paths) else "",
        subject=fitting.subject if fitting else "",
        is_official=fitting is not None and fitting.is_official(paths),
        detector=fitting.detector(paths) if fitting else None,
        choices={choice: num for choice in fitting.choices if (num := _num(choice, images))} if fitting else {},
        remarks=reading.remarks,
    )


def _left_out(file: Seen, facts: Mapping[str, Facts]) -> Seen:
    """The file, ignored if its facts say that it is no sample, as `ingest` does."""
    reason = facts[file.path].left_out if file.path in facts else None
    return replace(file, kind=None, ignored=reason) if reason else file


def _of_folder(path: str, known: Spellings, *, is_named: bool) -> str | None:
    """The label of the folder. If a layout names the labels (`is_named`), only a folder with the name of a class counts."""
    label = label_of(path, known)
    return label if not is_named or known.class_of(label) else None


def _num(choice: Choice, images: Sequence[Seen]) -> int:
    pattern = re.compile(choice.skip)
    return sum(pattern.search(file.path) is not None for file in images)


def median_side_px(tried: Tried) -> int | None:
    """The median of the shorter sides, after reduction, of the images converted as a trial; None if none could be decoded."""
    sides = sorted(min(side) for side in tried.sides_px)
    return sides[len(sides) // 2] if sides else None


def _kind(error: str) -> str:
    return error.partition(":")[0]


def _sorted(counts: Counter) -> dict:  # type: ignore[type-arg]
    return dict(sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))))
