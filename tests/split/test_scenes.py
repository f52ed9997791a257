"""Scenes stay whole in a split, unless likeness has chained most of the set, or a class could not be spread otherwise."""

from collections import Counter
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mien.core.errors import LabelError
from mien.split.scenes import MOST, Bound, kept_together, split_scenes
from mien.split.stratified import assign
from tests.random_tables import sample_id

FRACTIONS = {"train": 0.7, "val": 0.15, "test": 0.15}
CLASSES = ("angry", "fear", "happy")


def rows_of(files: list[tuple[str, int, int]], subjects: list[str | None] | None = None) -> pd.DataFrame:
    """Rows from (label, scene, group within the scene)."""
    columns = {
        "path": [f"{at}.jpg" for at in range(len(files))],
        "sample_id": [sample_id(at) for at in range(len(files))],
        "label": [label for label, _, _ in files],
        "scene_id": [sample_id(("scene", scene)) for _, scene, _ in files],
        "group_id": [sample_id(("group", scene, group)) for _, scene, group in files],
        "subject": subjects or [None] * len(files),
    }
    return pd.DataFrame(columns).astype(object)


def run(rows: pd.DataFrame, *, kept: bool = True, classes: tuple[str, ...] = CLASSES, seed: int = 0) -> Bound:
    return split_scenes(rows, kept=kept, split=partial(assign, fractions=FRACTIONS, classes=classes, seed=seed))


def parted(bound: Bound, column: str, rows: pd.DataFrame) -> int:
    """How many values of a column of `rows` lie in several splits."""
    return int((bound.rows["split"].groupby(rows[column]).nunique() > 1).sum())


ROWS = st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(0, 30), st.integers(0, 3)), min_size=30, max_size=120).map(rows_of)


@given(ROWS, st.booleans(), st.integers(0, 5))
@settings(max_examples=60)
def test_what_is_said_to_be_kept_together_is(rows: pd.DataFrame, kept: bool, seed: int) -> None:
    """Neither pictures nor scenes are parted, but for scenes that are let go; nothing but scene_id and split changes."""
    assume(all(rows.loc[rows["label"] == name, "group_id"].nunique() >= 3 for name in CLASSES))
    try:
        bound = run(rows, kept=kept, seed=seed)
    except LabelError:
        with pytest.raises(LabelError):
            run(rows, kept=False, seed=seed)
        return
    assert parted(bound, "group_id", rows) == 0 and parted(bound, "scene_id", bound.rows) == 0
    if kept and not bound.let_go:
        assert parted(bound, "scene_id", rows) == 0
    same = rows.columns.drop("scene_id")
    pd.testing.assert_frame_equal(bound.rows[same], rows[same])
    changed = bound.rows["scene_id"] != rows["scene_id"]
    assert (bound.rows.loc[changed, "scene_id"] == rows.loc[changed, "group_id"]).all()
    shuffled = run(rows.sample(frac=1, random_state=seed), kept=kept, seed=seed)
    assert shuffled.let_go == bound.let_go and shuffled.rows["split"].reindex(rows.index).equals(bound.rows["split"])


