"""Estimates how long the data stages will take."""

from collections.abc import Mapping

from mien.config.sections.dedup import EXHAUSTIVE_UP_TO

# Seconds on one core of an AMD EPYC, measured on FER2013 (35,887 images) and on photographs of 640 px. The time of `convert` is measured
# on the source's own images instead.
_START_S = 1.5  # start of a stage: Python and its libraries
_INGEST_S, _INGEST_S_PER_GB = 1e-4, 8.0
_HASHES_S, _HASHES_S_PER_PAIR = 7e-4, 1.4e-8
_INDEXED_S = 1e-3
_MTCNN_S = 0.07
_TABLES_S = 1e-4


def durations(num_images: int, size_bytes: int, *, convert_s: float, is_detecting: bool, workers: int) -> Mapping[str, float]:
    """Estimated seconds by stage for `num_images` images of `size_bytes` in total; `convert_s` is the time per image on one core."""
    return {
        "ingest": _START_S + num_images * _INGEST_S + size_bytes / 1e9 * _INGEST_S_PER_GB,
        "convert": _START_S + num_images * convert_s / workers,
        "dedup": _START_S + _dedup_s(num_images) / workers,
        "align": _START_S + num_images * (_MTCNN_S if is_detecting else _TABLES_S) / workers,
        "the others": 3 * _START_S + 3 * num_images * _TABLES_S,
    }


def _dedup_s(num_images: int) -> float:
    """Seconds on one core with `dedup.search: auto`."""
    if num_images > EXHAUSTIVE_UP_TO:
        return num_images * _INDEXED_S
    return num_images * _HASHES_S + num_images**2 * _HASHES_S_PER_PAIR


def rounded(seconds: float) -> str:
    """Formats a duration as '40 s', '3 min' or '2.5 h', with the two digits that an estimate deserves."""
    if seconds < 90:
        return f"{max(1, round(seconds)):d} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
