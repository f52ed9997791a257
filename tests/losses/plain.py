"""The formulas of the papers as plain Python loops over floats, one number at a time: what the losses are compared with.

Nothing here is vectorised, stable or shared with mien. `targets` are rows of shares, one per image.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mien.losses._views import View

COUNTS = (40, 10, 25, 5)
K = len(COUNTS)
WEIGHT_RTOL = 1e-6
"""the losses keep weights in float32, so they agree to its precision"""


def draw(seed: int, num: int = 5, *, height: int = 3, width: int = 4) -> tuple[View, View, Tensor]:
    """Two views of random logits and class maps in float64, and integer targets."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    views = [View(3 * normal(num, K), 2 * normal(num, K, height, width)) for _ in range(2)]
    return views[0], views[1], torch.randint(K, (num,), generator=generator)


def one_hot(targets: Tensor) -> Tensor:
    return F.one_hot(targets, K).double()


def mixed(targets: Tensor) -> Tensor:
    """Soft targets as Mixup gives them: each image's class with that of another."""
    return 0.3 * one_hot(targets) + 0.7 * one_hot(targets.roll(1))


def rows(targets: Tensor) -> list[list[float]]:
    shares: list[list[float]] = (one_hot(targets) if targets.ndim == 1 else targets).tolist()
    return shares


def effective_weights(beta: float, counts: tuple[int, ...] = COUNTS, *, norm: str = "classes") -> list[float]:
    weights = [1.0 / sum(beta**power for power in range(count)) for count in counts]  # the geometric series itself
    return [weight * len(counts) / sum(weights) for weight in weights] if norm == "classes" else weights


def softmax(logits: list[float]) -> list[float]:
    total = sum(math.exp(value) for value in logits)
    return [math.exp(value) / total for value in logits]


def cross_entropy(logits: Tensor, targets: Tensor, *, weights: list[float] | None = None, shift: list[float] | None = None) -> float:
    total = 0.0
    for row, shares in zip(logits.tolist(), rows(targets), strict=True):
        p = softmax([value + (shift[k] if shift else 0.0) for k, value in enumerate(row)])
        for k in range(len(row)):
            total -= (weights[k] if weights else 1.0) * shares[k] * math.log(p[k])
    return total / len(logits)


def focal(logits: Tensor, targets: Tensor, *, gamma: float, weights: list[float]) -> float:
    total = 0.0
    for row, shares in zip(logits.tolist(), rows(targets), strict=True):
        p = softmax(row)
        for k in range(len(row)):
            total -= shares[k] * weights[k] * (1 - p[k]) ** gamma * math.log(p[k])
    return total / len(logits)


def place_back(h: int, w: int, height: int, width: int, transform: str) -> tuple[int, int]:
    """Where the second view's map shows what the first shows at row h, column w."""
    return {"horizontal": (h, width - 1 - w), "vertical": (height - 1 - h, w)}.get(transform, (h, w))


def squared_or_absolute(first: Tensor, second: Tensor, *, transform: str, norm: str, weights: list[float]) -> list[list[float]]:
    """For each image and class the sum over the grid of d(w_k A, back(w_k Ã))."""
    num, classes, height, width = first.shape
    sums = [[0.0] * classes for _ in range(num)]
    for i in range(num):
        for k in range(classes):
            for h in range(height):
                for w in range(width):
                    other = second[(i, k, *place_back(h, w, height, width, transform))].item()
                    gap = weights[k] * first[i, k, h, w].item() - weights[k] * other
                    sums[i][k] += gap**2 if norm == "squared" else abs(gap)
    return sums
