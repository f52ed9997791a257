"""The counts of ingest: metrics/data/ingest.json."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mien.core.plural import plural


def counts(rows: list[dict[str, Any]], *, num_contents: int, num_unmatched: int, by_pattern: bool) -> dict[str, Any]:
    """What there is in the rows of files; `num_unmatched` paths of the metadata are not among them.

    `subjects` is counted where a pattern finds them: many images with few subjects, or as many as images, mean that it is wrong.
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
    """How many different subjects the images have."""
    return len({row["subject"] for row in rows if row["sample_id"] is not None} - {None})


def sentence(found: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """The counts of the rows of files in one line."""
    subjects = num_subjects(rows)
    return (
        f"{found['files']} files, {found['images']} images ({found['contents']} different), "
        f"{_listed(found['ignored'])} ignored, {_listed(found['errors'])} unreadable"
        + (f", {plural(subjects, 'subject')}" if subjects else "")
    )


def _listed(tally: dict[str, int]) -> str:
    """'7 (4 system file, 3 hidden image)'."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.items(), key=lambda item: -item[1]))
    return f"{sum(tally.values())}{f' ({reasons})' if tally else ''}"


_REMEDIES = {
    "encrypted": "unpack it with its password, and name the folder that holds the photographs",
    "unsupported compression": "unpack it with a program that can, such as 7-Zip, and name the folder that holds the photographs",
    "unreadable archive": "unpack it yourself, and name the folder that holds the photographs",
    "nested archive": "unpack the archives, of a kind that is not read (7z, RAR) or too deep in one another, and name the folder",
    "broken link": "mend the links, or fetch what they lead to (`dvc pull` for links of DVC, `git annex get` for those of git-annex)",
    "permission denied": "allow yourself to read them",
    "too large": "raise ingest.max_file_mb",
}


def why_none(rows: list[dict[str, Any]]) -> str:
    """The three most frequent reasons why no file is an image, and what helps against the first of them: what stands in brackets, and after."""
    reasons = Counter(row["ignored"] or str(row["error"]).partition(":")[0] for row in rows).most_common(3)
    detail = {str(row["error"]).partition(":")[0]: str(row["error"]) for row in reversed(rows) if row["error"]}  # the first of each kind
    seen = ", ".join(f"{count} {detail.get(str(reason), reason)}" for reason, count in reasons) or "it is empty"
    return f"{seen}); {remedy(str(reason) for reason, _ in reasons)}"


def remedy(reasons: Iterable[str]) -> str:
    """What helps against the first of these reasons against which something does."""
    return next((_REMEDIES[reason] for reason in reasons if reason in _REMEDIES), "name a source with photographs")


def _tally(values: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value is not None).items()))
