"""The tables of a comparison with other packages, in Markdown: metrics by part of the test split, differences, and memory of copies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.core.markdown import escaped, markdown_table
from mien.statistics.headline import HEADLINE, MAIN
from mien.statistics.intervals import metric_intervals, wilson_interval
from mien.statistics.paired import paired_differences
from mien.statistics.resampling import NUM_RESAMPLES, Interval

Predicted = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Compared:
    """N test images: actual class, group that is drawn together, and the masks of the subsets to report on, by title."""

    actual_N: NDArray[np.int64]
    groups_N: NDArray[np.object_]
    subsets: Mapping[str, NDArray[np.bool_]]
    num_classes: int


def metrics_table(tested: Compared, predicted: Predicted, *, seed: int, num_resamples: int = NUM_RESAMPLES) -> list[str]:
    """A row for each subset and model: the metrics of MAIN with 95 % BCa intervals, where groups are drawn together."""
    rows = []
    for title, part_N in tested.subsets.items():
        for model, predicted_N in predicted.items():
            found = metric_intervals(
                tested.actual_N[part_N],
                predicted_N[part_N],
                tested.num_classes,
                groups_N=tested.groups_N[part_N],
                seed=seed,
                num_resamples=num_resamples,
            )
            rows.append([f"{title} ({part_N.sum():,})", escaped(model), *(_metric(found[name]) for name in MAIN)])
    return markdown_table(["test images", "model", *_headings()], rows, num_left=2)


def differences_table(
    tested: Compared, predicted: Predicted, *, models: Sequence[str], seed: int, num_resamples: int = NUM_RESAMPLES
) -> list[str]:
    """A row for each subset, each of our `models` and each other row: model - other, with paired 95 % intervals; * excludes 0."""
    rows = []
    for title, model, other in _pairs(tested, predicted, models):
        part_N = tested.subsets[title]
        found = paired_differences(
            tested.actual_N[part_N],
            predicted[model][part_N],
            predicted[other][part_N],
            tested.num_classes,
            groups_N=tested.groups_N[part_N],
            seed=seed,
            num_resamples=num_resamples,
        )
        cells = (f"{_signed(found[name])}{' *' if found[name].excludes_zero else ''}" for name in MAIN)
        rows.append([f"{title} ({part_N.sum():,})", f"{escaped(model)} − {escaped(other)}", *cells])
    return markdown_table(["test images", "difference", *_headings()], rows, num_left=2)


def memory_table(tested: Compared, predicted: Predicted, copy_N: NDArray[np.int64]) -> list[str]:
    """For each model, what it predicts for test images whose only copy in training has another label.

    `copy_N` is the class of that copy, or -1. The share is of the images for which one of the two labels is predicted, with its 95 % Wilson
    interval. A model that has not seen the copies predicts both labels about equally often, because the two files were labelled alike.
    """
    differ_N = (copy_N >= 0) & (copy_N != tested.actual_N)
    rows = []
    for model, predicted_N in predicted.items():
        test, training = (int((predicted_N[differ_N] == label_N[differ_N]).sum()) for label_N in (tested.actual_N, copy_N))
        share = _metric(wilson_interval(training, test + training)) if test + training else "–"
        rows.append([escaped(model), *map(str, (differ_N.sum(), test, training)), share])
    return markdown_table(["model", "images", "label of the test split", "label in training", "share of the label in training"], rows)


def _pairs(tested: Compared, predicted: Predicted, models: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for title in tested.subsets:
        for model in models:
            for other in predicted:
                if other not in models:
                    yield title, model, other


def _headings() -> list[str]:
    return ["mean recall" if name == "mean_accuracy" else HEADLINE[name].heading for name in MAIN]


def _metric(found: Interval) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _signed(found: Interval) -> str:
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
