"""A recurrent network over the frames: gated recurrent units (Cho et al., 2014, arXiv:1406.1078) in both directions."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mien.temporal.batch import Batch, dropped

UNITS, DROPOUT = 128, 0.5
"""units of each direction, and the probability of dropout before the logits"""


class Recurrent(nn.Module):
    """One layer that reads the frames forwards and backwards; the mean of its outputs over time is classified."""

    def __init__(self, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.gru = nn.GRU(num_features, UNITS, batch_first=True, bidirectional=True)
        self.classifier = nn.Linear(2 * UNITS, num_classes)

    def forward(self, batch: Batch, generator: torch.Generator | None = None) -> Tensor:
        """Logits, B×K."""
        # Packed, so that the backward direction begins at the last frame and not in the padding.
        lengths_B = batch.mask_BT.sum(1)
        packed = pack_padded_sequence(batch.features_BTD, lengths_B.long(), batch_first=True, enforce_sorted=False)
        outputs_BTE, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True)  # zeros where there is no frame
        logits_BK: Tensor = self.classifier(dropped(outputs_BTE.sum(1) / lengths_B[:, None], DROPOUT, generator))
        return logits_BK
