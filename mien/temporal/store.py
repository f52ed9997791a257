"""Writes a temporal model, and proves that NumPy pools as torch does."""

from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.torch import save
from torch import nn

from mien.core.errors import ExportError
from mien.core.files import replacing_directory, write_json
from mien.predict.answer import Answer
from mien.predict.clips.answer import DESCRIPTION, WEIGHTS, TemporalAnswer
from mien.predict.clips.pooling import POOLINGS, Frames
from mien.temporal.clips import Clips
from mien.temporal.features import Outputs
from mien.temporal.training import Trained

MAX_DIFFERENCE = 1e-5
"""of a logit, as a share of the largest one, or of 1"""


def save_temporal(folder: Path, trained: Trained, *, model: str, pooling: str, answer: Answer) -> None:
    """Writes the folder completely or not at all; the same content gives the same bytes."""
    state = {name: tensor.contiguous() for name, tensor in trained.pooling.state_dict().items()}
    document = TemporalAnswer(
        model=model,
        pooling=pooling,  # type: ignore[arg-type]
        answer=answer,
        best_epoch=trained.best_epoch,
        train_loss=[round(loss, 6) for loss in trained.train_loss],
        val_loss=[round(loss, 6) for loss in trained.val_loss],
    )
    with replacing_directory(folder) as temporary:
        (temporary / WEIGHTS).write_bytes(save(state))
        write_json(temporary / DESCRIPTION, document.model_dump(mode="json", by_alias=True))


def prove_pooling(pooling: nn.Module, name: str, outputs: Outputs, clips: Clips, predicted: pd.DataFrame) -> None:
    """Raises ExportError if NumPy's logits of a test clip differ from torch's in `predicted` by more than MAX_DIFFERENCE."""
    weights = {key: tensor.numpy() for key, tensor in pooling.state_dict().items()}
    logits_NK, features_ND = outputs.logits_NK.numpy(), outputs.features_ND.numpy()
    given_BK = np.stack([POOLINGS[name](weights, Frames(logits_NK[rows], features_ND[rows])) for rows in clips.of_split("test")[1]])
    expected_BK = np.stack(predicted["logits"].to_list())
    off = float(np.abs(given_BK - expected_BK).max()) / max(1.0, float(np.abs(expected_BK).max()))
    if not off <= MAX_DIFFERENCE:
        raise ExportError(f"the {name} pooling of NumPy differs from that of torch by {off:.1e}; please report this")
