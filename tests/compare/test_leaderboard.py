"""The leaderboard says what the figures say: order, intervals, what is shown to be worse, baselines, seeds."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.compare.leaderboard import ALIKE, BEST, WORSE, against_best, leaderboard, leaderboard_table, number, ranking
from mien.core.errors import TableError
from mien.evaluate.predictions import Predictions
from mien.evaluate.results import report_on_test
from mien.statistics.pairwise_tests import compare_pairs

CLASSES = ("happy", "sad", "fear")
ACTUAL = np.repeat([0, 1, 2], [60, 30, 30])
RECALLS = {"poor": 0.1, "good": 0.9, "fair": 0.88}


def predicted(recall: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.where(generator.random(len(ACTUAL)) < recall, ACTUAL, (ACTUAL + 1) % 3)


PREDICTED = {model: predicted(recall, seed) for seed, (model, recall) in enumerate(RECALLS.items())}
PAIRS = compare_pairs(ACTUAL, PREDICTED, 3, seed=0, num_resamples=1000)


def evaluation(predicted_N: np.ndarray, *, flagged_N: np.ndarray | None = None, weights: str = "none", **more: Any) -> dict[str, Any]:
    flagged_N = np.zeros(len(ACTUAL), bool) if flagged_N is None else flagged_N
    predictions = Predictions(ACTUAL, np.eye(3, dtype=np.float32)[predicted_N], np.arange(len(ACTUAL)))
    report = report_on_test(predictions, classes=CLASSES, flagged_N=flagged_N, class_counts_K=[4, 2, 2], seed=1, num_resamples=200)
    figures = {"nll": 0.5, "brier": 0.25, "ece": 0.125, "classwise_ece": 0.1}
    return {
        "weights": weights,
        "classes": list(CLASSES),
        "cost": {"num_parameters": 12_345_678, "macs": 87_600_000, "file_bytes": 49_400_000},
        **report,
        "calibration": {"temperature": 1.75, "before": figures, "after": figures},
        **more,
    }


def evaluations(**options: Any) -> dict[str, Any]:
    return {model: evaluation(predicted_N, **options) for model, predicted_N in PREDICTED.items()}


def tables(text: str) -> list[list[list[str]]]:
    """The cells of each table."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return found


def test_an_ensemble_and_views_are_told_below_the_tables() -> None:
    models = evaluations()
    plain = leaderboard_table(models, PAIRS)
    models["fair"] |= {"members": ["good", "poor"]}
    models["good"] |= {"tta": "flip"}
    text = leaderboard_table(models, PAIRS)
    added = [line for line in text.splitlines() if line not in plain.splitlines()]
    assert added == [
        "fair is an ensemble: the mean of the calibrated probabilities of good, poor. Its cost is the sum of theirs.",
        "good is tested with the views of flip (test-time augmentation), which its MACs include.",
    ]
    models["poor"] |= {"seeds": [1, 2], "over_seeds": {"macro_f1": {"mean": 0.5, "sd": 0.1}}}
    seeds = {row[0]: row[2:4] for row in tables(leaderboard_table(models, PAIRS))[1]}
    assert seeds["fair"] == ["–", "–"] and seeds["good"] == ["1", "–"] and seeds["poor"][0] == "2"


def test_best_first_with_what_differs_marked_and_both_baselines_last() -> None:
    models = evaluations()
    assert ranking(models) == ["good", "fair", "poor"]
    places = against_best(models, PAIRS)
    assert [place for place, _ in places.values()] == [BEST, ALIKE, WORSE]
    first, *_ = tables(leaderboard_table(models, PAIRS))
    assert [row[0] for row in first[2:]] == ["good", "fair", "poor", "*largest class*", "*training shares*"]
    assert [row[1].split(",")[0] for row in first[2:]] == [BEST, ALIKE, WORSE, "", ""]
    own = models["fair"]["all"]
    ends = own["intervals"]["macro_f1"]
    assert first[3][2] == f"{own['macro_f1']:.4f} [{ends['low']:.3f}, {ends['high']:.3f}]"
    assert first[3][3].startswith(f"{own['accuracy']:.4f} [")
    assert first[3][4:] == [f"{own[name]:.4f}" for name in ("mean_accuracy", "weighted_f1", "kappa", "top2_accuracy")]
    assert first[5][3] == "0.5000" and first[6][3] == f"{0.25 + 0.125:.4f}"


