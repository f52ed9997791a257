"""The conditions that the data must meet before any training, as suites of expectations about the tables.

An expectation has a description in words, which reports quote, and its name in Great Expectations (mien/validate/expectations.py runs
them). A condition on several rows or tables is first computed as an extra column, so that a report can name the rows that break it.
"""

from collections import Counter

import pandas as pd

from mien.config.params import Params
from mien.core.errors import LabelError
from mien.sanitise import official
from mien.sanitise.votes import NO_MAJORITY
from mien.split.thinning import thinned_counts
from mien.store.clips import with_clips
from mien.store.tables import FATE_NAMES, SPLIT_NAMES
from mien.validate.statements import Expectation, Suite, between, given, matches, missing, one_of, typed, unique

_SHA256 = "^[0-9a-f]{64}$"


def suites(files: pd.DataFrame, labels: pd.DataFrame, splits: pd.DataFrame, fates: pd.DataFrame, params: Params) -> list[Suite]:
    """The suites over data/raw/files, data/labels, data/splits, the class shares of the splits, and data/fates."""
    files = with_clips(files)
    clip = files.set_index("path")["clip"].to_dict()
    labels, splits = (rows.assign(clip=rows["path"].map(clip)) for rows in (labels, splits))
    return [
        _files(files),
        _labels(labels, files, params),
        _splits(splits, params),
        _shares(splits, labels, fates, params),
        _fates(fates, files, splits),
    ]


def _paths() -> list[Expectation]:
    return [
        given("every row names a path", "path"),
        typed("every path is text", "path", "str"),
        unique("no path occurs twice", "path"),
    ]


def _files(files: pd.DataFrame) -> Suite:
    accounted = files["sample_id"].notna() | files["ignored"].notna() | files["error"].notna()
    return Suite(
        "files",
        files.drop(columns=["metadata", "votes", "clip", "frame"]).assign(
            size_bytes=files["size_bytes"].astype("float64"), accounted=accounted
        ),
        ["path"],
        [
            Expectation("there is at least one file", "expect_table_row_count_to_be_between", {"min_value": 1}, "Check ingest.source."),
            *_paths(),
            matches("every sample_id is a SHA-256 in hexadecimal", "sample_id", _SHA256),
            one_of("every subset is train, val, test or missing", "subset_raw", SPLIT_NAMES),
            between("no size is negative", "size_bytes", 0, None),
            one_of("every file was read, is ignored, or has an error", "accounted", [True]),
        ],
    )


def _labels(labels: pd.DataFrame, files: pd.DataFrame, params: Params) -> Suite:
    classes = params.labels.kept
    is_official, keeps_copies = params.split.method == "official", params.labels.near_copies == "keep"
    found = files.set_index("path")["sample_id"].to_dict()
    from_files = [found.get(path, "") == sample_id for path, sample_id in zip(labels["path"], labels["sample_id"], strict=True)]
    test = official.is_test(labels["subset"]) & is_official
    faults = _without(labels["flag"], ~test & (labels["flag"] == NO_MAJORITY))  # images that can only be trained on have no fault
    return Suite(
        "labels",
        labels.drop(columns="clip").assign(
            from_files=from_files, flag=faults, training_flag=_without(faults, test), survivor=_firsts(labels)
        ),
        ["path"],
        [
            *_paths(),
            given("every image has a sample_id", "sample_id"),
            matches("every sample_id is a SHA-256 in hexadecimal", "sample_id", _SHA256),
            one_of("every labelled image is a file that was found, with the same content", "from_files", [True]),
            given("every image has a label", "label"),
            one_of(f"every label is one of {', '.join(classes)}", "label", classes),
            one_of("every subset is train, val, test or missing", "subset", SPLIT_NAMES),
            given("every image belongs to a duplicate group, if only its own", "group_id"),
            missing("only images of an official test split are flagged", "training_flag"),
            one_of(f"every flag is one of {', '.join(official.FLAGS)}", "flag", official.FLAGS),
            *([] if is_official or keeps_copies else [unique("no duplicate group has two survivors", "survivor")]),
        ],
    )


def _splits(splits: pd.DataFrame, params: Params) -> Suite:
    classes = params.labels.kept
    test = splits["split"] == "test"
    is_official, keeps_copies = params.split.method == "official", params.labels.near_copies == "keep"
    # Official splits are used as given: they may share people and scenes with the training split, which `split` counts, and hold copies.
    as_given = test & is_official | (splits["split"] == "val") & (params.split.val == "official")
    bound = {name: _without(splits[name], as_given) for name in ("scene_id", "subject")}
    own = {"training_sample_id": splits["sample_id"], "training_group_id": _firsts(splits)}
    table = splits.drop(columns="clip").assign(
        splits_of_content=_num_splits(splits["sample_id"], splits["split"]),
        splits_of_group=_num_splits(splits["group_id"], splits["split"]),
        splits_of_scene=_num_splits(bound["scene_id"], splits["split"]),
        splits_of_subject=_num_splits(bound["subject"], splits["split"]),
        training_flag=_without(splits["flag"], test),
        **{name: _without(values, test | as_given) for name, values in own.items()},
    )
    return Suite(
        "splits",
        table,
        ["path"],
        [
            *_paths(),
            given("every image has a sample_id", "sample_id"),
            given("every image has a label", "label"),
            one_of(f"every label is one of {', '.join(classes)}", "label", classes),
            given("every image has a split", "split"),
            one_of("every split is train, val or test", "split", SPLIT_NAMES),
            given("every image belongs to a duplicate group, if only its own", "group_id"),
            unique("no content occurs twice in training and validation", "training_sample_id"),
            *([] if keeps_copies else [unique("no picture occurs twice in training and validation", "training_group_id")]),
            between("no content lies in two splits", "splits_of_content", 1, 1),
            between("no duplicate group lies in two splits", "splits_of_group", 1, 1),
            between("no scene that is kept together lies in two splits", "splits_of_scene", 1, 1),
            between("no subject lies in two splits", "splits_of_subject", 1, 1),
            missing("only images of the test split are flagged", "training_flag"),
            one_of(f"every flag is one of {', '.join(official.FLAGS)}", "flag", official.FLAGS),
        ],
    )


