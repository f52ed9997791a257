"""The counts that `ingest` writes to metrics/data/ingest.json, and the remedies for a source without images."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mien.core.plural import plural


def counts(rows: list[dict[str, Any]], *, num_contents: int, num_unmatched: int, by_pattern: bool) -> dict[str, Any]:
    """Counts the rows of files. `num_unmatched` is the number of metadata paths that match none of them.

    The number of subjects is included if a pattern finds them (`by_pattern`): the pattern is likely wrong if there are very few
    subjects for many images, or as many subjects as images.
    """
    images = [row for row in rows if row["sample_id"] is not None]
    return {
        "files": len(rows),
        "images": len(images),
        "contents": num_contents,
        "ignored": _tally(row["ignored"] for row in rows),
        "errors": _tally(row["error"] and row["error"].partition(":")[0] for row in rows),
        "subsets": _tally(row["subset_raw"] or "none" for row in images),
        "without_label": sum(row["label_raw"] is None for row in images),
        "with_subject": sum(row["subject"] is not None for row in images),
        **({"subjects": num_subjects(rows)} if by_pattern else {}),
        "metadata_paths_without_file": num_unmatched,
    }


def num_subjects(rows: list[dict[str, Any]]) -> int:
    """The number of different subjects of the images."""
    return len({row["subject"] for row in rows if row["sample_id"] is not None} - {None})


def sentence(found: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """Summarises the counts of the rows of files in one line."""
    subjects = num_subjects(rows)
    return (
        f"{found['files']} files, {found['images']} images ({found['contents']} different), "
        f"{_listed(found['ignored'])} ignored, {_listed(found['errors'])} unreadable"
        + (f", {plural(subjects, 'subject')}" if subjects else "")
    )


def _listed(tally: dict[str, int]) -> str:
    """The total and the counts by reason, such as '7 (4 system file, 3 hidden image)'."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.items(), key=lambda item: -item[1]))
    return f"{sum(tally.values())}{f' ({reasons})' if tally else ''}"


_REMEDIES = {
    "encrypted": "unpack it with its password, and set ingest.source to the folder with the photographs",
    "unsupported compression": "unpack it with another program, such as 7-Zip, and set ingest.source to the folder with the photographs",
    "unreadable archive": "unpack it yourself, and set ingest.source to the folder with the photographs",
    "nested archive": "unpack the archives, which cannot be read (7z, RAR) or are nested too deep, and set ingest.source to the new folder",
    "broken link": "repair the links, or fetch their targets (`dvc pull` for links made by DVC, `git annex get` for those of git-annex)",
    "permission denied": "give yourself permission to read them",
    "too large": "raise ingest.max_file_mb",
}


def why_none(rows: list[dict[str, Any]]) -> str:
    """The three most frequent reasons why no file is an image, and the remedy.

    The text continues a message after an opening bracket, which it closes.
    """
    reasons = Counter(row["ignored"] or str(row["error"]).partition(":")[0] for row in rows).most_common(3)
    detail = {str(row["error"]).partition(":")[0]: str(row["error"]) for row in reversed(rows) if row["error"]}  # the first of each kind
    seen = ", ".join(f"{count} {detail.get(str(reason), reason)}" for reason, count in reasons) or "the source is empty"
    return f"{seen}); {remedy(str(reason) for reason, _ in reasons)}"


def remedy(reasons: Iterable[str]) -> str:
    """The remedy for the first of these reasons that has one."""
    return next((_REMEDIES[reason] for reason in reasons if reason in _REMEDIES), "set ingest.source to a source with photographs")


def _tally(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))
