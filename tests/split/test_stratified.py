"""Splits: nothing parted, within one group, the same for any order of rows."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mien.config.params import Params
from mien.core.errors import LabelError
from mien.split.splitting import split_by_method
from mien.split.stratified import assign
from mien.split.units import units
from tests.random_tables import sample_id

FRACTIONS = {"train": 0.7, "val": 0.15, "test": 0.15}
CLASSES = ("angry", "fear", "happy")


def rows_of(files: list[tuple[str, int, int | None]], groups_of_scene: int = 1) -> pd.DataFrame:
    """Rows from (label, group, subject), with so many groups that follow one another in each scene."""
    ids = [sample_id(at) for at in range(len(files))]
    columns = {
        "path": [f"{at}.jpg" for at in range(len(files))],
        "sample_id": ids,
        "label": [label for label, _, _ in files],
        "group_id": [sample_id(("group", group)) for _, group, _ in files],
        "scene_id": [sample_id(("scene", group // groups_of_scene)) for _, group, _ in files],
        "subject": [None if subject is None else f"s{subject}" for _, _, subject in files],
    }
    return pd.DataFrame(columns).astype(object)


ROWS = st.builds(
    rows_of,
    st.lists(
        st.tuples(st.sampled_from(CLASSES), st.integers(0, 40), st.none() | st.integers(0, 15)),
        min_size=1,
        max_size=120,
    ),
    st.integers(1, 5),
)


def connected(rows: pd.DataFrame) -> list[set[int]]:
    """The units by repeated merging: an independent, slow way."""
    merged: list[set[int]] = [{at} for at in range(len(rows))]
    for column in ("group_id", "scene_id", "subject"):
        for _, its in rows.reset_index(drop=True).groupby(column):
            touched = [part for part in merged if part & set(its.index)]
            merged = [part for part in merged if not part & set(its.index)] + [set().union(*touched)]
    return merged


@given(ROWS)
def test_units_are_the_connected_parts(rows: pd.DataFrame) -> None:
    unit = units(rows)
    by_name = [set(its.index) for _, its in rows.groupby(unit)]
    assert sorted(map(sorted, by_name)) == sorted(map(sorted, connected(rows)))
    assert all(name == min(rows.loc[unit == name, "sample_id"]) for name in set(unit))


@given(ROWS, st.integers(0, 5))
def test_no_group_scene_or_subject_is_parted_whatever_the_order(rows: pd.DataFrame, seed: int) -> None:
    classes = [name for name in CLASSES if units(rows)[rows["label"] == name].nunique() >= 3]
    rows = rows[rows["label"].isin(classes)]
    assume(classes)
    try:
        found = assign(rows, FRACTIONS, classes=classes, seed=seed)
    except LabelError:
        return  # checked below: only where a class would be missing
    assert set(found) <= set(FRACTIONS)
    for column in ("group_id", "scene_id", "subject"):
        assert (found.groupby(rows[column]).nunique() <= 1).all()
    for name in classes:
        assert set(found[rows["label"] == name]) == set(FRACTIONS)
    shuffled = rows.sample(frac=1, random_state=seed)
    assert assign(shuffled, FRACTIONS, classes=classes, seed=seed).reindex(rows.index).equals(found)


@given(st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(0, 10**6)), min_size=60, max_size=300), st.integers(0, 5))
def test_classes_are_exact_to_within_one_group(files: list[tuple[str, int]], seed: int) -> None:
    rows = rows_of([(label, group % 80 + 100 * CLASSES.index(label), None) for label, group in files])
    rows = rows[rows.groupby("label")["group_id"].transform("nunique") >= 10]
    classes = sorted(set(rows["label"]))
    assume(classes)
    found = assign(rows, FRACTIONS, classes=classes, seed=seed)
    for name in classes:
        its = rows["label"] == name
        largest = rows[its].groupby("group_id").size().max()
        for part, fraction in FRACTIONS.items():
            assert abs((found[its] == part).sum() - fraction * its.sum()) <= largest


def test_the_seed_chooses_and_a_new_image_moves_few() -> None:
    rows = rows_of([(CLASSES[at % 3], at, None) for at in range(600)])
    first, second = (assign(rows, FRACTIONS, classes=CLASSES, seed=seed) for seed in (1, 2))
    assert Counter(first) == Counter(second) and (first != second).mean() > 0.3
    fewer = assign(rows.iloc[:-1], FRACTIONS, classes=CLASSES, seed=1)
    assert (fewer != first.iloc[:-1]).sum() <= 4


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("fear", 1, None), ("fear", 2, None)], "fear has 2 images; at least 3 are needed for train, val, test"),
        ([("fear", at, 1) for at in range(9)], "fear has 9 images but only 1 subject, scene or duplicate group; at least 3"),
        ([("fear", at % 2, None) for at in range(9)], "fear has 9 images but only 2 subjects, scenes or duplicate groups; at least 3"),
        ([], "fear has 0 images; at least 3"),
    ],
)
def test_too_few_of_a_class_is_an_error_with_class_and_count(files: list[tuple[str, int, int | None]], message: str) -> None:
    rows = rows_of([("happy", 100 + at, None) for at in range(20)] + files)
    with pytest.raises(LabelError) as caught:
        assign(rows, FRACTIONS, classes=("happy", "fear"), seed=0)
    assert message in str(caught.value) and "labels.drop" in str(caught.value) and "happy" not in str(caught.value)


def test_a_class_bound_to_others_so_that_it_cannot_be_spread_is_an_error() -> None:
    """Three subjects, each with all of two classes, can be spread; a fourth class on two of them cannot."""
    rows = rows_of([(name, 10 * at + subject, subject) for subject in range(3) for at, name in enumerate(CLASSES)])
    assert Counter(assign(rows, FRACTIONS, classes=CLASSES, seed=0)) == {"train": 3, "val": 3, "test": 3}


def params_of(**split_params: object) -> Params:
    model = {"backbone": "resnet50", "weights": "none", "attention": "none", "head": "linear", "loss": "cross_entropy"}
    return Params.model_validate({"models": {"m": model}, "split": split_params, "labels": {"classes": list(CLASSES)}})


def test_official_keeps_the_test_split_and_takes_validation_from_the_rest() -> None:
    rows = rows_of([(CLASSES[at % 3], at, at % 50) for at in range(400)])
    rows["subset"] = ["test" if at % 4 == 0 else ["train", "val", None][at % 3] for at in range(400)]
    found = split_by_method(rows, params_of(method="official"))
    assert ((found == "test") == (rows["subset"] == "test")).all()
    training = found[found != "test"]
    assert (training.groupby(rows["subject"]).nunique() <= 1).all()
    assert abs((training == "val").sum() - 0.15 * len(training)) <= 12


def test_official_without_test_files_or_class_names_the_remedy() -> None:
    rows = rows_of([(CLASSES[at % 3], at, None) for at in range(60)]).assign(subset="train")
    with pytest.raises(LabelError, match=r"split\.method: official needs.*set split\.method: stratified"):
        split_by_method(rows, params_of(method="official"))
    rows.loc[rows["label"] == "happy", "subset"] = "test"
    with pytest.raises(
        LabelError, match=r"0 images of angry\n.*0 images of fear\nadd images, .*labels\.drop, or set split\.method: stratified"
    ):
        split_by_method(rows, params_of(method="official"))