def _firsts(rows: pd.DataFrame) -> pd.Series:
    """The group_id of each row; missing for all frames of a clip but the first, because a clip survives with all its frames."""
    return _without(rows["group_id"], rows["clip"].notna() & rows.duplicated(["group_id", "clip"]))


def _without(values: pd.Series, rows: pd.Series) -> pd.Series:
    """The values, set to missing where `rows` is true, because expectations ignore missing values."""
    return values.astype(object).where(~rows, None)


def _num_splits(name: pd.Series, split: pd.Series) -> pd.Series:
    """The number of splits that contain the group, subject or content of each row; missing where the row has no name."""
    return name.map(split.groupby(name).nunique()).astype("float64")


def _shares(splits: pd.DataFrame, labels: pd.DataFrame, fates: pd.DataFrame, params: Params) -> Suite:
    """One row per split and class: num_images, share, and the distance of the share from that in all compared splits together.

    Shares are those before thinning, which changes them on purpose; the number of training images after thinning is checked exactly.
    """
    tolerance, classes = params.validate_.share_tolerance, list(params.labels.kept)
    as_given = {"test": params.split.method == "official", "val": params.split.val == "official"}
    compared = [name for name in SPLIT_NAMES if not as_given.get(name)]
    is_thinned = params.split.imbalance_factor > 1 or params.split.max_train > 0
    left = Counter(zip(splits["split"], splits["label"], strict=True))
    num = left + (_thinned(labels, fates) if is_thinned else Counter())
    size = {split: sum(num[split, name] for name in classes) for split in SPLIT_NAMES}
    size_compared = max(sum(size[split] for split in compared), 1)
    rows = []
    for split in SPLIT_NAMES:
        for name in classes:
            share = num[split, name] / max(size[split], 1)
            overall = sum(num[other, name] for other in compared) / size_compared
            rows.append((split, name, left[split, name], share, abs(share - overall) if split in compared else None))
    table = pd.DataFrame(rows, columns=["split", "label", "num_images", "share", "distance"])
    listed = " and ".join(compared) if len(compared) == 2 else "every split"
    expectations = [
        between("every split holds every class", "num_images", 1, None, "Add images of the class, or drop the class with labels.drop."),
    ]
    if len(compared) > 1:
        expectations.append(
            between(
                f"the share of each class in {listed} lies{', before thinning,' if is_thinned else ''} within {tolerance:g} of its share "
                "of all",
                "distance",
                0,
                tolerance,
                "Add images, or raise validate.share_tolerance if so few images (or subjects) cannot be divided more evenly.",
            )
        )
    if is_thinned:
        table["too_many_or_few"] = _off_thinning({name: num["train", name] for name in classes}, table, params)
        expectations.append(
            between("each class has as many training images as thinning was asked to leave", "too_many_or_few", 0, _longest_clip(labels))
        )
    return Suite("class shares", table, ["split", "label"], expectations)


def _longest_clip(labels: pd.DataFrame) -> int:
    """By how many images thinning, which keeps clips whole, may miss the number that it was asked to leave."""
    return int(max(labels["clip"].value_counts(), default=0))


def _thinned(labels: pd.DataFrame, fates: pd.DataFrame) -> Counter[tuple[str, str]]:
    """The number of images of each class that thinning removed from the training split; the keys are (split, label)."""
    label = dict(zip(labels["path"], labels["label"], strict=True))
    return Counter(("train", label[path]) for path in fates.loc[fates["fate"] == "thinned", "path"] if path in label)


def _off_thinning(before: dict[str, int], table: pd.DataFrame, params: Params) -> list[int | None]:
    """For each row of the training split, the difference from the number of images that thinning of `before` gives; None for other rows."""
    try:
        wanted = thinned_counts(before, params.split)[1]
    except LabelError:  # `split` raises an error for such counts, so the tables were not written by it
        wanted = {}
    return [
        abs(num - wanted.get(name, 0)) if split == "train" else None
        for split, name, num in zip(table["split"], table["label"], table["num_images"], strict=True)
    ]


def _fates(fates: pd.DataFrame, files: pd.DataFrame, splits: pd.DataFrame) -> Suite:
    table = fates.assign(
        found=fates["path"].isin(files["path"]), kept_agrees=(fates["fate"] == "kept") == fates["path"].isin(splits["path"])
    )
    return Suite(
        "fates",
        table,
        ["path"],
        [
            Expectation("there are as many fates as files", "expect_table_row_count_to_equal", {"value": len(files)}),
            *_paths(),
            one_of("every fate is that of a file that was found", "found", [True]),
            given("every file has a fate", "fate"),
            one_of(f"every fate is one of {', '.join(FATE_NAMES)}", "fate", FATE_NAMES),
            one_of("exactly the files that are kept lie in a split", "kept_agrees", [True]),
            given("every fate names its stage", "stage"),
            given("every fate has a reason", "reason"),
        ],
    )
