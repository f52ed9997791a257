"""The command `mien check`: reports what a source contains and what the pipeline will do with it, before any run."""

from collections.abc import Iterable
from pathlib import Path

from mien.check.advice import advice
from mien.check.duration import durations, rounded
from mien.check.findings import Findings, findings, median_side_px
from mien.check.surroundings import surroundings
from mien.check.survey import Tried, survey, tried
from mien.config.params import Params
from mien.config.testsets import for_testset
from mien.core import paths
from mien.core.markdown import plain_table
from mien.core.parallel import num_processes
from mien.core.plural import noun_of, plural
from mien.core.printable import one_line
from mien.ingest.metadata import read_metadata
from mien.ingest.sources import kind_of
from mien.ingest.sources.place import source_place
from mien.ingest.votes import FERPLUS_FILE
from mien.sanitise.labels import closest_class
from mien.testsets.keys import as_testset, errors_of

MOST_LINES = 40  # of one table


def summary(params: Params, source: str = "") -> str:
    """The report as text: the contents, the expected losses, the duration of the data stages, and the advice before `dvc repro`.

    `source`, if given, replaces ingest.source. Raises SourceError if `ingest` would refuse the source as a whole.
    """
    place = source_place(source or params.ingest.source)
    parts, found, trial = _examined(params, place)
    return _joined([*parts, _advice(found, params, trial, place, source)])


def summary_of_testset(params: Params, name: str) -> str:
    """The same of a further test set, without advice about settings of the main source. Raises SourceError in the words of the test set."""
    with errors_of(name):
        own = for_testset(params, name)
        parts, _, _ = _examined(own, source_place(own.ingest.source))
    tracked = [f"- {each.reason}:\n    {each.command}" for each in surroundings(paths.workspace(), own.ingest.source)]
    return as_testset(_joined([*parts, *([["before `dvc repro`:", *tracked]] if tracked else [])]), name)


def _examined(params: Params, place: Path) -> tuple[list[list[str]], Findings, Tried]:
    """What the source at `place` contains and loses, as lines of text, and what they are made of."""
    kind = kind_of(place)
    metadata = read_metadata(Path(params.ingest.metadata) if params.ingest.metadata else None)
    seen, read = survey(place, params.ingest)
    trial = tried(place, seen, params.convert, max_bytes=params.ingest.max_file_mb * 2**20)
    found = findings(seen, read, metadata, params)
    parts = [_files(place, kind, found), _labels(found, params), _losses(found, trial, params)]
    return [*parts, *([_durations(found, trial, params)] if trial.seconds else [])], found, trial


def _joined(parts: Iterable[list[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts)


def _files(place: Path, kind: str, found: Findings) -> list[str]:
    num = found.num_files
    rows = [("images", name, f"{count:,}", "") for name, count in found.kinds.items()]
    rows += [("ignored", reason, f"{count:,}", found.such_as["ignored", reason]) for reason, count in found.ignored.items()]
    rows += [("unreadable", reason, f"{count:,}", found.such_as["unreadable", reason]) for reason, count in found.errors.items()]
    table = plain_table(("", "what", "files", "such as"), rows[:MOST_LINES], right={2}).splitlines() if rows else []
    return [f"{one_line(str(place))}: {kind.replace('_', ' ')}, {num:,} {noun_of(num, 'file')}, {found.size_bytes / 1e6:,.1f} MB", *table]


def _labels(found: Findings, params: Params) -> list[str]:
    known = params.labels.spellings
    rows = []
    for name, count in found.labels.items():
        meant = None if name is None else known.class_of(name)
        fate = meant or _without_class(name, found, params)
        rows.append(
            ("(none)" if name is None else name, f"{count:,}", fate + (" (left out by labels.drop)" if meant in params.labels.drop else ""))
        )
    lines = plain_table(("label", "images", "class"), rows[:MOST_LINES], right={1}).splitlines() if rows else []
    if len(rows) > MOST_LINES:
        lines.append(f"and {len(rows) - MOST_LINES:,} more labels")
    lines += [
        "class " + name + ": no image"
        for name in params.labels.kept
        if not found.has_votes and not any(spelt is not None and known.class_of(spelt) == name for spelt in found.labels)
    ]
    splits = ", ".join(f"{name or 'none'} {count:,}" for name, count in found.subsets.items())
    subjects = f"{found.num_subjects:,} (of {found.num_with_subject:,} images)" if found.num_subjects else "none named"
    if found.layout and not found.lacking and not found.is_applied:
        lines.append(
            f"these labels are the names of folders; ingest.layout: {found.layout} reads those of the data set instead (see below)"
        )
    if found.has_votes:
        lines.append(f"{FERPLUS_FILE} (FERPlus) gives votes, from which the labels are made")
    by = f"ingest.layout ({params.ingest.layout})" if found.is_applied else "folder"
    return [*lines, f"splits by {by}: {splits or 'none'}; subjects: {subjects}", *found.remarks]


def _without_class(name: str | None, found: Findings, params: Params) -> str:
    """What happens to images whose label is no class."""
    if found.has_votes:
        return "by their votes"
    if name is None:
        return "quarantined: no label"
    return f"quarantined: unknown label; closest class: {closest_class(name, params.labels) or 'none'}"


def _losses(found: Findings, trial: Tried, params: Params) -> list[str]:
    known = params.labels.spellings
    unknown = sum(count for name, count in found.labels.items() if name is None or known.class_of(name) is None)
    lines = [] if found.has_votes else [f"{unknown:,} of {found.num_images:,} images have no known label and would be quarantined"]
    if trial.num:
        lines.append(f"{trial.num} images tried: " + (f"{len(trial.lost)} would be rejected:" if trial.lost else "all can be used"))
    by_reason: dict[str, list[str]] = {}
    for path, reason in trial.lost:
        by_reason.setdefault(reason, []).append(one_line(path))
    told = [
        f"  {path}{f' and {len(others)} more' if others else ''}: {reason}"
        for reason, (path, *others) in list(by_reason.items())[:MOST_LINES]
    ]
    return lines + told


def _durations(found: Findings, trial: Tried, params: Params) -> list[str]:
    workers = num_processes(params.runtime.workers)
    seconds = durations(
        found.num_images,
        found.size_bytes,
        convert_s=sum(trial.seconds) / len(trial.seconds),
        is_detecting=params.faces.detector == "mtcnn",
        workers=workers,
    )
    each = ", ".join(f"{stage} {rounded(value)}" for stage, value in seconds.items())
    return [f"data stages: about {rounded(sum(seconds.values()))} on {plural(workers, 'core')} ({each})"]


def _advice(found: Findings, params: Params, trial: Tried, place: Path, source: str) -> list[str]:
    """The advice as lines of text; `source` is empty if ingest.source itself was examined."""
    told = list(advice(found, params, side_px=median_side_px(trial), place=place, is_named=bool(source)))
    if found.num_images:
        told += surroundings(paths.workspace(), source or params.ingest.source)
    lines = [f"- {each.reason}" + (f":\n    {each.command}" if each.command else "") for each in told]
    return ["before `dvc repro`:", *lines] if lines else ["nothing to change before `dvc repro`"]
