"""Slices: every image is in one slice of a column, figures are those of the metrics on it, and a planted weakness is found."""

from math import isnan

import numpy as np
import pandas as pd
import pytest

from mien.evaluate.slices import Slice, slice_metrics, slices_table
from mien.evaluate.slicing import MISSING, OTHER, slice_values
from mien.statistics import metrics
from tests.statistics.drawn import Classes, classifier, taken_for


def draw(num: int, seed: int) -> tuple[Classes, Classes, pd.DataFrame]:
    """Three classes; the darkest quarter of the images is taken wrong more often, the source means nothing."""
    generator = np.random.default_rng(seed)
    actual_N = generator.integers(0, 3, num)
    brightness = generator.normal(120, 30, num)
    dark = brightness < np.quantile(brightness, 0.25)
    good, poor = (taken_for(actual_N, classifier(3, recall, 0), generator) for recall in (0.85, 0.55))
    columns = pd.DataFrame({"brightness": brightness, "source": generator.choice(["web", "film"], num)})
    return actual_N, np.where(dark, poor, good), columns


def found(slices: list[Slice], column: str, place: int) -> Slice:
    return [one for one in slices if one.column == column][place]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(np.random.default_rng(0).normal(size=500)),
        pd.Series([None, 1.5, 2.5, np.nan, 9.0] * 100),
        pd.Series(["a", "b", None, "a", "rare"] + ["a", "b"] * 200, dtype=object),
        pd.Series([True, False] * 50),
        pd.Series([7] * 90),
        pd.Series([0] * 95 + list(range(1, 11))),
        pd.Series([None] * 60, dtype=object),
        pd.Series(1 - 1e-4 * np.random.default_rng(2).random(400)),
        pd.Series(1 + 1e-15 * np.arange(400)),
        pd.Series(["x", "y"] * 60, dtype="category"),
    ],
)
def test_every_image_is_in_one_slice_and_every_slice_has_images(column: pd.Series) -> None:
    names, code_N = slice_values(column, min_images=20)
    assert len(names) == len(set(names)) and set(code_N) == set(range(len(names)))
    assert column[code_N == names.index(MISSING)].isna().all() if MISSING in names else column.notna().all()


def test_values_quantiles_and_what_is_rare() -> None:
    names, code_N = slice_values(pd.Series(["b", "a", "c", None] * 30 + ["rare", "rarer"], dtype=object), min_images=20)
    assert names == ["a", "b", "c", OTHER, MISSING]
    assert np.bincount(code_N).tolist() == [30, 30, 30, 2, 30]
    names, code_N = slice_values(pd.Series(range(100)), num_bins=4)
    assert names == ["0 to 24", "25 to 49", "50 to 74", "75 to 99"] and np.bincount(code_N).tolist() == [25] * 4
    wanted = pd.qcut(pd.Series(np.random.default_rng(1).gamma(2, size=333)), 5, labels=False)
    assert (slice_values(pd.Series(np.random.default_rng(1).gamma(2, size=333)), num_bins=5)[1] == wanted).all()
    assert slice_values(pd.Series([0.99991, 0.99992, 0.99993, 0.99994, 0.99996]), num_bins=2)[0] == [
        "0.99991 to 0.99993",
        "0.99994 to 0.99996",
    ]
    assert slice_values(pd.Series([2858.2, 9999.6, 32714.0, 40000.0]), num_bins=2)[0] == ["2858 to 10000", "32714 to 40000"]
    assert slice_values(pd.Series([1, 2, 10] * 30), num_bins=3, min_images=20)[0] == [
        "1",
        "2",
        "10",
    ]  # in the order of numbers, not of texts


def test_figures_and_gaps_are_those_of_the_metrics() -> None:
    actual_N, predicted_N, columns = draw(600, 1)
    slices = slice_metrics(actual_N, predicted_N, 3, columns, seed=0, num_resamples=500)
    assert [(one.column, one.num_images) for one in slices[:4]] == [("brightness", 150)] * 4
    web = (columns["source"] == "web").to_numpy()
    inside, rest = (metrics.confusion_matrix(actual_N[part], predicted_N[part], 3) for part in (web, ~web))
    one = found(slices, "source", 1)
    assert one.value == "web" and one.num_images == web.sum()
    for name, figure in {"accuracy": metrics.accuracy, "mean_accuracy": metrics.mean_accuracy, "macro_f1": metrics.macro_f1}.items():
        own, gap = one.figures[name], one.gaps[name]
        assert own is not None and gap is not None
        assert own.value == pytest.approx(figure(inside)) and gap.value == pytest.approx(figure(inside) - figure(rest))
        assert own.low < own.value < own.high and gap.low < gap.value < gap.high


