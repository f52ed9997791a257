"""MEK: its smooth labels and weighted consistency against a plain transcription in float64, and its authors' constants."""

import pytest
import torch
import torch.nn.functional as F

from mien.losses.mek import Mek
from tests.losses import plain
from tests.losses.plain import COUNTS, WEIGHT_RTOL, K, draw, mixed

RAF_DB_COUNTS = (1290, 281, 717, 4772, 1982, 705, 2524)
COUNT_SETS = [COUNTS, (1, 1), (3, 900), RAF_DB_COUNTS]


def build(
    counts: tuple[int, ...] = COUNTS, *, weight: float = 0.1, scale: float = 0.1, share: float = 0.7, transform: str = "horizontal"
) -> Mek:
    return Mek(
        mek_weight=weight,
        mek_scale=scale,
        mek_true_share=share,
        consistency_transform=transform,
        detach_class_weights=True,
        joint_views=True,
        class_counts=counts,
    )


def slow_smooth_label(y: int, *, share: float, counts: tuple[int, ...] = COUNTS) -> list[float]:
    others = sum(1 / count for k, count in enumerate(counts) if k != y)
    return [share if k == y else (1 - share) * (1 / counts[k]) / others for k in range(len(counts))]


@pytest.mark.parametrize("counts", COUNT_SETS)
@pytest.mark.parametrize("share", [0.1, 0.7, 1.0])
def test_smooth_labels_sum_to_one_and_agree_with_the_formula(counts: tuple[int, ...], share: float) -> None:
    labels_KK = build(counts, share=share).smooth_labels_KK
    torch.testing.assert_close(labels_KK.double().sum(dim=1), torch.ones(len(counts), dtype=torch.float64), rtol=0, atol=1e-6)
    for y, label in enumerate(labels_KK.tolist()):
        assert label == pytest.approx(slow_smooth_label(y, share=share, counts=counts), rel=1e-6)


def test_weights_are_the_authors_for_rafdb() -> None:
    """The published training code holds these constants for RAF-DB's 12,271 training images."""
    published = [0.95124031, 4.36690391, 1.71143654, 0.25714585, 0.6191221, 1.74056738, 0.48617274]
    assert build(RAF_DB_COUNTS).weights_K.tolist() == pytest.approx(published, rel=1e-5)


def test_weights_scale_with_their_scale_and_are_not_normalised() -> None:
    torch.testing.assert_close(build(scale=0.3).weights_K, 3 * build(scale=0.1).weights_K)
    assert build(scale=0.1).weights_K.tolist() == pytest.approx([0.1 * sum(COUNTS) / count for count in COUNTS], rel=1e-6)
    assert torch.equal(build(scale=0.3).smooth_labels_KK, build(scale=0.1).smooth_labels_KK)


@pytest.mark.parametrize(("weight", "scale", "share"), [(0.0, 0.1, 0.7), (0.1, 0.1, 0.7), (2.0, 0.5, 0.4), (1.0, 1.0, 1.0)])
@pytest.mark.parametrize("transform", ["horizontal", "vertical", "intensity"])
@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_agrees_with_the_formula(weight: float, scale: float, share: float, transform: str, soft: bool) -> None:
    loss = build(weight=weight, scale=scale, share=share, transform=transform)
    for seed in range(2):
        first, second, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        smooth = []
        for shares in plain.rows(targets):
            labels = [slow_smooth_label(y, share=share) for y in range(K)]
            smooth.append([sum(shares[y] * labels[y][k] for y in range(K)) for k in range(K)])
        alone = plain.cross_entropy(first.logits_NK, torch.tensor(smooth, dtype=torch.float64))
        sums = plain.squared_or_absolute(
            first.class_maps_NKHW, second.class_maps_NKHW, transform=transform, norm="squared", weights=[1.0] * K
        )
        num, _, height, width = first.class_maps_NKHW.shape
        consistency = sum(scale * sum(COUNTS) / COUNTS[k] * row[k] / (height * width) for row in sums for k in range(K)) / num
        assert loss.pair(first, second, targets).item() == pytest.approx(alone + weight * consistency, rel=WEIGHT_RTOL)
        assert loss(first.logits_NK, targets).item() == pytest.approx(alone, rel=WEIGHT_RTOL)


def test_a_true_share_of_one_without_consistency_is_cross_entropy() -> None:
    first, second, targets = draw(0)
    torch.testing.assert_close(build(weight=0.0, share=1.0).pair(first, second, targets), F.cross_entropy(first.logits_NK, targets))


def test_autocast_does_not_round_the_smooth_labels() -> None:
    first, _, targets = draw(0)
    logits = first.logits_NK.float()
    expected = build()(logits, mixed(targets).float())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(build()(logits, mixed(targets).float()), expected)
