import numpy as np
import pytest
import sklearn.metrics as reference

from mien.statistics import metrics

KINDS = ("all classes", "class without images", "class never predicted", "class absent", "one class only")


def drawn(kind: str, num_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random actual and predicted classes, agreeing about half the time."""
    generator = np.random.default_rng(seed)
    actual = generator.integers(0, num_classes, 200)
    predicted = np.where(generator.random(200) < 0.5, actual, generator.integers(0, num_classes, 200))
    last = num_classes - 1
    if kind in ("class without images", "class absent"):
        actual[actual == last] = 0
    if kind in ("class never predicted", "class absent"):
        predicted[predicted == last] = 0
    if kind == "one class only":
        actual[:] = 1
    return actual, predicted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_classes", [2, 5, 7])
@pytest.mark.parametrize("seed", range(3))
def test_as_scikit_learn(kind: str, num_classes: int, seed: int) -> None:
    actual, predicted = drawn(kind, num_classes, seed)
    labels = range(num_classes)
    confusion = metrics.confusion_matrix(actual, predicted, num_classes)
    np.testing.assert_array_equal(confusion, reference.confusion_matrix(actual, predicted, labels=labels))

    close = pytest.approx
    assert metrics.accuracy(confusion) == close(reference.accuracy_score(actual, predicted), abs=1e-12)
    recalls = reference.recall_score(actual, predicted, labels=sorted(set(actual)), average=None, zero_division=0)
    assert metrics.mean_accuracy(confusion) == close(recalls.mean(), abs=1e-12)

    options = {"labels": labels, "zero_division": 0}
    assert metrics.macro_f1(confusion) == close(reference.f1_score(actual, predicted, average="macro", **options), abs=1e-12)
    assert metrics.weighted_f1(confusion) == close(reference.f1_score(actual, predicted, average="weighted", **options), abs=1e-12)
    ours = metrics.precision_recall_f1(confusion)
    theirs = reference.precision_recall_fscore_support(actual, predicted, **options)
    for mine, other in zip((ours.precision_K, ours.recall_K, ours.f1_K, ours.support_K), theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)


def test_no_images_gives_zeros() -> None:
    confusion = metrics.confusion_matrix([], [], 3)
    assert confusion.shape == (3, 3)
    for figure in (metrics.accuracy, metrics.mean_accuracy, metrics.macro_f1, metrics.weighted_f1):
        assert figure(confusion) == 0.0


def test_rows_are_the_actual_class() -> None:
    assert metrics.confusion_matrix([0], [2], 3)[0, 2] == 1


def test_majority_baseline_guesses_one_class_on_the_same_images() -> None:
    confusion = metrics.confusion_matrix([0, 1, 1, 2, 1], [0, 0, 2, 2, 1], 3)
    baseline = metrics.majority_baseline(confusion)
    np.testing.assert_array_equal(baseline.sum(axis=1), confusion.sum(axis=1))
    assert metrics.accuracy(baseline) == 3 / 5
    assert metrics.mean_accuracy(baseline) == pytest.approx(1 / 3)