def test_a_planted_weakness_is_found_and_what_means_nothing_seldom() -> None:
    dark = source = 0
    for seed in range(30):
        actual_N, predicted_N, columns = draw(500, seed)
        slices = slice_metrics(actual_N, predicted_N, 3, columns, seed=seed, num_resamples=300)
        gaps = [found(slices, column, 0).gaps["accuracy"] for column in ("brightness", "source")]
        assert gaps[0] is not None and gaps[1] is not None
        dark += gaps[0].excludes_zero and gaps[0].value < 0
        source += gaps[1].excludes_zero
    assert dark >= 27 and source <= 5


def test_a_person_in_both_parts_is_drawn_once() -> None:
    """Each person has one image in the slice and one outside, taken alike: the gap is nothing, and known to be."""
    generator = np.random.default_rng(2)
    right = np.repeat(generator.random(100) < 0.7, 2)
    actual_N, predicted_N, columns = (
        np.zeros(200, dtype=np.int64),
        1 - right.astype(np.int64),
        pd.DataFrame({"side": ["left", "right"] * 100}),
    )
    together = slice_metrics(actual_N, predicted_N, 2, columns, groups_N=np.repeat(np.arange(100), 2), seed=0, num_resamples=500)
    alone = slice_metrics(actual_N, predicted_N, 2, columns, seed=0, num_resamples=500)
    gap, wide = together[0].gaps["accuracy"], alone[0].gaps["accuracy"]
    assert gap is not None and wide is not None
    assert gap.value == 0 and gap.high - gap.low < 1e-9 and wide.high - wide.low > 0.2


def test_what_cannot_be_known_is_left_open() -> None:
    actual_N = np.repeat([0, 1, 2], 60)
    predicted_N = np.where(np.arange(180) % 4 == 0, 2, actual_N)
    columns = pd.DataFrame(
        {"label": actual_N, "all": "same", "half": np.arange(180) % 2, "right": np.where(predicted_N == actual_N, "y", "n")}
    )
    slices = slice_metrics(actual_N, predicted_N, 3, columns, seed=0, num_resamples=200, min_images=10)
    one_class = found(slices, "label", 0)
    assert one_class.figures["accuracy"] is not None and one_class.figures["macro_f1"] is None and one_class.gaps["mean_accuracy"] is None
    assert set(found(slices, "all", 0).gaps.values()) == {None} and found(slices, "all", 0).figures["macro_f1"] is not None
    all_right = found(slices, "right", 1).figures["accuracy"]
    assert all_right is not None and all_right.value == 1 and isnan(all_right.low) and not all_right.excludes_zero
    persons = np.arange(180) // 30  # six persons say too little
    few = slice_metrics(actual_N, predicted_N, 3, columns[["half"]], groups_N=persons, seed=0, num_resamples=200)[0].figures["accuracy"]
    assert few is not None and few.value == pytest.approx((predicted_N == actual_N)[::2].mean()) and isnan(few.high)


def test_the_table_has_a_row_per_slice() -> None:
    actual_N, predicted_N, columns = draw(300, 3)
    slices = slice_metrics(actual_N, predicted_N, 3, columns, seed=0, num_resamples=200)
    table = slices_table(slices)
    assert len(table) == len(slices) == 6 and table["num_images"].sum() == 600
    first = slices[0].gaps["macro_f1"]
    assert first is not None
    assert tuple(table.loc[0, ["macro_f1_gap", "macro_f1_gap_low", "macro_f1_gap_high"]]) == (first.value, first.low, first.high)
    again = slice_metrics(actual_N, predicted_N, 3, columns, seed=0, num_resamples=200)
    assert slices == again
