"""The judgement of image labels by the features of a trained model. The stage `doubts` and its benchmark use this module."""

from typing import Literal

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
    workers: int = 1,
    executor: Literal["local", "ray"] = "local",
) -> Doubts:
    """Judge the label of every row (SPLITS) by the model's features of its face; `faces` are those of `rows`, in the same order.

    The regressions run on `workers` processes, or as Ray tasks (see mien.doubts.regressions).
    """
    features_DNC = features_by_depth(
        model,
        faces.images,
        input_px=config.input_px,
        device=device,
        progress=f"doubts: features of {config.name}",
    )
    return doubts(
        features_DNC,
        faces.targets_N.numpy(),
        units(rows).to_numpy(),
        seen_N=(rows["split"] == "train").to_numpy(),
        num_classes=len(config.classes),
        folds=folds,
        seed=seed,
        workers=workers,
        executor=executor,
        label="doubts: regressions",
    )
