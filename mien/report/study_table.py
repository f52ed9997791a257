"""Models tested on the same images beside one of them, in Markdown: figures, differences with intervals, recalls, training times."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from mien.errors import TableError
from mien.evaluation.metrics import Counts, accuracy, confusion_matrix, macro_f1, mean_accuracy, precision_recall_f1
from mien.evaluation.paired import paired_differences
from mien.evaluation.resampling import LEVEL, NUM_RESAMPLES, Interval
from mien.report.timing import Timing

FIGURES = {"accuracy": accuracy, "mean_accuracy": mean_accuracy, "macro_f1": macro_f1}
HEADINGS = {"accuracy": "accuracy", "mean_accuracy": "mean accuracy", "macro_f1": "macro-F1"}
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

    The first holds overall accuracy, mean accuracy, macro-F1, their differences to the model `against` with paired bootstrap intervals of
    LEVEL, and the time of the training where it is known; the second the recall of each class. `groups` names, by path, what is drawn
    together. Raises TableError if the models were tested on different images, or on one that `groups` does not have.
    """
    rows = _same_images(predictions, against=against, classes=classes)
    index = {name: number for number, name in enumerate(classes)}
    actual_N = rows[against]["label"].map(index).to_numpy()
    predicted = {model: frame["predicted"].map(index).to_numpy() for model, frame in rows.items()}
    if unknown := rows[against].loc[~rows[against]["path"].isin(groups), "path"].tolist():
        raise TableError(
            f"{against} was tested on {unknown[0]}, which is not in the test split ({len(unknown)} such images); run `dvc repro`"
        )
    groups_N = np.unique(rows[against]["path"].map(groups).to_numpy(dtype=str), return_inverse=True)[1]
    confusions = {model: confusion_matrix(actual_N, taken_N, len(classes)) for model, taken_N in predicted.items()}
    figures = []
    for model, confusion_KK in confusions.items():
        cells = [f"{figure(confusion_KK):.4f}" for figure in FIGURES.values()]
        if model == against:
            cells += ["reference", "", ""]
        else:
            found = paired_differences(
                actual_N, predicted[model], predicted[against], len(classes), groups_N=groups_N, seed=seed, num_resamples=num_resamples
            )
            cells += [_difference(found[name]) for name in FIGURES]
        figures.append([model, *cells, str(timings.get(model) or ABSENT)])
    headings = ["model", *HEADINGS.values(), *(f"Δ {heading}" for heading in HEADINGS.values()), "training"]
    return "\n".join(
        [
            *_header(against, num_images=len(actual_N), num_groups=int(groups_N.max()) + 1, num_resamples=num_resamples),
            "",
            *_markdown(headings, figures),
            "",
            "Recall of each class (test images):",
            "",
            *_markdown(_recall_headings(confusions[against], classes), [_recalls(model, confusions[model]) for model in rows]),
        ]
    )


def _same_images(predictions: Mapping[str, pd.DataFrame], *, against: str, classes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The predictions in the order of `path`; raises TableError if they are not all of the same images under the same labels."""
    rows = {model: frame.sort_values("path", ignore_index=True) for model, frame in predictions.items()}
    for model, frame in rows.items():
        if unknown := sorted({*frame["label"], *frame["predicted"]} - set(classes)):
            raise TableError(f"the predictions of {model} hold classes that params.yaml does not: {', '.join(unknown)}; run `dvc repro`")
        columns = ["path", "sample_id", "label"]
        if not frame[columns].equals(rows[against][columns]):
            raise TableError(
                f"{model} ({len(frame)} images) and {against} ({len(rows[against])} images) were not tested on the same images under the same "
                f"labels; run `dvc repro`, or name the models that were"
            )
    return rows


def _header(against: str, *, num_images: int, num_groups: int, num_resamples: int) -> Iterable[str]:
    drawn = (
        f"in {num_groups:,} groups of one picture or person that are drawn together" if num_groups < num_images else "each drawn by itself"
    )
    yield f"Test split: {num_images:,} images, {drawn}. Δ: difference to {against}, with its paired {LEVEL:.0%} interval"
    yield f"({num_resamples:,} bootstrap resamples); * marks intervals that exclude 0. They speak of the draw of test images, not of another"
    yield "seed of training; where nothing differs, one in twenty is marked all the same."


def _difference(difference: Interval) -> str:
    return f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]{' *' if difference.excludes_zero else ''}"


def _recall_headings(confusion_KK: Counts, classes: Sequence[str]) -> list[str]:
    return ["model", *(f"{name} ({num:,})" for name, num in zip(classes, confusion_KK.sum(axis=1), strict=True))]


def _recalls(model: str, confusion_KK: Counts) -> list[str]:
    per_class = precision_recall_f1(confusion_KK)
    return [model, *(f"{recall:.4f}" if num else ABSENT for recall, num in zip(per_class.recall_K, per_class.support_K, strict=True))]


def _markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in headings[1:])]
    return ["| " + " | ".join(cells) + " |" for cells in (headings, rule, *rows)]
