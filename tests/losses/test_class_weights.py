"""Class weights: their scale, their limits, and a plain geometric series, in float64."""

import pytest
import torch

from mien.losses._class_weights import class_weights
from mien.losses.cross_entropy import CrossEntropy
from mien.losses.focal import FocalLoss
from tests.losses.plain import COUNTS, effective_weights

COUNT_SETS = [COUNTS, (1, 1), (1, 900), (3, 2, 1), (7, 7, 7), (436, 7215, 3171)]


def as_list(*args: object, **kwargs: object) -> list[float]:
    weights_K = class_weights(*args, **kwargs)  # type: ignore[arg-type]
    assert weights_K.dtype == torch.float32 and weights_K.isfinite().all() and (weights_K > 0).all()
    values: list[float] = weights_K.tolist()
    return values


@pytest.mark.parametrize("counts", COUNT_SETS)
@pytest.mark.parametrize("norm", ["classes", "none"])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999, 0.9999])
def test_effective_is_one_over_the_geometric_series(counts: tuple[int, ...], norm: str, beta: float) -> None:
    assert as_list("effective", counts, beta=beta, norm=norm) == pytest.approx(effective_weights(beta, counts, norm=norm), rel=1e-6)


@pytest.mark.parametrize("counts", COUNT_SETS)
@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999, 1 - 2**-53])
def test_normed_weights_sum_to_the_number_of_classes(counts: tuple[int, ...], beta: float) -> None:
    weights = as_list("effective", counts, beta=beta)
    assert sum(weights) == pytest.approx(len(counts), rel=1e-6)
    unscaled = as_list("effective", counts, beta=beta, norm="none")
    assert [a / b for a, b in zip(weights, unscaled, strict=True)] == pytest.approx([weights[0] / unscaled[0]] * len(counts), rel=1e-6)
    assert all(0 < weight <= 1 for weight in unscaled)


@pytest.mark.parametrize("counts", COUNT_SETS)
@pytest.mark.parametrize("norm", ["classes", "none"])
def test_beta_zero_weighs_all_alike(counts: tuple[int, ...], norm: str) -> None:
    assert as_list("effective", counts, beta=0.0, norm=norm) == [1.0] * len(counts)


@pytest.mark.parametrize("counts", [*COUNT_SETS, (1, 10_000_000)])
@pytest.mark.parametrize("gap", [1e-10, 1e-12, 2**-53])
def test_beta_towards_one_is_inverse_frequency(counts: tuple[int, ...], gap: float) -> None:
    rel = max(1e-6, 2 * gap * max(counts))
    assert as_list("effective", counts, beta=1 - gap, norm="none") == pytest.approx([1 / count for count in counts], rel=rel)
    inverse = as_list("inverse", counts)
    scaled = [weight * len(counts) / sum(inverse) for weight in inverse]
    assert as_list("effective", counts, beta=1 - gap) == pytest.approx(scaled, rel=rel)


def test_a_large_class_has_the_limit_of_the_series() -> None:
    assert as_list("effective", (10_000_000, 5), beta=0.9, norm="none")[0] == pytest.approx(0.1, rel=1e-6)


def test_rarer_classes_never_weigh_less() -> None:
    for beta in (0.1, 0.9, 0.999):
        weights = as_list("effective", (1, 2, 10, 500, 20_000), beta=beta)
        assert weights == sorted(weights, reverse=True) and weights[0] > weights[-1]


def test_effective_needs_beta() -> None:
    with pytest.raises(AssertionError, match="beta"):
        class_weights("effective", COUNTS)
    with pytest.raises(AssertionError, match="beta"):
        class_weights("effective", COUNTS, beta=1.0)
    with pytest.raises(AssertionError, match="every class needs training images"):
        class_weights("effective", (3, 0), beta=0.9)


@pytest.mark.parametrize("beta", [0.0, 0.99])
def test_cross_entropy_and_focal_take_them(beta: float) -> None:
    expected = class_weights("effective", COUNTS, beta=beta)
    torch.testing.assert_close(
        CrossEntropy(class_weights="effective", label_smoothing=0.0, class_counts=COUNTS, beta=beta).weights_K, expected
    )
    torch.testing.assert_close(FocalLoss(gamma=2.0, class_weights="effective", class_counts=COUNTS, beta=beta).alpha_K, expected)
