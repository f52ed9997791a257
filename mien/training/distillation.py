"""Knowledge distillation: a student also learns the probabilities of its teachers. Shapes: V teachers, N images, K classes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from mien.augmentation.mixing import mix, mixes
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams
from mien.core.errors import TableError
from mien.core.outputs import damaged
from mien.store.tables import TEACHINGS, read_table


def distilled(own_loss: Tensor, logits_NK: Tensor, taught_NK: Tensor, settings: TrainParams) -> Tensor:
    """The loss of a student (Hinton et al. 2015, arXiv:1503.02531, section 2), a scalar.

    L = (1 - a) L_own + a T² Σ_k p_k (log p_k - log q_k),  averaged over images

    `own_loss` is L_own, the student's loss on labels. p is `taught_NK`, and q = softmax(logits / T). a is distill_weight, and T > 0 is
    distill_temperature; T² keeps the size of the gradient when T changes.
    """
    weight, temperature = settings.distill_weight, settings.distill_temperature
    divergence = F.kl_div(F.log_softmax(logits_NK / temperature, dim=1), taught_NK, reduction="batchmean")
    return (1 - weight) * own_loss + weight * temperature**2 * divergence


def mean_probabilities(log_probabilities_VNK: Tensor, *, temperature: float) -> Tensor:
    """The mean over teachers of their probabilities at a temperature, softmax(log p / T), float32 N×K."""
    return F.softmax(log_probabilities_VNK.double() / temperature, dim=2).mean(dim=0).float()


def mix_with_taught(
    images_NCSS: Tensor, targets: Tensor, taught_NK: Tensor | None, settings: AugmentParams, *, num_classes: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor | None]:
    """As mien.augmentation.mixing.mix, also for the teachers' probabilities, if any, which are blended by the same shares as the images."""
    if taught_NK is None or not mixes(settings):
        return *mix(images_NCSS, targets, settings, num_classes=num_classes, generator=generator), taught_NK
    soft_NK = F.one_hot(targets, num_classes).to(taught_NK) if targets.ndim == 1 else targets
    images, both = mix(images_NCSS, torch.cat([soft_NK, taught_NK], dim=1), settings, num_classes=num_classes, generator=generator)
    return images, both[:, :num_classes], both[:, num_classes:]


def read_taught(tables: Iterable[Path], sample_ids: Sequence[str], *, num_classes: int, temperature: float) -> Tensor:
    """What `mean_probabilities` gives for the tables of all teachers, in the order of `sample_ids`.

    Raises TableError if a table is missing, or is not of these images and this number of classes.
    """
    return mean_probabilities(torch.stack([_read(path, sample_ids, num_classes) for path in tables]), temperature=temperature)


def taught_rows(sample_ids: Sequence[str], logits_NK: np.ndarray) -> pd.DataFrame:
    """The rows of TEACHINGS for the logits of a teacher, float32 N×K."""
    logs_NK = F.log_softmax(torch.from_numpy(logits_NK).double(), dim=1).float().numpy()
    return pd.DataFrame({"sample_id": sample_ids, "log_probabilities": list(logs_NK)})


def require_classes(teacher: str, classes: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises TableError unless a teacher was trained for the classes of params.yaml, in their order."""
    if list(classes) != list(wanted):
        raise TableError(
            f"{teacher} was trained for the classes {', '.join(classes)}, but params.yaml has {', '.join(wanted)}; "
            f"run `dvc repro train@{teacher}`"
        )


def _read(path: Path, sample_ids: Sequence[str], num_classes: int) -> Tensor:
    rows = read_table(path, TEACHINGS).set_index("sample_id")["log_probabilities"]
    if set(rows.index) != set(sample_ids) or {len(logs) for logs in rows} != {num_classes}:
        raise damaged(path, "is not for the training images and classes of this run")
    return torch.from_numpy(np.stack(rows.loc[list(sample_ids)].tolist()))
