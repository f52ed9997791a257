"""Compares models on the same test images with one of them, in Markdown: metrics, differences with intervals, recalls, training times."""

from collections.abc import Iterable, Mapping, Sequence

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
    """Two tables with a row per model of `predictions` (columns path, sample_id, label, predicted), in the order given.

    The first contains overall accuracy, mean accuracy, macro-F1, their differences to the model `against` with paired bootstrap
    intervals of LEVEL, and the training time if it is known; the second contains the recall of each class. `groups` gives, by path, the
    group that is drawn together. Raises TableError if the models were tested on different images, or on others than those of `groups`.
    """
    images = same_images(predictions, against=against, classes=classes, groups=groups)
    confusions = {model: confusion_matrix(images.actual_N, taken_N, len(classes)) for model, taken_N in images.predicted.items()}
    figures = []
    for model, confusion_KK in confusions.items():
        own = overall_metrics(confusion_KK)
        cells = [f"{own[name]:.4f}" for name in MAIN]
        if model == against:
            cells += ["reference", "", ""]
        else:
            found = paired_differences(
                images.actual_N,
                images.predicted[model],
                images.predicted[against],
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
            "",
            *markdown_table(headings, figures),
            "",
            "Recall of each class (test images):",
            "",
            *markdown_table(
                _recall_headings(confusions[against], classes),
                [_recalls(model, confusion_KK) for model, confusion_KK in confusions.items()],
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


def _difference(difference: Interval) -> str:
    return f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]{' *' if difference.excludes_zero else ''}"


def _recall_headings(confusion_KK: Counts, classes: Sequence[str]) -> list[str]:
    return ["model", *(f"{escaped(name)} ({num:,})" for name, num in zip(classes, confusion_KK.sum(axis=1), strict=True))]


def _recalls(model: str, confusion_KK: Counts) -> list[str]:
    per_class = precision_recall_f1(confusion_KK)
    return [model, *(f"{recall:.4f}" if num else ABSENT for recall, num in zip(per_class.recall_K, per_class.support_K, strict=True))]
