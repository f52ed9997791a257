"""Kappa and top-k accuracy against scikit-learn; the figures of many matrices against those of each."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, top_k_accuracy_score

from mien.statistics import metrics
from mien.statistics.agreement import cohen_kappa, top_k_accuracy
from mien.statistics.overall_metrics import figures_of
from tests.statistics.test_metrics import KINDS, drawn


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_classes", [2, 5, 7])
@pytest.mark.filterwarnings("ignore:.*one label in common")
def test_kappa_as_scikit_learn(kind: str, num_classes: int) -> None:
    for seed in range(5):
        actual, predicted = drawn(kind, num_classes, seed)
        found = cohen_kappa(metrics.confusion_matrix(actual, predicted, num_classes))
        wanted = cohen_kappa_score(actual, predicted, labels=range(num_classes))
        assert found == pytest.approx(np.nan_to_num(wanted), abs=1e-12)  # scikit-learn has no figure for one class only, we have 0


def test_kappa_at_its_ends() -> None:
    assert cohen_kappa(np.diag([3, 5, 2])) == 1.0
    assert cohen_kappa([[0, 4], [4, 0]]) == -1.0
    assert cohen_kappa(np.outer([10, 20], [1, 4])) == 0.0  # predictions that do not look at the image
    assert cohen_kappa([[7, 0], [0, 0]]) == 0.0 and cohen_kappa(np.zeros((3, 3))) == 0.0  # nothing to agree beyond chance


@pytest.mark.parametrize("k", [1, 2, 4])
def test_top_k_as_scikit_learn(k: int) -> None:
    generator = np.random.default_rng(k)
    logits_NK, actual_N = generator.normal(size=(500, 7)).astype(np.float32), generator.integers(0, 7, 500)
    wanted = top_k_accuracy_score(actual_N, logits_NK, k=k, labels=range(7))
    assert top_k_accuracy(logits_NK, actual_N, k=k) == pytest.approx(wanted, abs=1e-12)


def test_top_1_is_accuracy_with_ties_too_and_top_all_is_1() -> None:
    generator = np.random.default_rng(0)
    logits_NK, actual_N = generator.integers(0, 3, (300, 4)).astype(float), generator.integers(0, 4, 300)
    assert top_k_accuracy(logits_NK, actual_N, k=1) == (logits_NK.argmax(axis=1) == actual_N).mean()
    shares = [top_k_accuracy(logits_NK, actual_N, k=k) for k in range(1, 5)]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert top_k_accuracy(np.zeros((0, 4)), [], k=2) == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_figures_of_many_are_those_of_each(kind: str) -> None:
    confusions = np.stack([metrics.confusion_matrix(*drawn(kind, 5, seed), 5) for seed in range(20)])
    found = figures_of(confusions.astype(float))
    for name, figure in {
        "accuracy": metrics.accuracy,
        "mean_accuracy": metrics.mean_accuracy,
        "macro_f1": metrics.macro_f1,
        "weighted_f1": metrics.weighted_f1,
        "kappa": cohen_kappa,
    }.items():
        np.testing.assert_allclose(found[name], [figure(confusion) for confusion in confusions], rtol=0, atol=1e-12)
