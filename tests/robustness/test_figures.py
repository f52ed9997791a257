"""The metrics under corruptions against slow transcriptions, and what the intervals must be."""

from math import isnan
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score

from mien.robustness.document import robustness_document, robustness_table
from mien.robustness.figures import Subject, robustness_intervals
from mien.robustness.predicting import CorruptedLogits
from mien.statistics.resampling import Interval

NAMES = ("gaussian_blur", "covered_eyes")
NUM, NUM_CLASSES = 90, 3


def drawn(num: int = NUM, *, without: int = 0, seed: int = 0) -> tuple[Subject, CorruptedLogits]:
    """Predictions that get worse with the strength; the first `without` images have no landmarks."""
    draws = np.random.default_rng(seed)
    actual_N = np.arange(num) % NUM_CLASSES
    signal_NK = np.eye(NUM_CLASSES)[actual_N]

    def logits(strength: float) -> NDArray[np.float32]:
        own: NDArray[np.float32] = (strength * signal_NK + draws.normal(size=signal_NK.shape)).astype(np.float32)
        return own

    worse = np.stack([[logits(2.5 - 0.5 * strength) for strength in range(5)] for _ in NAMES])
    worse[1, :, :without] = np.nan
    return Subject(actual_N, np.arange(num).astype(str)), CorruptedLogits(logits(3.0), worse)


def slowly(subject: Subject, logits: CorruptedLogits, names: tuple[str, ...] = NAMES) -> dict[str, float]:
    """Every value, image by image and with scikit-learn."""

    def metrics(logits_NK: NDArray[np.float32], kept: list[int]) -> dict[str, float]:
        actual = [int(subject.actual_N[row]) for row in kept]
        predicted = [max(range(NUM_CLASSES), key=lambda k: (logits_NK[row, k], -k)) for row in kept]
        f1 = f1_score(actual, predicted, labels=list(range(NUM_CLASSES)), average="macro", zero_division=0)
        return {"accuracy": float(accuracy_score(actual, predicted)), "macro_f1": float(f1)}

    everything = list(range(len(subject.actual_N)))
    found = dict(metrics(logits.clean_NK, everything))
    for metric in ("accuracy", "macro_f1"):
        means = []
        for number, name in enumerate(names):
            kept = [row for row in everything if not isnan(logits.worse_CGNK[number, 0, row, 0])]
            clean = metrics(logits.clean_NK, kept)[metric]
            found[f"{name}/{metric}"] = clean
            losses = []
            for strength in range(1, 6):
                worse = metrics(logits.worse_CGNK[number, strength - 1], kept)[metric]
                found[f"{name}/{strength}/{metric}"] = worse
                losses.append((clean - worse) / clean)
                found[f"{name}/{strength}/{metric}_loss"] = losses[-1]
            means.append(sum(losses) / 5)
            found[f"{name}/{metric}_loss"] = means[-1]
        found[f"{metric}_loss"] = sum(means) / len(means)
    return found


@pytest.mark.parametrize("without", [0, 20])
def test_values_are_those_of_a_slow_transcription(without: int) -> None:
    subject, logits = drawn(without=without)
    found = robustness_intervals(subject, logits, NAMES, seed=1, num_resamples=50)
    assert {name: one.value for name, one in found.items()} == pytest.approx(slowly(subject, logits), abs=1e-12)
    assert all(one.low <= one.value <= one.high for name, one in found.items() if name == "accuracy")


def test_intervals_are_those_of_drawing_images_one_by_one() -> None:
    """Against a bootstrap of rows in a loop, with the plain percentiles, from which BCa differs little here."""
    subject, logits = drawn(num=300)
    found = robustness_intervals(subject, logits, NAMES, seed=1)
    draws, values = np.random.default_rng(0), []
    right = logits.clean_NK.argmax(1) == subject.actual_N
    worse = logits.worse_CGNK[0, 4].argmax(1) == subject.actual_N
    by_class = [np.flatnonzero(subject.actual_N == number) for number in range(NUM_CLASSES)]
    for _ in range(3000):
        rows = np.concatenate([draws.choice(own, len(own)) for own in by_class])
        values.append(1 - worse[rows].mean() / right[rows].mean())
    interval = found["gaussian_blur/5/accuracy_loss"]
    assert [interval.low, interval.high] == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.02)
    unpaired = np.std(values)
    assert 3 * unpaired < interval.high - interval.low < 5 * unpaired


def test_a_corruption_that_changes_nothing_loses_nothing_but_further_images_might() -> None:
    subject, logits = drawn()
    same = CorruptedLogits(logits.clean_NK, np.broadcast_to(logits.clean_NK, logits.worse_CGNK.shape).copy())
    found = robustness_intervals(subject, same, NAMES, seed=1, num_resamples=50)
    losses = [one for name, one in found.items() if name.endswith("_loss")]
    assert len(losses) == 2 * (5 * 2 + 2 + 1) and all(one.value == 0 and one.low == -one.high < 0 for one in losses)
    assert found["accuracy_loss"].high == pytest.approx((1 - 0.025 ** (1 / NUM)) / found["accuracy"].value)


def test_images_without_landmarks_are_no_evidence_for_a_corruption() -> None:
    subject, logits = drawn(without=30)
    same = np.broadcast_to(logits.clean_NK, logits.worse_CGNK.shape).copy()
    same[1, :, :30] = np.nan
    found = robustness_intervals(subject, CorruptedLogits(logits.clean_NK, same), NAMES, seed=1, num_resamples=50)
    few = NUM - 30
    assert found[f"{NAMES[1]}/1/accuracy_loss"].high == pytest.approx((1 - 0.025 ** (1 / few)) / found[f"{NAMES[1]}/accuracy"].value)


