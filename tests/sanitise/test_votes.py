"""The rule of FERPlus, against the code that its authors published, and what a table without a majority does to a file."""

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.config.sections.labels import LabelParams
from mien.sanitise.rules import image_rows, sanitise
from mien.sanitise.votes import decide, only_to_train, shares
from tests.random_tables import Tables

COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
CLASSES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise", "contempt")
ALIASES = {"angry": ("anger",), "happy": ("happiness",), "sad": ("sadness",)}
PARAMS = LabelParams(classes=CLASSES, aliases=ALIASES, from_votes="distribution")


def published(votes: list[int]) -> str | None:
    """The majority as in the authors' `_process_data`: single votes are zeroed; a peak of more than half, and no unknown or NF."""
    left = [float(num) if num > 1 else 0.0 for num in votes]
    peak = max(left)
    if peak <= 0.5 * sum(left):
        return None
    place = left.index(peak)
    return COLUMNS[place] if place < len(COLUMNS) - 2 else None


@given(st.lists(st.integers(0, 10), min_size=10, max_size=10))
def test_the_majority_is_that_of_the_published_code(votes: list[int]) -> None:
    given_votes = {name: num for name, num in zip(COLUMNS, votes, strict=True) if num}
    decision = decide(given_votes)
    assert decision.label == published(votes)
    assert (decision.label is None) == (decision.reason is not None)


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        ({}, "no_votes"),
        ({"anger": 1, "fear": 1}, "no_majority"),
        ({"anger": 5, "fear": 5}, "no_majority"),
        ({"anger": 3, "unknown": 7}, "votes_unknown"),
        ({"NF": 10}, "not_a_face"),
    ],
)
def test_each_reason(votes: dict[str, int], reason: str) -> None:
    assert decide(votes).reason == reason


@given(st.lists(st.integers(0, 10), min_size=10, max_size=10))
def test_shares_are_those_of_the_classes_without_single_votes(votes: list[int]) -> None:
    found = shares(dict(zip(COLUMNS, votes, strict=True)), PARAMS)
    spelt = {"angry": "anger", "happy": "happiness", "sad": "sadness"}
    counted = [num if (num := votes[COLUMNS.index(spelt.get(name, name))]) > 1 else 0 for name in CLASSES]
    if not any(counted):
        assert found is None
    else:
        assert found == pytest.approx([num / sum(counted) for num in counted])


def sanitised(votes: list[dict[str, int] | None], **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The labels and the removed of as many files as `votes`, whose folders all say sad."""
    tables = Tables(len(votes), copies=0, scenes=0, conflicts=0, unknown=0, broken=0, unfit=0, ignored=0, classes=("sad",))
    files = tables.files.assign(votes=pd.Series([None if its is None else json.dumps(its) for its in votes], dtype=object))
    params = PARAMS.model_copy(update=changes)
    rows = image_rows(files, tables.rejected, tables.duplicates, tables.sizes, params)
    result = sanitise(rows, params, method="stratified")
    return result.labels, result.removed


def test_votes_replace_the_folder_and_each_loss_has_a_reason() -> None:
    votes = [{"anger": 8, "fear": 2}, None, {}, {"anger": 1, "fear": 1}, {"NF": 9}, {"surprise": 6, "laughter": 9}]
    labels, removed = sanitised(votes)
    assert labels["label"].tolist() == ["angry", "sad"]
    assert labels["shares"][0] == pytest.approx([0.8, 0, 0.2, 0, 0, 0, 0, 0]) and labels["shares"][1] is None
    assert list(zip(removed["fate"], removed["reason"], strict=True)) == [
        ("quarantined", "no_votes"),
        ("quarantined", "no_majority"),
        ("quarantined", "not_a_face"),
        ("quarantined", "unknown_label"),
    ]
    assert removed["detail"][1] == "votes: anger 1, fear 1" and "'laughter'" in removed["detail"][3]


def test_majority_learns_the_class_only_and_none_leaves_the_folder() -> None:
    votes: list[dict[str, int] | None] = [{"anger": 8, "fear": 2}, {"NF": 9}]
    labels, _ = sanitised(votes, from_votes="majority")
    assert labels["label"].tolist() == ["angry"] and labels["shares"].tolist() == [None]
    labels, removed = sanitised(votes, from_votes="none")
    assert labels["label"].tolist() == ["sad", "sad"] and removed.empty


def test_a_persons_decision_replaces_the_votes() -> None:
    tables = Tables(1, copies=0, conflicts=0, unknown=0, broken=0, unfit=0, ignored=0)
    files = tables.files.assign(votes=[json.dumps({"anger": 8, "fear": 2})])
    rows = image_rows(files, tables.rejected, tables.duplicates, tables.sizes, PARAMS)
    result = sanitise(rows, PARAMS, method="stratified", decisions={rows["sample_id"][0]: "happy"})
    assert result.labels["label"].tolist() == ["happy"] and result.labels["shares"].tolist() == [None]


def test_an_image_without_a_majority_is_for_training_only_and_only_on_shares() -> None:
    votes: list[dict[str, int] | None] = [{"anger": 4, "fear": 4, "sadness": 2}, {"unknown": 5, "fear": 5}, {"laughter": 5, "fear": 5}]
    labels, removed = sanitised(votes)
    assert labels[["label", "flag"]].to_numpy().tolist() == [["angry", "no_majority"]]
    assert labels["shares"][0] == pytest.approx([0.4, 0, 0.4, 0, 0, 0.2, 0, 0])
    assert removed["reason"].tolist() == ["no_majority", "no_majority"]
    _, removed = sanitised(votes, from_votes="majority")
    assert removed["reason"].tolist() == ["no_majority"] * 3


def test_a_label_beats_a_guess() -> None:
    base = {"undecided": "no_majority", "shares": [[0.5, 0.5]], "test": False, "flag": None, "label": "sad"}
    rows = pd.DataFrame(
        [
            base | {"group_id": "alone"},
            base | {"group_id": "copied"},
            base | {"group_id": "copied", "undecided": None, "label": "happy"},
            base | {"group_id": "official", "test": True},
            base | {"group_id": "corrected", "shares": None},  # a person's decision removes the shares
        ]
    )
    found = only_to_train(rows)
    assert found["label"].tolist() == ["sad", None, "happy", None, "sad"]
    assert found["flag"].tolist() == ["no_majority", None, None, None, None]