def test_the_mark_follows_the_corrected_p_and_not_the_interval_of_the_pair() -> None:
    models = {model: evaluation(PREDICTED[model]) for model in ("good", "fair")}
    for p, place in ((0.05, WORSE), (0.0501, ALIKE)):
        pairs = pd.DataFrame(
            [{"first": "fair", "second": "good", "macro_f1_p": 0.001, "macro_f1_p_holm": p, "macro_f1_low": -0.2, "macro_f1_high": -0.1}]
        )
        assert against_best(models, pairs) == {"good": (BEST, None), "fair": (place, p)}


def test_one_model_alone_is_the_best_and_nothing_is_said_of_pairs() -> None:
    alone = {"good": evaluation(PREDICTED["good"], weights="imagenet")}
    text = leaderboard_table(alone, compare_pairs(ACTUAL, {"good": PREDICTED["good"]}, 3, seed=0))
    assert "Holm" not in text and tables(text)[0][2][:2] == ["good", BEST] and tables(text)[1][2][1] == "imagenet"


def test_probabilities_and_size_of_each_model_beside_the_forecast_of_shares() -> None:
    second = tables(leaderboard_table(evaluations(), PAIRS))[1]
    assert second[0] == ["model", "weights", "temperature", "NLL", "Brier", "ECE", "parameters M", "MACs M", "file MB"]
    assert second[2] == ["good", "none", "1.7500", "0.5000", "0.2500", "0.1250", "12.35", "87.6", "49.4"]
    entropy = -(0.5 * np.log(0.5) + 0.5 * np.log(0.25))
    assert second[-1][:5] == ["*training shares*", "", "", f"{entropy:.4f}", f"{1 - (0.25 + 2 * 0.0625):.4f}"]


def test_several_seeds_show_mean_and_deviation_beside_the_first_seeds_figures() -> None:
    spread = {"seeds": [42, 1], "over_seeds": {"macro_f1": {"mean": 0.81234567, "sd": 0.0123}}}
    models = evaluations() | {"fair": evaluation(PREDICTED["fair"], **spread)}
    assert leaderboard(models)["fair"]["macro_f1_mean"] == 0.812346 and leaderboard(models)["fair"]["macro_f1_sd"] == 0.0123
    assert "macro_f1_mean" not in leaderboard(models)["good"]
    text = leaderboard_table(models, PAIRS)
    rows = {row[0]: row[2:4] for row in tables(text)[1]}
    assert rows["fair"] == ["2", "0.8123 ± 0.0123"] and rows["good"] == ["1", "–"] and "± standard deviation" in text
    assert "seeds" not in leaderboard_table(evaluations(), PAIRS).lower()


def test_one_object_per_model_in_the_order_given_rounded() -> None:
    board = leaderboard(evaluations())
    assert list(board) == list(PREDICTED)
    for model, figures in board.items():
        assert list(figures) == ["accuracy", "mean_accuracy", "macro_f1", "weighted_f1", "kappa", "top2_accuracy"]
        assert figures["accuracy"] == round(float((PREDICTED[model] == ACTUAL).mean()), 6)


def test_flagged_images_count_among_all_and_not_among_clean() -> None:
    flagged_N = PREDICTED["good"] != ACTUAL
    models = {"good": evaluation(PREDICTED["good"], flagged_N=flagged_N)}
    board = leaderboard(models)
    assert board["good"]["macro_f1_clean"] == 1.0 > board["good"]["macro_f1"]
    text = leaderboard_table(models, PAIRS)
    assert f"{(~flagged_N).sum()} of them clean" in text and tables(text)[0][2][-1] == "1.0000"


def test_figures_on_different_test_splits_are_not_compared() -> None:
    models = evaluations()
    models["fair"]["all"]["num_images"] = 5
    with pytest.raises(TableError, match="poor: 120, good: 120, fair: 5"):
        leaderboard(models)


def test_lines_fit_a_wide_screen_and_numbers_are_never_minus_zero() -> None:
    names = {"good": "efficientnet_b0_spatial_balanced", "fair": "fair", "poor": "poor"}
    models = {names[model]: report for model, report in evaluations().items()}
    pairs = PAIRS.replace({"first": names, "second": names})
    assert max(map(len, leaderboard_table(models, pairs).splitlines())) <= 150
    assert number(-1e-9) == "0.0000" and number(None) == "–" and number(-0.25) == "-0.2500"
