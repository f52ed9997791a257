"""Draws the confusion matrix as an image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mien.core.files import replacing_file

CELL_INCHES = 0.95
MARGIN_INCHES = (2.0, 1.6)  # beside and below the matrix, for names and titles
DPI = 120
DARK = 0.55  # a cell with a larger share is so dark that its text must be white


def draw_confusion(path: Path, confusion_KK: ArrayLike, classes: Sequence[str], *, title: str) -> None:
    """Writes a PNG with the count of each cell and its percentage of the row (the actual class); the same input gives the same bytes."""
    counts_KK = np.asarray(confusion_KK)
    shares_KK = counts_KK / np.maximum(counts_KK.sum(axis=1, keepdims=True), 1)
    side_inches = CELL_INCHES * len(classes)
    figure = Figure(figsize=(side_inches + MARGIN_INCHES[0], side_inches + MARGIN_INCHES[1]), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares_KK, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts_KK):
        share = shares_KK[row, column]
        text = f"{count}\n{share:.0%}" if counts_KK[row].any() else f"{count}\n–"
        weight = "bold" if row == column else "normal"
        axes.text(column, row, text, ha="center", va="center", color="white" if share > DARK else "black", fontsize=11, fontweight=weight)
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=30, ha="right", rotation_mode="anchor", fontsize=11)
    axes.set_yticks(ticks, classes, fontsize=11)
    axes.set_xlabel("predicted", fontsize=12)
    axes.set_ylabel("actual (percentages of the row)", fontsize=12)
    axes.set_title(title, fontsize=12, wrap=True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(0.5, len(classes) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(classes) - 1), minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    FigureCanvasAgg(figure)
    with replacing_file(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
