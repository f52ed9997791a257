"""The model card of each model and the data card of a run, Markdown made from the same figures as the report."""

from mien.report.cards.data import data_card
from mien.report.cards.model import model_card

__all__ = ["data_card", "model_card"]
