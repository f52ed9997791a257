"""The leaderboard of the models, from their test metrics (metrics/evaluate/MODEL.json) and the statistical tests of every pair."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mien.compare.exports import export_lines
from mien.core.errors import TableError
from mien.core.markdown import markdown_table
from mien.statistics.headline import HEADLINE
from mien.statistics.resampling import LEVEL

HEADINGS = {name: metric.heading for name, metric in HEADLINE.items()}
DECIMALS = 6
ABSENT = "–"
MAJORITY, PRIOR = "*largest class*", "*training shares*"
BEST, ALIKE, WORSE = "best", "≈", "worse"
_SURE = ("macro_f1", "accuracy")  # shown with their intervals
_OTHERS = tuple(name for name in HEADLINE if name not in _SURE)

Evaluations = Mapping[str, Mapping[str, Any]]


def leaderboard(evaluations: Evaluations) -> dict[str, dict[str, float]]:
    """Return the overall metrics of each model, in the order given, rounded so that differences are readable.

    If test images are flagged (in an official test split), the macro-F1 on the clean ones is included. If a model was trained with several
    seeds, mean and standard deviation of macro-F1 over the seeds are included. Raises TableError if the models were not tested on the same
    number of images, because their metrics are not comparable then.
    """
    sizes = {model: evaluation["all"]["num_images"] for model, evaluation in evaluations.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{model}: {size}" for model, size in sizes.items())
        raise TableError(f"the models were tested on different test splits ({listed} images); run `dvc repro`")
    return {model: _row(evaluation) for model, evaluation in evaluations.items()}


def ranking(evaluations: Evaluations) -> list[str]:
    """Return the models by macro-F1, best first; ties are ordered by name."""
    return sorted(evaluations, key=lambda model: (-evaluations[model]["all"]["macro_f1"], model))


def against_best(evaluations: Evaluations, comparisons: pd.DataFrame) -> dict[str, tuple[str, float | None]]:
    """Return for each model, in the order of `ranking`, whether its macro-F1 is BEST, WORSE or ALIKE, and the p-value of the difference.

    A model is WORSE than the best if p, after Holm's correction over all pairs of `comparisons` (pairwise_tests.COLUMNS), is at most 1 −
    LEVEL. This accounts for the fact that the best model was selected by the same metrics, because the correction covers the pairs of every
    model that could have been best.
    """
    best, *others = ranking(evaluations)
    found: dict[str, tuple[str, float | None]] = {best: (BEST, None)}
    p_values = {frozenset(pair): p for *pair, p in comparisons[["first", "second", "macro_f1_p_holm"]].itertuples(index=False, name=None)}
    for model in others:
        p = float(p_values[frozenset((best, model))])
        found[model] = (WORSE if p <= 1 - LEVEL else ALIKE, p)
    return found


def leaderboard_table(evaluations: Evaluations, comparisons: pd.DataFrame) -> str:
    """Return the leaderboard in Markdown, best macro-F1 first: test metrics and both baselines; then probabilities, seeds and size."""
    leaderboard(evaluations)
    places = against_best(evaluations, comparisons)
    first = next(iter(evaluations.values()))
    lines = [
        _header(first),
        "",
        *_figures_table(evaluations, places, first),
        "",
        *_legend(places),
        "",
        *_rest_table(evaluations, places, first),
    ]
    lines += ["", "NLL, Brier score and ECE are computed after dividing logits by the temperature, which is fitted on validation images."]
    lines += _members_and_views(evaluations)
    lines += export_lines(evaluations, comparisons)
    if any("over_seeds" in evaluation for evaluation in evaluations.values()):
        lines += [
            "Seeds: mean ± standard deviation of macro-F1 over training runs with different seeds. All other metrics are of the first seed."
        ]
    return "\n".join(lines) + "\n"


def _row(evaluation: Mapping[str, Any]) -> dict[str, float]:
    row = {name: evaluation["all"][name] for name in HEADLINE}
    if "clean" in evaluation:
        row["macro_f1_clean"] = evaluation["clean"]["macro_f1"]
    if "over_seeds" in evaluation:
        row |= {f"macro_f1_{name}": value for name, value in evaluation["over_seeds"]["macro_f1"].items()}
    return {name: round(value, DECIMALS) for name, value in row.items()}


def _header(evaluation: Mapping[str, Any]) -> str:
    tested = evaluation["all"]
    clean = f", {evaluation['clean']['num_images']:,} of them clean" if "clean" in evaluation else ""
    groups = f" in {tested['num_groups']:,} groups of the same picture or person" if tested["num_groups"] < tested["num_images"] else ""
    return f"Test split: {tested['num_images']:,} images{groups}{clean}; {len(evaluation['classes'])} classes. Best macro-F1 first."


def _figures_table(evaluations: Evaluations, places: Mapping[str, tuple[str, float | None]], first: Mapping[str, Any]) -> list[str]:
    clean = "clean" in first
    headings = ["model", "against best", *(HEADINGS[name] for name in (*_SURE, *_OTHERS)), *(["macro-F1, clean"] if clean else [])]
    rows = [[model, place_text(*place), *_cells(evaluations[model])] for model, place in places.items()]
    for title, baseline in ((MAJORITY, "majority_baseline"), (PRIOR, "prior_baseline")):
        rows.append([title, "", *_cells({part: first[part][baseline] for part in ("all", "clean") if part in first})])
    return markdown_table(headings, rows, num_left=2)


def _cells(evaluation: Mapping[str, Any]) -> list[str]:
    tested = evaluation["all"]
    sure = [with_interval(tested, name) for name in _SURE]
    clean = [number(evaluation["clean"]["macro_f1"])] if "clean" in evaluation else []
    return [*sure, *(number(tested[name]) for name in _OTHERS), *clean]


def _rest_table(evaluations: Evaluations, places: Mapping[str, Any], first: Mapping[str, Any]) -> list[str]:
    several = any("over_seeds" in evaluation for evaluation in evaluations.values())
    headings = ["model", "weights", *(["seeds", "macro-F1 over seeds"] if several else [])]
    headings += ["temperature", "NLL", "Brier", "ECE", "parameters M", "MACs M", "file MB"]
    rows = []
    for model in places:
        evaluation = evaluations[model]
        after, cost = evaluation["calibration"]["after"], evaluation["cost"]
        figures = [number(evaluation["calibration"]["temperature"]), *(number(after[name]) for name in ("nll", "brier", "ece"))]
        sizes = [f"{cost['num_parameters'] / 1e6:.2f}", f"{cost['macs'] / 1e6:.1f}", f"{cost['file_bytes'] / 1e6:.1f}"]
        rows.append([model, evaluation["weights"], *(_seeds(evaluation) if several else []), *figures, *sizes])
    prior = first["all"]["prior_baseline"]
    blank = [""] * (4 if several else 2)
    rows.append([PRIOR, *blank, number(prior["nll"]), number(prior["brier"]), "", "", "", ""])
    return markdown_table(headings, rows, num_left=2)


def _members_and_views(evaluations: Evaluations) -> list[str]:
    """Sentences about the rows that are ensembles or have test-time augmentation."""
    members = {model: evaluation["members"] for model, evaluation in evaluations.items() if "members" in evaluation}
    views = {model: evaluation["tta"] for model, evaluation in evaluations.items() if "tta" in evaluation}
    lines = [
        f"{model} is an ensemble: the mean of the calibrated probabilities of {', '.join(own)}. Its cost is the sum of theirs."
        for model, own in members.items()
    ]
    return lines + [
        f"{model} is tested with the views of {tta} (test-time augmentation), which its MACs include." for model, tta in views.items()
    ]


def _seeds(evaluation: Mapping[str, Any]) -> list[str]:
    if "over_seeds" not in evaluation:
        return [ABSENT if "members" in evaluation else "1", ABSENT]
    spread = evaluation["over_seeds"]["macro_f1"]
    return [str(len(evaluation["seeds"])), f"{number(spread['mean'])} ± {number(spread['sd'])}"]


def _legend(places: Mapping[str, tuple[str, float | None]]) -> Sequence[str]:
    lines = [f"Brackets contain {LEVEL:.0%} bootstrap intervals, which cover the sampling of test images."]
    lines += [f"{MAJORITY} always predicts the largest class; {PRIOR} predicts at random with the class shares of the training split."]
    if len(places) > 1:
        lines += [f"Against best: {WORSE} means that macro-F1 is shown to be lower than that of the best model, {ALIKE} that it is not"]
        lines += [
            f"(p > {1 - LEVEL:.2g}; paired bootstrap on the same images, Holm's correction over all pairs; see metrics/comparisons.csv)."
        ]
    return lines


def place_text(place: str, p: float | None) -> str:
    """Return what `against_best` found, as the cell of a table."""
    return place if p is None else f"{place}, p {'< 0.001' if p < 0.001 else f'{p:.3f}'}"


def with_interval(tested: Mapping[str, Any], name: str) -> str:
    """Return one metric of the document of some test images, followed by its interval if there is one."""
    if "intervals" not in tested:
        return number(tested[name])
    interval = tested["intervals"][name]
    return f"{number(tested[name])} [{interval['low']:.3f}, {interval['high']:.3f}]"


def number(value: float | None) -> str:
    """Return the value with four decimals and without a negative zero; a dash if it is None."""
    return ABSENT if value is None else f"{round(value, 4) + 0.0:.4f}"
