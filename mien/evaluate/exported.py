"""What is evaluated of an exported network: its predictions by ONNX Runtime, and what is known of its file. Shapes: N images, K classes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mien.evaluate.model_facts import cost_document
from mien.export.exporting import Exported
from mien.models.cost import cost_of
from mien.models.description import Description
from mien.predict.engine import Engine
from mien.store.faces import FaceSet

BATCH_SIZE = 32
DIGITS = 3


def predict_exported(engine: Engine, faces: FaceSet, rows: pd.DataFrame, *, classes: Sequence[str], seed: int, name: str) -> pd.DataFrame:
    """The rows with the new columns seed, logits and predicted (the class), like those of `predict_seeds`.

    `faces` contains each different sample_id of the rows once. `name` is that of the progress bar.
    """
    batches = tqdm(faces.images.split(BATCH_SIZE), desc=f"export {name}", unit="batch", total=math.ceil(len(faces) / BATCH_SIZE))
    logits_NK = np.concatenate([engine.run(channels_last(images_B3SS))[0] for images_B3SS in batches])
    logits = dict(zip(faces.sample_ids, logits_NK, strict=True))
    predicted = {sample_id: classes[logits_K.argmax()] for sample_id, logits_K in logits.items()}
    ids = rows["sample_id"]
    return rows.assign(seed=seed, logits=ids.map(logits), predicted=ids.map(predicted))


def export_facts(described: Description, exported: Exported, *, tta: str, file_bytes: int) -> dict[str, Any]:
    """JSON values for the head of metrics/evaluate/EXPORT.json; the cost is that of the model, except for the size of the file."""
    agreement = exported.agreement
    return {
        "weights": described.training["weights"],
        "classes": described.classes,
        **({"tta": tta} if tta != "none" else {}),
        "exported": {
            "model": described.name,
            "precision": exported.precision,
            "compared": {
                "num_images": agreement.num_images,
                "same_class": agreement.same_class,
                "mean_difference": _rounded(agreement.mean_difference),
                "max_difference": _rounded(agreement.max_difference),
            },
        },
        "cost": cost_document(cost_of(described.config, tta=tta), file_bytes=file_bytes),
    }


def channels_last(images_N3SS: Tensor) -> NDArray[np.uint8]:
    """The images as an engine takes them, N×S×S×3."""
    return images_N3SS.permute(0, 2, 3, 1).numpy()


def _rounded(value: float) -> float:
    """Without the digits that differ from one processor to the next."""
    return float(f"{value:.{DIGITS}g}")
