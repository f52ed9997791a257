"""One survivor per duplicate group, or per different picture of it."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.sanitise.survivors import conflicts, majority, one_per_group


def rows_of(files: list[tuple[str, str, int, int, str | None]]) -> pd.DataFrame:
    """Rows from (group and what the file shows, label, num_pixels, size_bytes, subject), paths in their order: a, a and a1 are one
    group.
    """
    rows = pd.DataFrame(files, columns=["pixels", "label", "num_pixels", "size_bytes", "subject"])
    rows["group_id"] = rows["pixels"].str[0]
    rows["kind"] = rows["pixels"].duplicated(keep=False).map({True: "pixel", False: "near"})
    return rows.assign(path=[f"{at:03d}.jpg" for at in range(len(rows))], sample_id=[f"{at:064x}" for at in range(len(rows))])


FILES = st.lists(
    st.tuples(
        st.sampled_from(["a", "a1", "a2", "b", "b1", "c", "c1", "d", "e"]),
        st.sampled_from(["happy", "sad", "fear"]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from([None, "s1"]),
    ),
    min_size=1,
    max_size=30,
).map(rows_of)


@given(FILES, st.sampled_from(["quarantine", "majority"]), st.sampled_from(["keep", "drop"]), st.randoms(use_true_random=False))
def test_every_file_survives_or_leaves_and_groups_agree(rows: pd.DataFrame, on_conflict: str, near_copies: str, random: object) -> None:
    """Of each group that agrees one file survives, or with near copies kept one of each picture: the best that bears the label."""
    how = {"on_conflict": on_conflict, "near_copies": near_copies}
    reduced = one_per_group(rows, **how)  # type: ignore[arg-type]
    assert sorted([*reduced.survivors["path"], *reduced.removed["path"]]) == sorted(rows["path"])
    key = "group_id" if near_copies == "drop" else "pixels"
    assert reduced.survivors[key].is_unique
    for group, its in rows.groupby("group_id"):
        votes = Counter(its["label"])
        label, num = votes.most_common(1)[0]
        survivors = reduced.survivors[reduced.survivors["group_id"] == group]
        if len(votes) == 1 or (on_conflict == "majority" and num > len(its) / 2):
            assert set(survivors["label"]) == {label}
            agreed = its[its["label"] == label]
            assert sorted(survivors[key]) == sorted(set(agreed[key]))
            for survivor in survivors.itertuples():
                copies = agreed[agreed[key] == getattr(survivor, key)]
                assert (survivor.num_pixels, survivor.size_bytes) == max(zip(copies["num_pixels"], copies["size_bytes"], strict=True))
                assert (survivor.subject is None) == its["subject"].isna().all()
        else:
            assert survivors.empty and set(reduced.removed.loc[reduced.removed["group_id"] == group, "fate"]) == {"quarantined"}
    shuffled = one_per_group(rows.sample(frac=1, random_state=random.randrange(1000)), **how)  # type: ignore[attr-defined, arg-type]
    assert sorted(shuffled.survivors["path"]) == sorted(reduced.survivors["path"])


@given(FILES, st.sampled_from(["quarantine", "majority"]))
def test_keeping_near_copies_adds_survivors_and_quarantines_the_same(rows: pd.DataFrame, on_conflict: str) -> None:
    keep, drop = (one_per_group(rows, on_conflict=on_conflict, near_copies=near_copies) for near_copies in ("keep", "drop"))  # type: ignore[arg-type]
    assert set(drop.survivors["path"]) <= set(keep.survivors["path"]), "the best of a group is the best of its picture"
    assert set(keep.survivors["group_id"]) == set(drop.survivors["group_id"])
    quarantined, others = (one.removed[one.removed["fate"] == "quarantined"].sort_values("path") for one in (keep, drop))
    pd.testing.assert_frame_equal(quarantined, others)
    left = keep.removed[(keep.removed["fate"] == "duplicate") & ~keep.removed["detail"].str.contains("majority")]
    shown = keep.survivors.set_index("path")["pixels"]
    assert (left["detail"].str.removeprefix("of ").map(shown) == left["pixels"]).all(), "only copies of the same pixels leave"
    assert set(left["reason"]) <= {"pixel"}


def test_the_reason_names_the_survivor_or_the_disagreement() -> None:
    rows = rows_of([("a", "sad", 9, 9, None), ("a1", "sad", 1, 1, None), ("a2", "fear", 5, 5, None), ("b", "sad", 1, 1, None)])
    quarantined = one_per_group(rows, on_conflict="quarantine", near_copies="drop").removed
    assert set(quarantined["detail"]) == {"one picture under 2 labels: sad (2 files), fear (1 file)"}
    decided = one_per_group(rows, on_conflict="majority", near_copies="drop").removed.set_index("path")
    assert decided["detail"].to_dict() == {"001.jpg": "of 000.jpg", "002.jpg": "of 000.jpg, which is sad by majority"}
    decided = one_per_group(rows, on_conflict="majority", near_copies="keep").removed.set_index("path")
    assert decided["detail"].to_dict() == {"002.jpg": "of 000.jpg, which is sad by majority"}


def test_a_copy_of_the_same_pixels_is_told_the_one_that_shows_them() -> None:
    rows = rows_of([("a", "sad", 9, 9, None), ("a1", "sad", 5, 5, None), ("a1", "sad", 5, 1, None), ("a1", "sad", 5, 5, None)])
    details = {
        near_copies: one_per_group(rows, on_conflict="quarantine", near_copies=near_copies).removed.set_index("path")["detail"].to_dict()  # type: ignore[arg-type]
        for near_copies in ("keep", "drop")
    }
    assert details["keep"] == {"002.jpg": "of 001.jpg", "003.jpg": "of 001.jpg"}
    assert details["drop"] == dict.fromkeys(("001.jpg", "002.jpg", "003.jpg"), "of 000.jpg")


def test_conflicts_are_groups_under_several_labels() -> None:
    rows = rows_of([("a", "sad", 1, 1, None), ("a", "fear", 1, 1, None), ("b", "sad", 1, 1, None), ("b", "sad", 1, 1, None)])
    assert conflicts(rows) == {"a": Counter({"fear": 1, "sad": 1})}


@pytest.mark.parametrize(("votes", "label"), [({"a": 2, "b": 1}, "a"), ({"a": 1, "b": 1}, None), ({"a": 2, "b": 1, "c": 1}, None)])
def test_a_majority_is_more_than_half(votes: dict[str, int], label: str | None) -> None:
    assert majority(Counter(votes)) == label
