"""Doubts about labels: planted errors are found, a label has no say about itself or its copies, and small classes harm nobody."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler

from mien.doubts.confident_learning import REPEATS, Doubts, doubts, folded
from mien.doubts.queue import COLUMNS, counts, review_table
from mien.doubts.regressions import C, fold_predictions

Numbers = NDArray[np.int64]


def blobs(num: int, *, num_classes: int = 3, spread: float = 1.0, seed: int = 0, channels: int = 8) -> tuple[NDArray[np.float64], Numbers]:
    """Features around one centre per class, and the true classes, every class as often."""
    generator = np.random.default_rng(seed)
    centres = 3 * generator.standard_normal((num_classes, channels))
    targets = np.arange(num) % num_classes
    return centres[targets] + spread * generator.standard_normal((num, channels)), targets


def flipped(targets: Numbers, share: float, *, seed: int) -> tuple[Numbers, NDArray[np.bool_]]:
    generator = np.random.default_rng(seed)
    wrong = np.zeros(len(targets), dtype=bool)
    wrong[generator.choice(len(targets), round(share * len(targets)), replace=False)] = True
    return np.where(wrong, (targets + 1) % (targets.max() + 1), targets), wrong


def judge(features: NDArray[np.float64], targets: Numbers, units: NDArray[np.generic] | None = None, *, folds: int = 5) -> Doubts:
    units = np.arange(len(targets)) if units is None else units
    seen = np.arange(len(targets)) % 3 > 0
    return doubts([features], targets, units, seen_N=seen, num_classes=int(targets.max()) + 1, folds=folds, seed=1)


def out_of_fold(
    features: NDArray[np.float64], targets: Numbers, units: NDArray[np.generic], *, seed: int
) -> tuple[NDArray[np.float64], int]:
    """Probabilities before calibration, N×K, and how many folds there were."""
    found = np.full((len(targets), 3), np.nan)
    num_folds, parts = folded(targets, units, folds=5, seed=seed)
    for others, own in parts:
        found[own] = fold_predictions(features, targets, others, own, num_classes=3, seed=seed)
    return found, num_folds


@pytest.mark.parametrize("share", [0.05, 0.10])
@pytest.mark.parametrize("seed", [0, 1])
def test_planted_errors_are_found(share: float, seed: int) -> None:
    features, truth = blobs(600, seed=seed)
    given, wrong = flipped(truth, share, seed=seed)
    found = judge(features, given)
    assert average_precision_score(wrong, -found.quality_N) > 0.9
    assert abs(found.issue_N.sum() - wrong.sum()) < 0.5 * wrong.sum(), "confident learning estimates how many there are"
    assert found.doubted_N[found.issue_N].all() and found.doubted_N[wrong].mean() > 0.9
    assert (found.suggested_N[wrong] == truth[wrong]).mean() > 0.9
    assert ((found.suggested_N != given) == found.doubted_N).all()


def test_nothing_is_doubted_where_the_features_agree() -> None:
    features, truth = blobs(300, spread=0.1)
    assert not judge(features, truth).doubted_N.any()


def test_quality_is_the_out_of_fold_probability_of_the_label() -> None:
    features, truth = blobs(200, spread=3)
    given, _ = flipped(truth, 0.1, seed=0)
    found = judge(features, given)
    assert found.quality_N == pytest.approx(found.probabilities_NK[np.arange(200), given])
    assert found.probabilities_NK.sum(axis=1) == pytest.approx(np.ones(200))
    assert (found.probabilities_NK.argmax(axis=1) == found.suggested_N).all()


def test_a_label_has_no_say_about_itself_nor_about_its_copies() -> None:
    features, truth = blobs(120, spread=2)
    features, truth, units = np.repeat(features, 2, axis=0), np.repeat(truth, 2), np.repeat(np.arange(120), 2)
    before = judge(features, truth, units)
    # Noise whose labels only its own copy could tell: with copies parted, it would be predicted; kept together, it is chance.
    noise = np.repeat(np.random.default_rng(0).standard_normal((120, 400)), 2, axis=0)
    chance, _ = out_of_fold(noise, truth, units, seed=1)
    parted, _ = out_of_fold(noise, truth, np.arange(240), seed=1)
    assert (chance.argmax(axis=1) == truth).mean() < 0.5 < 0.7 < (parted.argmax(axis=1) == truth).mean()
    assert before.num_folds == 5


def test_images_that_the_network_knew_and_others_are_doubted_alike() -> None:
    """A network knows the images it was trained on better; of the same number of wrong labels, each part must find its own."""
    features, truth = blobs(600, spread=1.5)
    seen = np.arange(600) < 400
    given, wrong = flipped(truth, 0.1, seed=0)
    blurred = features + np.where(seen, 0, 3.0)[:, None] * np.random.default_rng(1).standard_normal(features.shape)
    apart = doubts([blurred], given, np.arange(600), seen_N=seen, num_classes=3, folds=5, seed=0)
    together = doubts([blurred], given, np.arange(600), seen_N=np.ones(600, dtype=bool), num_classes=3, folds=5, seed=0)
    scores = [average_precision_score(wrong, -found.quality_N) for found in (apart, together)]
    assert scores[0] > scores[1] + 0.02


def test_depths_and_draws_of_folds_are_averaged_in_logarithms() -> None:
    features, truth = blobs(240, spread=2)
    given, _ = flipped(truth, 0.1, seed=0)
    others = features + 3 * np.random.default_rng(1).standard_normal(features.shape)
    settings = {"seen_N": np.ones(240, dtype=bool), "num_classes": 3, "folds": 5, "seed": 1}
    one, two, both = (doubts(depths, given, np.arange(240), **settings) for depths in ([features], [others], [features, others]))
    assert not np.allclose(one.probabilities_NK, two.probabilities_NK)
    draws = [out_of_fold(depth, given, np.arange(240), seed=1 + repeat)[0] for depth in (features, others) for repeat in range(REPEATS)]
    sums = np.sum(np.log(draws), axis=0)
    ratios = np.log(both.probabilities_NK[:, 1:] / both.probabilities_NK[:, :1]) / (sums[:, 1:] - sums[:, :1])
    assert np.allclose(ratios, ratios[0, 0]), "up to one temperature"


def test_one_fold_by_hand() -> None:
    features, truth = blobs(90, spread=2)
    found, num_folds = out_of_fold(features, truth, np.repeat([0, 1], 45), seed=0)
    assert num_folds == 2
    scaler = StandardScaler().fit(features[:45])
    model = LogisticRegression(C=C, max_iter=1000).fit(scaler.transform(features[:45]), truth[:45])
    assert found[45:] == pytest.approx(model.predict_proba(scaler.transform(features[45:])), abs=1e-6)


def test_small_classes_make_fewer_folds_and_a_class_of_one_group_is_not_judged() -> None:
    features, truth = blobs(120)
    few = np.where(np.arange(120) < 3, 3, truth)  # a fourth class of three images, each a unit
    assert judge(features, few, folds=5).num_folds == 3
    units = np.arange(120)
    units[:3] = 0  # now they are copies of one picture
    found = judge(features, few, units, folds=5)
    assert np.isnan(found.quality_N[:3]).all() and not found.doubted_N[:3].any() and (found.suggested_N[:3] == 3).all()
    assert np.isfinite(found.quality_N[3:]).all()


def test_a_class_that_the_set_lacks_is_never_suggested() -> None:
    features, truth = blobs(100, num_classes=2)
    found = doubts([features], truth * 2, np.arange(100), seen_N=np.ones(100, dtype=bool), num_classes=4, folds=5, seed=0)
    assert found.probabilities_NK.shape == (100, 4) and set(found.suggested_N) <= {0, 2}
    assert (found.probabilities_NK[:, [1, 3]] < 1e-6).all()


@pytest.mark.parametrize("num", [1, 2])
def test_too_few_images_to_judge_are_no_error(num: int) -> None:
    found = judge(np.zeros((num, 4)), np.arange(num))
    assert np.isnan(found.quality_N).all() and not found.doubted_N.any()


def test_the_same_again() -> None:
    features, truth = blobs(150, spread=3)
    first, second = judge(features, truth), judge(features, truth)
    assert np.array_equal(first.probabilities_NK, second.probabilities_NK) and np.array_equal(first.doubted_N, second.doubted_N)


CLASSES = ("happy", "sad", "fear")


def frame(targets: Numbers) -> pd.DataFrame:
    names = [f"{number:064x}" for number in range(len(targets))]
    return pd.DataFrame({"sample_id": names, "path": names, "split": "train", "label": [CLASSES[number] for number in targets]})


def test_the_table_has_the_doubted_worst_first_without_the_decided() -> None:
    features, truth = blobs(300)
    given, _ = flipped(truth, 0.1, seed=0)
    found, rows = judge(features, given), frame(given)
    table = review_table(rows, found, classes=CLASSES, decided=())
    assert tuple(table.columns) == COLUMNS and table["rank"].tolist() == list(range(1, len(table) + 1))
    assert set(table["sample_id"]) == set(rows.loc[found.doubted_N, "sample_id"])
    assert table["quality"].is_monotonic_increasing and (table["quality"] == table["p_label"]).all()
    assert (table["p_suggested"] >= table["p_label"]).all() and (table["decision"] == "").all()
    first = table["sample_id"].iloc[0]
    rest = review_table(rows, found, classes=CLASSES, decided={first})
    assert rest["sample_id"].tolist() == table["sample_id"].tolist()[1:] and rest["rank"].iloc[0] == 1
    numbers = counts(table, found, classes=CLASSES, num_queued=5, num_decided=0)
    assert numbers["num_issues"] == found.issue_N.sum() == (table["issue"] == "yes").sum()
    assert sum(sum(its.values()) for its in numbers["by_class"].values()) == numbers["num_doubted"] == len(table)
    assert numbers["num_images"] == numbers["num_judged"] == 300
    assert all(given != suggested for given, its in numbers["by_class"].items() for suggested in its)
