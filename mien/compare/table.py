"""Compares models on the same test images with one of them, in Markdown: metrics, differences with intervals, recalls, training times."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from mien.compare.leaderboard import HEADINGS
from mien.compare.same_images import same_images
from mien.core.markdown import escaped, markdown_table
from mien.statistics.headline import MAIN
from mien.statistics.metrics import Counts, confusion_matrix, precision_recall_f1
from mien.statistics.overall_metrics import overall_metrics
from mien.statistics.paired import paired_differences
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval
from mien.training.timing import Timing

ABSENT = "–"


def study_table(
    predictions: Mapping[str, pd.DataFrame],
    *,
    against: str,
    classes: Sequence[str],
    groups: Mapping[str, str],
    timings: Mapping[str, Timing | None],
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> str:
    """Two tables with a row per model of `predictions` (columns path, sample_id, label, seed, predicted), in the order given.

    The first contains overall accuracy, mean accuracy, macro-F1, their differences to the model `against` with paired bootstrap
    intervals of LEVEL, and the training time if it is known; the second contains the recall of each class. If a model was trained with
    several seeds, these are means over them, with the standard deviation. `groups` gives, by path, the group that is drawn together.
    Raises TableError if the models were tested on different images, or on others than those of `groups`.
    """
    trainings = {model: [frame for _, frame in rows.groupby("seed", sort=False)] or [rows] for model, rows in predictions.items()}
    named = {_named(model, number): frame for model, frames in trainings.items() for number, frame in enumerate(frames)}
    images = same_images(named, against=_named(against, 0), classes=classes, groups=groups)
    predicted = {
        model: np.stack([images.predicted[_named(model, number)] for number in range(len(frames))]) for model, frames in trainings.items()
    }
    confusions = {model: [confusion_matrix(images.actual_N, row_N, len(classes)) for row_N in rows] for model, rows in predicted.items()}
    figures = []
    for model, own in confusions.items():
        metrics = [overall_metrics(confusion_KK) for confusion_KK in own]
        cells = [_spread([one[name] for one in metrics]) for name in MAIN]
        if model == against:
            cells += ["reference", "", ""]
        else:
            found = paired_differences(
                images.actual_N,
                predicted[model],
                predicted[against],
                len(classes),
                groups_N=images.groups_N,
                seed=seed,
                num_resamples=num_resamples,
            )
            cells += [_difference(found[name]) for name in MAIN]
        figures.append([model, *cells, str(timings.get(model) or ABSENT)])
    headings = ["model", *(HEADINGS[name] for name in MAIN), *(f"Δ {HEADINGS[name]}" for name in MAIN), "training"]
    return "\n".join(
        [
            *_header(against, num_images=len(images.actual_N), num_groups=images.num_groups, num_resamples=num_resamples),
            *_seeds({model: len(own) for model, own in confusions.items()}),
            "",
            *markdown_table(headings, figures),
            "",
            "Recall of each class (test images):",
            "",
            *markdown_table(
                _recall_headings(confusions[against][0], classes),
                [_recalls(model, own) for model, own in confusions.items()],
            ),
        ]
    )


def _header(against: str, *, num_images: int, num_groups: int, num_resamples: int) -> Iterable[str]:
    drawn = (
        f"in {num_groups:,} groups of one picture or person that are drawn together" if num_groups < num_images else "each drawn by itself"
    )
    yield f"Test split: {num_images:,} images, {drawn}. Δ: difference to {against}, with its paired {LEVEL:.0%} interval"
    yield f"({num_resamples:,} bootstrap resamples); * marks intervals that exclude 0. They cover the draw of test images, not another"
    yield "training seed; if nothing differs, one in twenty is still marked."


def _named(model: str, number: int) -> str:
    """How messages call a training: the first one by the name of its model."""
    return f"{model}, training {number + 1}" if number else model


def _seeds(numbers: Mapping[str, int]) -> Iterable[str]:
    several = sorted({number for number in numbers.values() if number > 1})
    if several:
        alone = " Models without ± have one." if 1 in numbers.values() else ""
        yield f"Values are means over {' or '.join(map(str, several))} training seeds ± standard deviation.{alone}"


def _spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else f"{values[0]:.4f}"


def _difference(difference: Interval) -> str:
    return f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]{' *' if difference.excludes_zero else ''}"


def _recall_headings(confusion_KK: Counts, classes: Sequence[str]) -> list[str]:
    return ["model", *(f"{escaped(name)} ({num:,})" for name, num in zip(classes, confusion_KK.sum(axis=1), strict=True))]


def _recalls(model: str, confusions: Sequence[Counts]) -> list[str]:
    recall_K = np.mean([precision_recall_f1(confusion_KK).recall_K for confusion_KK in confusions], axis=0)
    return [model, *(f"{recall:.4f}" if num else ABSENT for recall, num in zip(recall_K, confusions[0].sum(axis=1), strict=True))]
