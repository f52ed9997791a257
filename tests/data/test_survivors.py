"""One survivor per duplicate group."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.data.survivors import conflicts, majority, one_per_group


def rows_of(files: list[tuple[str, str, int, int, str | None]]) -> pd.DataFrame:
    """Rows from (group, label, num_pixels, size_bytes, subject), paths in their order."""
    rows = pd.DataFrame(files, columns=["group_id", "label", "num_pixels", "size_bytes", "subject"])
    return rows.assign(path=[f"{at:03d}.jpg" for at in range(len(rows))], sample_id=[f"{at:064x}" for at in range(len(rows))], kind="near")


FILES = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.sampled_from(["happy", "sad", "fear"]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from([None, "s1"]),
    ),
    min_size=1,
    max_size=30,
).map(rows_of)


@given(FILES, st.sampled_from(["quarantine", "majority"]), st.randoms(use_true_random=False))
def test_every_file_survives_or_leaves_and_groups_agree(rows: pd.DataFrame, on_conflict: str, random: object) -> None:
    reduced = one_per_group(rows, on_conflict=on_conflict)
    assert sorted([*reduced.survivors["path"], *reduced.removed["path"]]) == sorted(rows["path"])
    assert reduced.survivors["group_id"].is_unique
    for group, its in rows.groupby("group_id"):
        votes = Counter(its["label"])
        label, num = votes.most_common(1)[0]
        survivor = reduced.survivors[reduced.survivors["group_id"] == group]
        if len(votes) == 1 or (on_conflict == "majority" and num > len(its) / 2):
            assert survivor["label"].tolist() == [label]
            best = max((row.num_pixels, row.size_bytes) for row in its.itertuples() if row.label == label)
            assert (survivor["num_pixels"].item(), survivor["size_bytes"].item()) == best
            assert (survivor["subject"].item() is None) == its["subject"].isna().all()
        else:
            assert survivor.empty and set(reduced.removed.loc[reduced.removed["group_id"] == group, "fate"]) == {"quarantined"}
    shuffled = one_per_group(rows.sample(frac=1, random_state=random.randrange(1000)), on_conflict=on_conflict)  # type: ignore[attr-defined]
    assert sorted(shuffled.survivors["path"]) == sorted(reduced.survivors["path"])


def test_the_reason_names_the_survivor_or_the_disagreement() -> None:
    rows = rows_of([("a", "sad", 9, 9, None), ("a", "sad", 1, 1, None), ("a", "fear", 5, 5, None), ("b", "sad", 1, 1, None)])
    quarantined = one_per_group(rows, on_conflict="quarantine").removed
    assert set(quarantined["detail"]) == {"one picture under 2 labels: sad (2 files), fear (1 file)"}
    decided = one_per_group(rows, on_conflict="majority").removed.set_index("path")
    assert decided["detail"].to_dict() == {"001.jpg": "of 000.jpg", "002.jpg": "of 000.jpg, which is sad by majority"}


def test_conflicts_are_groups_under_several_labels() -> None:
    rows = rows_of([("a", "sad", 1, 1, None), ("a", "fear", 1, 1, None), ("b", "sad", 1, 1, None), ("b", "sad", 1, 1, None)])
    assert conflicts(rows) == {"a": Counter({"fear": 1, "sad": 1})}


@pytest.mark.parametrize(("votes", "label"), [({"a": 2, "b": 1}, "a"), ({"a": 1, "b": 1}, None), ({"a": 2, "b": 1, "c": 1}, None)])
def test_a_majority_is_more_than_half(votes: dict[str, int], label: str | None) -> None:
    assert majority(Counter(votes)) == label
