"""The headline metrics of a test: the one list of their names, titles and meanings, in the order of tables.

Whoever shows them (leaderboard, report, cards, slices, studies) takes names and titles from here. statistics/overall_metrics.py computes them,
all but top-2 accuracy, which needs more than the predicted class (statistics/agreement.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Headline:
    """How one metric is called: in text, as the heading of a column, and what it measures."""

    title: str
    heading: str
    meaning: str


HEADLINE = {
    "accuracy": Headline("overall accuracy", "accuracy", "share of images that are right; large classes count more"),
    "mean_accuracy": Headline("mean accuracy", "mean accuracy", "mean over classes of recall"),
    "macro_f1": Headline("macro-F1", "macro-F1", "mean over classes of F1; every class counts alike"),
    "weighted_f1": Headline("weighted F1", "weighted F1", "F1, weighted by the class’s images"),
    "kappa": Headline("Cohen's kappa", "kappa", "agreement beyond chance; 0 is chance"),
    "top2_accuracy": Headline("top-2 accuracy", "top-2", "the actual class is among the two likeliest"),
}
MAIN = ("accuracy", "mean_accuracy", "macro_f1")
"""those of them that are given where there is room for few: on slices, as differences between models, in tables of studies"""