def test_scenes_are_kept_together_on_request_only() -> None:
    rows = rows_of([(CLASSES[at % 3], at // 4, at % 4) for at in range(240)])
    scene, picture = run(rows), run(rows, kept=False)
    assert scene.let_go == picture.let_go == []
    assert parted(scene, "scene_id", rows) == 0 and scene.rows["scene_id"].equals(rows["scene_id"])
    assert parted(picture, "scene_id", rows) > 20 and parted(picture, "group_id", rows) == 0
    assert picture.rows["scene_id"].equals(rows["group_id"].rename("scene_id")), "what is not kept together is no scene afterwards"


def test_a_scene_of_more_than_half_of_the_images_is_let_go() -> None:
    files = [(CLASSES[at % 3], 0, at) for at in range(61)] + [(CLASSES[at % 3], 1 + at // 4, at % 4) for at in range(60)]
    rows = rows_of(files)
    bound = run(rows)
    assert bound.let_go == [61] and set(bound.rows["split"]) == set(FRACTIONS)
    chained = rows["scene_id"] == sample_id(("scene", 0))
    assert set(bound.rows.loc[chained, "split"]) == set(FRACTIONS)
    assert parted(bound, "scene_id", rows[~chained].assign(split=bound.rows["split"])) == 0, "the other scenes stay whole"
    for name in CLASSES:
        its = bound.rows.loc[rows["label"] == name, "split"]
        assert all(abs((its == part).sum() - fraction * len(its)) <= 4 for part, fraction in FRACTIONS.items())


def test_half_of_the_images_is_not_more_than_half() -> None:
    assert MOST == 0.5
    rows = rows_of([("happy", 0, at) for at in range(20)] + [("happy", 1 + at, 0) for at in range(20)])
    bound = run(rows, classes=("happy",))
    assert bound.let_go == [] and parted(bound, "scene_id", rows) == 0


def test_many_copies_of_one_picture_are_no_scene_to_let_go() -> None:
    rows = rows_of([("happy", 0, 0)] * 40 + [("happy", 1 + at, 0) for at in range(20)])
    bound = run(rows, classes=("happy",))
    assert bound.let_go == [] and parted(bound, "group_id", rows) == 0


def test_all_scenes_are_let_go_where_a_class_could_not_be_spread_otherwise() -> None:
    """All of fear lies in two scenes, three splits need one each."""
    files = [("fear", at % 2, at) for at in range(12)] + [(name, 10 + at // 3, at % 3) for at, name in enumerate(("happy", "angry") * 45)]
    rows = rows_of(files)
    bound = run(rows)
    assert bound.let_go == [6, 6, *[3] * 30]
    assert set(bound.rows.loc[rows["label"] == "fear", "split"]) == set(FRACTIONS) and parted(bound, "group_id", rows) == 0
    assert bound.rows["scene_id"].equals(rows["group_id"].rename("scene_id"))


@pytest.mark.parametrize(
    ("fear", "subjects", "words"),
    [
        ([("fear", 50, 0)] * 5, None, "only 1 subject, scene or duplicate group"),
        ([("fear", 50, 0), ("fear", 51, 0)], None, "fear has 2 images; at least 3"),
        ([("fear", 50 + at % 4, at) for at in range(8)], ["one"] * 8, "only 1 subject"),
    ],
    ids=["copies", "too few", "one person"],
)
@pytest.mark.parametrize("kept", [True, False])
def test_the_error_stays_where_scenes_are_not_the_cause(
    fear: list[tuple[str, int, int]], subjects: list[str | None] | None, words: str, kept: bool
) -> None:
    others = [(name, 100 + at // 3, at % 3) for at, name in enumerate(("happy", "angry") * 45)]
    rows = rows_of(fear + others, [*(subjects or [None] * len(fear)), *[None] * len(others)])
    with pytest.raises(LabelError) as caught:
        run(rows, kept=kept)
    assert words in str(caught.value) and "labels.drop" in str(caught.value)


def test_subjects_stay_whole_when_scenes_are_let_go() -> None:
    files = [(CLASSES[at % 3], 0, at) for at in range(90)] + [(CLASSES[at % 3], 1 + at, 0) for at in range(30)]
    rows = rows_of(files, [f"s{at // 5}" for at in range(120)])
    bound = run(rows)
    assert bound.let_go == [90] and parted(bound, "subject", rows) == 0


def test_what_keeps_images_together_is_counted_by_relation() -> None:
    files = [("happy", 0, 0), ("happy", 0, 0), ("happy", 0, 1), ("sad", 1, 0), ("sad", 2, 0), ("sad", 2, 0), ("sad", 3, 0)]
    rows = rows_of(files, [None, None, None, "a", "a", None, "b"])
    assert kept_together(rows) == {"picture": 4, "scene": 3, "subject": 2}


@given(ROWS)
@settings(max_examples=30)
def test_the_counts_are_those_of_a_plain_comparison(rows: pd.DataFrame) -> None:
    rows["subject"] = np.where(np.arange(len(rows)) % 3 == 0, None, rows["label"])
    together = Counter[str]()
    for one in rows.itertuples():
        others = [other for other in rows.itertuples() if other.path != one.path]
        together["picture"] += any(other.group_id == one.group_id for other in others)
        together["scene"] += any(other.scene_id == one.scene_id and other.group_id != one.group_id for other in others)
        together["subject"] += one.subject is not None and any(other.subject == one.subject for other in others)
    assert kept_together(rows) == dict(together)
