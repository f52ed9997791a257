"""Whether a map shows what a prediction depends on: pixels are deleted or inserted, hottest first (Petsiuk et al. 2018, RISE, section 3.3).

Deletion replaces pixels by the model's mean colour (0 after its normalisation), hottest first. If the map is faithful, the probability
falls early and the area under its curve is small. Insertion restores the pixels of the image in a blurred copy of it, hottest first; if the
map is faithful, the area is large. The probability is the softmax of one class (the predicted one) at 0, 1/T, …, 1 of the pixels. Areas are
computed by the trapezoid rule.

The control uses the same map with the cells of its grid in random order. The usual control, single pixels in random order, is not fair:
scattered pixels damage an image more than patches of the same area, so that any smooth map would appear unfaithful in deletion.

    curves = faithfulness(model, images_N3SS, maps_Nhw, targets_N, input_px=…, seed=…)
    summary(curves, groups_N=…, seed=…)     the part `faithfulness` of metrics/explain/M.json

Shapes: N images, S×S stored side, P×P input side, h×w grid, T steps, K classes, D draws of the control.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from mien.explain.borrow import borrowed
from mien.explain.gradcam import BATCH_SIZE, upsampled
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.statistics.means import MIN_GROUPS, group_numbers, mean_interval
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES

NUM_STEPS = 10
BLUR = 1 / 16
"""Standard deviation of the blur as a share of the side: eyes and mouth are no longer visible, but the head is."""

Curves = NDArray[np.float64]


@dataclass(frozen=True)
class Faithfulness:
    """Probabilities at 0, 1/T, …, 1 of the pixels, N × T+1; in random order, means over the draws. The rows of uniform maps are NaN."""

    deletion: Curves
    insertion: Curves
    random_deletion: Curves
    random_insertion: Curves


def faithfulness(
    model: ExpressionModel,
    images_N3SS: Tensor,
    maps_Nhw: Tensor,
    targets_N: Tensor,
    *,
    input_px: int,
    seed: int,
    num_steps: int = NUM_STEPS,
    num_draws: int = 1,
    precision: str = "fp32",
    batch_size: int = BATCH_SIZE,
    device: torch.device | str = "cpu",
) -> Faithfulness:
    """Return the curves of each RGB uint8 image for its map and its class; NaN if the map is uniform and thus defines no order of pixels.

    `precision` is fp32 or bf16 (autocast), which is up to twice as fast. The state of the model is restored. The cost is 3 + 2 (T - 1) · (1
    + D) forward passes per image. The result is deterministic for the same input and seed, and independent of the batch size up to
    rounding.
    """
    assert len(images_N3SS) == len(maps_Nhw) == len(targets_N) and num_steps > 1 and num_draws > 0
    shuffled_DNhw = _shuffled(maps_Nhw, num_draws, seed=seed)
    cells_NG = maps_Nhw.flatten(1)
    known = torch.nonzero(cells_NG.amax(dim=1) > cells_NG.amin(dim=1))[:, 0]
    curves_4NT = np.full((4, len(maps_Nhw), num_steps + 1), np.nan)
    device = torch.device(device)
    with borrowed(model, device), torch.inference_mode():
        for own in torch.split(known, batch_size):
            pictures_B3PP = to_input(images_N3SS[own].to(device), input_px=input_px, channels_last=True)
            probabilities = partial(_probabilities, model, targets_N[own].to(device), bf16=precision == "bf16")
            batch = _Batch(probabilities, pictures_B3PP, model.mean_C11)
            deletion, insertion = batch.curves(maps_Nhw[own], num_steps)
            drawn = [batch.curves(each_Nhw[own], num_steps) for each_Nhw in shuffled_DNhw]
            curves_4NT[:, own.numpy()] = deletion, insertion, *np.mean(drawn, axis=0)
    return Faithfulness(*curves_4NT)


def summary(
    curves: Faithfulness, *, groups_N: ArrayLike | None = None, seed: int, num_resamples: int = NUM_RESAMPLES, level: float = LEVEL
) -> dict[str, Any]:
    """Return num_images, num_steps, and for deletion and insertion the mean area `auc`, the control's `random_auc` and their `difference`.

    The difference is own − control; for faithful maps it is below 0 in deletion and above 0 in insertion. `low` and `high` are the ends of
    its bootstrap interval, in which images with the same id in `groups_N` are resampled together. Values are None if no image has a usable
    map; `low` and `high` are also None if there are fewer groups than MIN_GROUPS.
    """
    known_N = np.isfinite(curves.deletion[:, 0])
    group_N = group_numbers(len(known_N), groups_N)[known_N]
    enough = len(np.unique(group_N)) >= MIN_GROUPS
    found: dict[str, Any] = {"num_images": int(known_N.sum()), "num_steps": curves.deletion.shape[1] - 1}
    for name, own_NT, control_NT in (
        ("deletion", curves.deletion, curves.random_deletion),
        ("insertion", curves.insertion, curves.random_insertion),
    ):
        own_N, control_N = area(own_NT[known_N]), area(control_NT[known_N])
        if not known_N.any():
            found[name] = dict.fromkeys(("auc", "random_auc", "difference", "low", "high"))
            continue
        gap = mean_interval(own_N - control_N, groups_N=group_N, seed=seed, num_resamples=num_resamples, level=level)
        found[name] = {
            "auc": float(own_N.mean()),
            "random_auc": float(control_N.mean()),
            "difference": gap.value,
            "low": gap.low if enough else None,
            "high": gap.high if enough else None,
        }
    return found


def area(curves_NT: Curves) -> NDArray[np.float64]:
    """The area under each curve over 0 to 1, N."""
    areas_N: NDArray[np.float64] = trapezoid(curves_NT, dx=1 / (curves_NT.shape[1] - 1), axis=1)
    return areas_N


def _shuffled(maps_Nhw: Tensor, num_draws: int, *, seed: int) -> list[Tensor]:
    """The maps with the cells of each in random order, once for each draw."""
    generator = np.random.default_rng(seed)
    cells_NG = maps_Nhw.flatten(1).numpy()
    return [torch.from_numpy(generator.permuted(cells_NG, axis=1)).view_as(maps_Nhw) for _ in range(num_draws)]


class _Batch:
    """The images of one batch. The ends of all curves do not depend on the map, so their three forward passes are computed once."""

    def __init__(self, probabilities: Callable[[Tensor], Curves], pictures_B3PP: Tensor, mean_311: Tensor) -> None:
        side_px = pictures_B3PP.shape[-1]
        self._probabilities = probabilities
        self._pictures_B3PP = pictures_B3PP
        self._blurred_B3PP = gaussian_blur(pictures_B3PP, [2 * round(2 * BLUR * side_px) + 1] * 2, [BLUR * side_px] * 2)
        self._mean_B3PP = mean_311.expand_as(pictures_B3PP)
        self._whole_B, self._of_blurred_B, self._of_mean_B = map(probabilities, (pictures_B3PP, self._blurred_B3PP, self._mean_B3PP))

    def curves(self, maps_Bhw: Tensor, num_steps: int) -> tuple[Curves, Curves]:
        """Return the curves of deletion and insertion, B × T+1 each."""
        pictures_B3PP, side_px = self._pictures_B3PP, self._pictures_B3PP.shape[-1]
        # Ties, such as all cells that are 0, are ordered from top to bottom, in the control too.
        hottest_BG = upsampled(maps_Bhw, side_px).flatten(1).argsort(dim=1, descending=True, stable=True)
        place_BG = hottest_BG.argsort(dim=1).to(pictures_B3PP.device)
        place_B1PP = place_BG.view(-1, 1, side_px, side_px)
        deletion, insertion = [self._whole_B], [self._of_blurred_B]
        for step in range(1, num_steps):
            hot_B1PP = place_B1PP < step * side_px**2 / num_steps
            deletion.append(self._probabilities(torch.where(hot_B1PP, self._mean_B3PP, pictures_B3PP)))
            insertion.append(self._probabilities(torch.where(hot_B1PP, pictures_B3PP, self._blurred_B3PP)))
        return np.stack([*deletion, self._of_mean_B], axis=1), np.stack([*insertion, self._whole_B], axis=1)


def _probabilities(model: ExpressionModel, targets_B: Tensor, images_B3PP: Tensor, *, bf16: bool) -> Curves:
    """The softmax probability of each image's class, B."""
    with torch.autocast(images_B3PP.device.type, torch.bfloat16, enabled=bf16):
        logits_BK = model(images_B3PP.contiguous(memory_format=torch.channels_last))
    probabilities: Curves = logits_BK.double().softmax(dim=1).gather(1, targets_B[:, None])[:, 0].cpu().numpy()
    return probabilities