def test_images_that_belong_together_are_drawn_together() -> None:
    subject, logits = drawn()
    three = Subject(np.repeat(subject.actual_N, 3), np.repeat(subject.groups_N, 3))
    copies = CorruptedLogits(np.repeat(logits.clean_NK, 3, axis=0), np.repeat(logits.worse_CGNK, 3, axis=2))
    once, thrice = (robustness_intervals(*each, NAMES, seed=1) for each in ((subject, logits), (three, copies)))
    apart = robustness_intervals(Subject(three.actual_N, np.arange(3 * NUM).astype(str)), copies, NAMES, seed=1)
    width = {
        kind: each["accuracy_loss"].high - each["accuracy_loss"].low
        for kind, each in (("once", once), ("thrice", thrice), ("apart", apart))
    }
    assert width["thrice"] == pytest.approx(width["once"], rel=1e-9) and width["apart"] < 0.7 * width["once"]


def test_the_same_input_gives_the_same_intervals_and_another_seed_others() -> None:
    first, again, other = (robustness_intervals(*drawn(), NAMES, seed=seed, num_resamples=100) for seed in (1, 1, 2))
    assert first == again and first != other


def document(without: int = 0, *, threshold: float | None = 0.7, groups: int = NUM, **options: Any) -> dict[str, Any]:
    subject, logits = drawn(without=without)
    subject = Subject(subject.actual_N, np.array([str(number % groups) for number in range(NUM)]))
    return robustness_document(subject, logits, NAMES, temperature=1.5, threshold=threshold, seed=1, num_resamples=50, **options)


def test_confidence_calibration_error_and_abstention_are_those_of_a_slow_transcription() -> None:
    subject, logits = drawn(without=20)
    found = document(without=20)
    kept = range(20, NUM)
    shown = found["corruptions"][1]["strengths"][2]
    sure, right = [], []
    for row in kept:
        values = np.exp(logits.worse_CGNK[1, 2, row].astype(float) / 1.5)
        shares = values / values.sum()
        sure.append(shares.max())
        right.append(int(shares.argmax()) == subject.actual_N[row])
    bins: dict[int, list[int]] = {}
    for place, share in enumerate(sure):
        bins.setdefault(int(np.ceil(share * 15)), []).append(place)
    ece = sum(abs(sum(right[i] for i in own) - sum(sure[i] for i in own)) for own in bins.values()) / len(kept)
    answered = [place for place, share in enumerate(sure) if share >= 0.7]
    assert shown["confidence"] == pytest.approx(np.mean(sure)) and shown["ece"] == pytest.approx(ece)
    assert shown["unsure"] == pytest.approx(1 - len(answered) / len(kept))
    assert shown["sure_accuracy"] == pytest.approx(np.mean([right[place] for place in answered]))
    assert found["corruptions"][1]["num_images"] == 70 and found["corruptions"][0]["num_images"] == found["num_images"] == 90


def test_a_model_that_never_reaches_its_accuracy_answers_nothing() -> None:
    found = document(threshold=None)
    assert found["clean"]["unsure"] == 1 and found["clean"]["sure_accuracy"] is None
    assert all(each["unsure"] == 1 and each["sure_accuracy"] is None for one in found["corruptions"] for each in one["strengths"])
    certain = document(threshold=0.0)
    assert certain["clean"]["unsure"] == 0 and certain["clean"]["sure_accuracy"] == certain["clean"]["accuracy"]["value"]


def test_without_landmarks_a_cover_is_left_out_and_said_so() -> None:
    found = document(without=NUM)
    assert [one["name"] for one in found["corruptions"]] == ["gaussian_blur"] and "landmarks" in found["left_out"]["covered_eyes"]
    assert found["accuracy_loss"]["value"] == found["corruptions"][0]["accuracy_loss"]["value"]
    assert found["worst"] == "gaussian_blur" and document()["left_out"] == {}


def test_few_groups_have_no_intervals() -> None:
    found = document(groups=9)
    assert found["num_groups"] == 9 and found["accuracy_loss"]["low"] is None and found["clean"]["accuracy"]["high"] is None
    assert document(groups=10)["accuracy_loss"]["low"] is not None


def test_a_model_that_is_always_wrong_has_nothing_to_lose() -> None:
    subject, logits = drawn()
    wrong = np.roll(np.eye(NUM_CLASSES, dtype=np.float32)[subject.actual_N], 1, axis=1)
    found = robustness_intervals(
        subject, CorruptedLogits(wrong, np.broadcast_to(wrong, logits.worse_CGNK.shape).copy()), NAMES, seed=1, num_resamples=50
    )
    assert found["accuracy"].value == 0 and found["accuracy_loss"] == Interval(0.0, 0.0, 0.0)


def test_the_table_has_a_row_for_each_strength_and_the_values_of_the_document() -> None:
    found = document(without=20)
    table = robustness_table(found)
    assert len(table) == 12 and table["strength"].tolist() == [*range(6)] * 2
    row, each = table.iloc[8], found["corruptions"][1]["strengths"][1]
    assert row["corruption"] == "covered_eyes" and row["accuracy"] == each["accuracy"]["value"] and row["ece"] == each["ece"]
    assert row["macro_f1_loss_high"] == each["macro_f1_loss"]["high"]
    assert table.loc[table["strength"] == 0, "accuracy_loss"].isna().all()
