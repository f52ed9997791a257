"""Laws of sanitising, over random tables: every fit file is kept or removed once, and an official test split stays whole."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mien.config.sections.labels import LabelParams
from mien.core.errors import LabelError
from mien.sanitise.labels import classify
from mien.sanitise.rules import Sanitised, image_rows, sanitise
from tests.random_tables import Tables

ALIASES = {"angry": ("anger",), "fear": ("fears",), "happy": ("happiness",), "surprise": ("suprise",)}
PARAMS = LabelParams(aliases=ALIASES)

TABLES = st.builds(
    Tables,
    st.integers(1, 90),
    seed=st.integers(0, 10**6),
    num_subjects=st.sampled_from([0, 10]),
    copies=st.sampled_from([0.0, 0.3, 0.7]),
    conflicts=st.sampled_from([0.0, 0.1]),
    unknown=st.sampled_from([0.0, 0.1]),
    unfit=st.sampled_from([0.0, 0.3]),
    test=st.sampled_from([0.3, 0.6]),
)
LABELS = st.builds(
    LabelParams,
    aliases=st.just(ALIASES),
    drop=st.sampled_from([(), ("fear",), ("fear", "happy")]),
    on_conflict=st.sampled_from(["quarantine", "majority"]),
    near_copies=st.sampled_from(["keep", "drop"]),
)


def run(tables: Tables, params: LabelParams, method: str) -> tuple[pd.DataFrame, Sanitised]:
    rows = image_rows(tables.files, tables.rejected, tables.duplicates, tables.sizes, params)
    return rows, sanitise(rows, params, method=method)  # type: ignore[arg-type]


@given(TABLES, LABELS)
@settings(max_examples=30)
def test_stratified_keeps_one_fit_image_per_group_or_picture_and_accounts_for_all(tables: Tables, params: LabelParams) -> None:
    """With near copies dropped one image per group stays, with near copies kept one per different `pixels`."""
    rows, result = run(tables, params, "stratified")
    fit = rows[rows["unfit"].isna()]
    assert sorted([*result.labels["path"], *result.removed["path"]]) == fit["path"].tolist()
    assert result.labels["sample_id"].is_unique and result.labels["flag"].isna().all()
    labels = result.labels.merge(rows[["path", "pixels"]], on="path")
    assert labels["group_id" if params.near_copies == "drop" else "pixels"].is_unique
    assert labels.groupby("group_id")["label"].nunique().le(1).all()
    assert result.num_near_copies == len(labels) - labels["group_id"].nunique()
    told = labels.merge(rows[["path", "scene_id"]], on="path", suffixes=("", "_of_file"))
    assert (told["scene_id"] == told["scene_id_of_file"]).all()
    assert set(result.labels["label"]) <= set(params.kept)
    kept_groups = set(result.labels["group_id"])
    of_path = fit.set_index("path")
    for row in result.removed.itertuples():
        if row.fate == "duplicate":
            survivor = row.detail.removeprefix("of ").split(", which")[0]
            assert of_path.at[survivor, "group_id"] == of_path.at[row.path, "group_id"]
            if params.near_copies == "keep" and "by majority" not in row.detail:
                assert of_path.at[survivor, "pixels"] == of_path.at[row.path, "pixels"] and row.reason in ("exact", "pixel")
        else:
            assert of_path.at[row.path, "group_id"] not in kept_groups or row.reason == "unknown_label"


@given(TABLES, LABELS)
@settings(max_examples=30)
def test_official_keeps_every_decodable_test_file_of_a_known_class(tables: Tables, params: LabelParams) -> None:
    rows = image_rows(tables.files, tables.rejected, tables.duplicates, tables.sizes, params)
    assume((rows["subset_raw"].eq("test") & _classes(rows, params).notna()).any())
    rows, result = run(tables, params, "official")
    test = rows[rows["subset_raw"] == "test"]
    kept = set(result.labels["path"])
    lost = result.removed[result.removed["path"].isin(test["path"])]
    assert set(test["path"]) == (kept & set(test["path"])) | set(lost["path"])
    assert (lost["reason"].isin(["unknown_label", *params.drop]) | lost["path"].map(_conflicting(rows, params))).all()
    fit_or_test = rows[rows["unfit"].isna() | (rows["subset_raw"] == "test")]
    assert sorted([*kept, *result.removed["path"]]) == fit_or_test["path"].tolist()
    labels = result.labels.merge(rows[["path", "unfit"]], on="path")
    in_test = labels["subset"] == "test"
    assert labels.loc[~in_test, "flag"].isna().all()
    own = labels[~in_test & ~labels["group_id"].isin(labels.loc[in_test, "group_id"])].merge(rows[["path", "pixels"]], on="path")
    assert own["group_id" if params.near_copies == "drop" else "pixels"].is_unique
    assert result.num_near_copies == len(own) - own["group_id"].nunique()
    for group, its in labels[in_test].groupby("group_id"):
        everyone = fit_or_test[fit_or_test["group_id"] == group]
        disputed = _classes(everyone, params).nunique() > 1
        first = its["path"].min()
        for row in its.itertuples():
            expected = "conflict" if disputed else row.unfit or ("duplicate" if row.path != first else None)
            assert row.flag == expected


@given(TABLES, LABELS, st.sampled_from(["stratified", "official"]))
@settings(max_examples=30)
def test_keeping_near_copies_changes_nothing_but_which_of_them_stay(tables: Tables, params: LabelParams, method: str) -> None:
    """Conflicts, unknown labels, dropped classes, the official test split and its leaks are as with near_copies: drop; copies come back."""
    try:
        rows, keep = run(tables, params.model_copy(update={"near_copies": "keep"}), method)
    except LabelError:
        return  # a set without test images cannot be official
    _, drop = run(tables, params.model_copy(update={"near_copies": "drop"}), method)
    assert keep.num_conflicts == drop.num_conflicts and keep.unknown == drop.unknown and drop.num_near_copies == 0
    others = [one.removed[~one.removed["fate"].isin(["duplicate", "dropped class"])].reset_index(drop=True) for one in (keep, drop)]
    pd.testing.assert_frame_equal(*others)
    back = keep.labels[~keep.labels["path"].isin(drop.labels["path"])]
    pd.testing.assert_frame_equal(keep.labels.drop(back.index).reset_index(drop=True), drop.labels)
    assert len(back) == keep.num_near_copies
    gone = drop.removed.set_index("path").loc[back["path"]]
    assert (gone["fate"] == "duplicate").all()
    if method == "official":
        assert (
            not back["subset"].eq("test").any()
            and not back["group_id"].isin(keep.labels.loc[keep.labels["subset"] == "test", "group_id"]).any()
        )
    shown = rows.set_index("path")["pixels"]
    kept = drop.labels.assign(pixels=shown.loc[drop.labels["path"]].to_numpy())
    assert not shown.loc[back["path"]].isin(kept.loc[~(kept["subset"].eq("test") & (method == "official")), "pixels"]).any()


def test_near_copies_under_one_label_stay_and_exact_ones_leave() -> None:
    tables = Tables(400, seed=9, copies=0.6, conflicts=0.0)
    rows, keep = run(tables, PARAMS.model_copy(update={"near_copies": "keep"}), "stratified")
    _, drop = run(tables, PARAMS.model_copy(update={"near_copies": "drop"}), "stratified")
    assert keep.num_near_copies > 40 and len(keep.labels) == len(drop.labels) + keep.num_near_copies
    assert set(keep.removed.loc[keep.removed["fate"] == "duplicate", "reason"]) == {"exact", "pixel"}
    assert set(drop.removed.loc[drop.removed["fate"] == "duplicate", "reason"]) == {"exact", "pixel", "near", "mirrored"}
    known = rows[rows["unfit"].isna() & _classes(rows, PARAMS).notna()]
    assert len(keep.labels) == known["pixels"].nunique()


def _classes(rows: pd.DataFrame, params: LabelParams) -> pd.Series:
    return classify(rows["label_raw"], params)


def _conflicting(rows: pd.DataFrame, params: LabelParams) -> dict[str, bool]:
    """Whether a file of a dropped class lies in a group under several labels."""
    label = _classes(rows, params)
    return {
        path: bool(several > 1) for path, several in zip(rows["path"], label.groupby(rows["group_id"]).transform("nunique"), strict=True)
    }


@given(TABLES, st.sampled_from(["stratified", "official"]), st.integers(0, 100))
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter(tables: Tables, method: str, seed: int) -> None:
    try:
        _, result = run(tables, PARAMS, method)
    except LabelError:
        return
    tables.files = tables.files.sample(frac=1, random_state=seed)
    tables.duplicates = tables.duplicates.sample(frac=1, random_state=seed)
    _, again = run(tables, PARAMS, method)
    pd.testing.assert_frame_equal(again.labels, result.labels)
    pd.testing.assert_frame_equal(again.removed, result.removed)


def test_unknown_labels_are_counted_and_refused_on_request() -> None:
    tables = Tables(300, seed=4, unknown=0.2)
    rows, result = run(tables, PARAMS, "stratified")
    spelt = Counter(rows.loc[rows["unfit"].isna(), "label_raw"])
    assert {it.spelling: it.num_files for it in result.unknown} == {name: spelt[name] for name in ("hapy", "contempt", None)}
    details = result.removed.loc[result.removed["reason"] == "unknown_label", "detail"]
    assert "'hapy' is no class and no alias; closest class: happy" in set(details)
    with pytest.raises(LabelError, match="hapy"):
        run(tables, LabelParams(aliases=ALIASES, on_unknown="refuse"), "stratified")


def test_a_set_without_test_folders_cannot_be_official() -> None:
    with pytest.raises(LabelError, match=r"split\.method: official"):
        run(Tables(100, test=0.0), PARAMS, "official")
