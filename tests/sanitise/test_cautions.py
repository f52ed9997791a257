"""What sanitise says of copies: nothing of a clean set, and a warning where much is taken for copies."""

from typing import Any

import pytest

from mien.sanitise.cautions import CONFLICTS, COPIES, cautions


def counts_of(
    *, kept: int = 1000, near: int = 0, mirrored: int = 0, exact: int = 0, conflict: int = 0, flagged: int = 0, copies: int = 0
) -> dict[str, Any]:
    """Counts as of metrics/data/sanitise.json, of these files and no others."""
    removed = {"duplicate": {"near": near, "mirrored": mirrored, "exact": exact}, "quarantined": {"conflict": conflict}}
    present = {fate: {reason: num for reason, num in reasons.items() if num} for fate, reasons in removed.items()}
    return {
        "kept": {"happy": kept - kept // 3, "sad": kept // 3},
        "removed": {fate: reasons for fate, reasons in present.items() if reasons},
        "near_copies_kept": copies,
        "test_flags": {"conflict": flagged} if flagged else {},
    }


@pytest.mark.parametrize("counts", [counts_of(), counts_of(kept=0), counts_of(exact=700)], ids=["clean", "empty", "exact copies"])
def test_without_near_copies_and_conflicts_there_is_nothing_to_say(counts: dict[str, Any]) -> None:
    assert cautions(counts) == []


def test_kept_near_copies_are_counted_with_the_way_to_drop_them() -> None:
    (line,) = cautions(counts_of(copies=37))
    assert line.startswith("37 near copies under one label stay") and "labels.near_copies: drop" in line


def test_dropped_near_copies_are_counted_with_the_way_to_keep_them() -> None:
    (line,) = cautions(counts_of(kept=880, near=100, mirrored=20))
    assert "120 of 1000 files (12%)" in line and "labels.near_copies: keep" in line and "warning" not in line


@pytest.mark.parametrize("more", [False, True])
def test_many_near_copies_are_a_warning(more: bool) -> None:
    num = round(COPIES * 1000) + more
    lines = cautions(counts_of(kept=1000 - num, near=num))
    assert len(lines) == 1 + more
    assert not more or (lines[1].startswith("warning: ") and "mien pairs" in lines[1] and "dedup.min_agreement" in lines[1])


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("in_test", [0, 20])
def test_many_conflicts_are_a_warning_those_of_the_test_split_among_them(more: bool, in_test: int) -> None:
    """Quarantined files left, flagged images of an official test split are among the kept."""
    num = round(CONFLICTS * 1000) + more
    lines = cautions(counts_of(kept=1000 - num + in_test, conflict=num - in_test, flagged=in_test))
    assert len(lines) == more
    assert not more or (lines[0].startswith(f"warning: {num} of 1000 files") and "mien pairs" in lines[0] and "min_agreement" in lines[0])


def test_a_small_share_is_not_said_to_be_none() -> None:
    (line,) = cautions(counts_of(kept=9999, near=1))
    assert "1 of 10000 files (0.01%)" in line
