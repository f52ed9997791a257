"""What a trained model says of the labels of images: features at its depths, judged. The stage `doubts` and the benchmark of it call this."""

import pandas as pd
import torch

from mien.config.model import ModelConfig
from mien.doubts.confident_learning import Doubts, doubts
from mien.doubts.depths import features_by_depth
from mien.models.build import ExpressionModel
from mien.split.units import units
from mien.store.faces import FaceSet


def judge(
    model: ExpressionModel,
    config: ModelConfig,
    rows: pd.DataFrame,
    faces: FaceSet,
    *,
    folds: int,
    seed: int,
    device: torch.device | str = "cpu",
    progress: bool = False,
) -> Doubts:
    """The label of every row (SPLITS) judged by the model's features of its face; `faces` are those of `rows`, in their order."""
    features_DNC = features_by_depth(
        model,
        faces.images_N3SS,
        input_px=config.input_px,
        device=device,
        progress=f"doubts: features of {config.name}" if progress else None,
    )
    return doubts(
        features_DNC,
        faces.targets_N.numpy(),
        units(rows).to_numpy(),
        seen_N=(rows["split"] == "train").to_numpy(),
        num_classes=len(config.classes),
        folds=folds,
        seed=seed,
        progress="doubts: regressions" if progress else None,
    )
