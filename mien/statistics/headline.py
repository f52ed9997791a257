"""The headline metrics of a test: the single list of their names, titles and meanings, in the order in which tables show them.

Leaderboard, report, cards, slices and studies take names and titles from here. statistics/overall_metrics.py computes all of them
except top-2 accuracy, which needs more than the predicted class (statistics/agreement.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Headline:
    """The titles of one metric, in text and as a column heading, and what it measures."""

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
"""the metrics that are shown where space is limited: on slices, as differences between models, and in tables of studies"""
