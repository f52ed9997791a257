"""The metrics of the models on further test sets, for the leaderboard: what `dvc metrics diff` shows, and a table of Markdown."""

from collections.abc import Mapping
from typing import Any

from mien.compare.leaderboard import ABSENT, DECIMALS, Evaluations, ranking, with_interval
from mien.core.markdown import escaped, markdown_table
from mien.statistics.headline import MAIN

Crossed = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By test set and model: metrics/evaluate/testsets/TESTSET/MODEL.json."""


def with_testsets(board: Mapping[str, Mapping[str, float]], crossed: Crossed) -> dict[str, dict[str, Any]]:
    """The leaderboard with `testsets` in the row of each model: by test set the metrics MAIN; unchanged if there is no test set."""
    found: dict[str, dict[str, Any]] = {model: dict(row) for model, row in board.items()}
    for testset, documents in crossed.items():
        for model, document in documents.items():
            figures = {name: round(document["all"][name], DECIMALS) for name in MAIN}
            found[model].setdefault("testsets", {})[testset] = figures
    return found


def cross_table(evaluations: Evaluations, crossed: Crossed) -> list[str]:
    """The matrix of models and test sets as lines of Markdown: macro-F1, and its difference to the own test split; empty without test sets.

    The order of the models is that of the leaderboard. Ensembles and exports are not tested on further test sets.
    """
    if not crossed:
        return []
    models = [model for model in ranking(evaluations) if any(model in documents for documents in crossed.values())]
    headings = ["trained model", "own test split", *(text for testset in crossed for text in (testset, f"{testset} − own"))]
    rows = []
    for model in models:
        cells = [cell for documents in crossed.values() for cell in _cells(documents.get(model))]
        rows.append([model, with_interval(evaluations[model]["all"], "macro_f1"), *cells])
    lines = ["Further test sets: macro-F1 over the classes that the set has.", "", *markdown_table(headings, rows)]
    for testset, documents in crossed.items():
        first = next(iter(documents.values()))
        absent = first["absent_classes"]
        lines += [
            "",
            f"{escaped(testset)}: {first['all']['num_images']:,} images"
            + (
                f", none of {', '.join(map(escaped, absent))}; predictions of these count as errors, and the difference is to the "
                f"{first['against_own']['num_images']:,} own test images of the other classes."
                if absent
                else "."
            ),
        ]
    return lines


def _cells(document: Mapping[str, Any] | None) -> list[str]:
    if document is None:
        return [ABSENT, ABSENT]
    difference = document["against_own"]["difference"]["macro_f1"]
    return [with_interval(document["all"], "macro_f1"), "{value:+.4f} [{low:+.3f}, {high:+.3f}]".format(**difference)]
