"""The model cards and the data card of a run: Markdown that is made from the same metrics as the report."""

from mien.report.cards.data import data_card
from mien.report.cards.model import model_card

__all__ = ["data_card", "model_card"]
