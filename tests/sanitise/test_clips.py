"""Clips survive as wholes, have one vote, and keep each different frame."""

import pandas as pd
import pytest

from mien.sanitise import official
from mien.sanitise.survivors import Reduced, one_per_group


def frames(*rows: tuple[str | None, str, str], group: str = "g", kind: str | None = "exact") -> pd.DataFrame:
    """Rows from (clip, what the frame shows, label), in the order of their paths; all of one size and one group."""
    found = pd.DataFrame(rows, columns=["clip", "pixels", "label"])
    return found.assign(
        path=[f"{at:03d}.png" for at in range(len(found))], sample_id=found["pixels"], group_id=group, kind=kind, num_pixels=100,
        size_bytes=10, subject=None, unfit=None,
    )  # fmt: skip


def reduced(rows: pd.DataFrame, *, on_conflict: str = "quarantine", near_copies: str = "keep") -> Reduced:
    found = one_per_group(rows, on_conflict=on_conflict, near_copies=near_copies)  # type: ignore[arg-type]
    assert sorted([*found.survivors["path"], *found.removed["path"]]) == sorted(rows["path"])
    return found


SHORT = [("short", "p", "happy"), ("short", "q", "happy")]
LONG = [("long", name, "happy") for name in "pqrs"]


def test_near_frames_of_one_clip_all_stay() -> None:
    for near_copies in ("keep", "drop"):
        assert len(reduced(frames(*LONG, kind=None), near_copies=near_copies).removed) == 0


@pytest.mark.parametrize("rows", [SHORT + LONG, LONG + SHORT])
def test_of_two_cuts_of_one_recording_the_longer_one_survives_whole(rows: list[tuple[str, str, str]]) -> None:
    found = reduced(frames(*rows))
    assert set(found.survivors["clip"]) == {"long"} and len(found.survivors) == 4
    assert found.removed["reason"].tolist() == ["exact", "exact"]
    first = found.survivors.set_index("pixels")["path"]
    assert found.removed["detail"].tolist() == [f"of {first['p']}", f"of {first['q']}"]


def test_a_frame_of_its_own_survives_beside_a_longer_clip_unless_near_copies_are_dropped() -> None:
    rows = frames(*LONG, *SHORT, ("short", "x", "happy"))
    assert reduced(rows).survivors["pixels"].tolist() == ["p", "q", "r", "s", "x"]
    dropped = reduced(rows.assign(kind=rows["kind"].where(rows["pixels"] != "x", None)), near_copies="drop")
    assert set(dropped.survivors["clip"]) == {"long"}
    assert dropped.removed.set_index("pixels")["reason"].to_dict() == {"p": "exact", "q": "exact", "x": "clip"}


def test_a_repeated_frame_of_a_clip_is_kept_once() -> None:
    """A recording that stands still: the content would otherwise be twice in training."""
    rows = frames(("a", "p", "sad"), ("a", "p", "sad"), ("a", "q", "sad"), kind=None)
    found = reduced(rows)
    assert found.survivors["path"].tolist() == ["000.png", "002.png"]
    assert found.removed[["reason", "detail"]].to_numpy().tolist() == [["exact", "of 000.png"]]


def test_each_clip_has_one_vote_however_long_it_is() -> None:
    rows = frames(*[("a", f"a{at}", "happy") for at in range(9)], ("b", "b0", "sad"), ("b", "b1", "sad"), ("c", "c0", "sad"))
    assert set(reduced(rows, on_conflict="majority").survivors["clip"]) == {"b", "c"}
    quarantined = reduced(rows).removed
    assert len(quarantined) == 12 and set(quarantined["reason"]) == {"conflict"}
    assert quarantined["detail"].iloc[0] == "one picture under 2 labels: sad (2 files), happy (1 file)"


def test_a_clip_whose_frames_were_corrected_apart_is_a_conflict() -> None:
    rows = frames(("a", "p", "happy"), ("a", "q", "sad"), ("a", "r", "sad"), kind=None)
    for on_conflict in ("quarantine", "majority"):  # one clip has one vote for each label, so there is no majority
        assert set(reduced(rows, on_conflict=on_conflict).removed["reason"]) == {"conflict"}


def test_in_an_official_test_split_the_frames_of_the_first_clip_are_clean() -> None:
    test = frames(*SHORT, *LONG, (None, "z", "happy"))
    flags = official.flags(test.sample(frac=1, random_state=1), test).reindex(test.index)
    assert flags.tolist() == [None, None, *["duplicate"] * 5]
