"""Stage `compare`: the leaderboard and pairwise tests of all models, ensembles and exports, and those of temporal models by themselves."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import typer

from mien.compare.clips import clips_table, groups_of_clips
from mien.compare.leaderboard import BEST, WORSE, against_best, leaderboard, leaderboard_table
from mien.compare.same_images import COLUMNS, same_images
from mien.compare.testsets import cross_table, with_testsets
from mien.config.params import Params, load_params
from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import replacing_file, write_json
from mien.core.outputs import read_json_output, tested_by
from mien.core.plural import listed, plural
from mien.core.spreadsheet import write_csv
from mien.core.stage import command
from mien.split.units import units
from mien.statistics.pairwise_tests import compare_pairs
from mien.store.tables import SPLITS, read_predictions, read_table
from mien.tracking import run as tracking


def main() -> None:
    """Ranks the models, ensembles and exports of params.yaml by their test metrics, and tests every pair of them on the same test images.

    Temporal models, which are tested on clips, have a table and pairs of their own.

    Reads metrics/evaluate/MODEL.json, data/predictions/MODEL.parquet and data/splits.parquet, and metrics/evaluate/testsets if there are
    further test sets. Writes metrics/leaderboard.json (one object per model, then per ensemble, then per export, in the order of
    params.yaml), metrics/leaderboard.md (highest macro-F1 first, which models are shown to be worse than the best, what exports lose, and
    the metrics on further test sets) and metrics/comparisons.csv (one row per pair).
    """
    params = load_params()
    rows = read_table(paths.SPLITS, SPLITS)
    rows = rows[rows["split"] == "test"].reset_index(drop=True)
    unit = units(rows)
    evaluations = {model: _evaluation(params, model) for model in params.tested}
    predictions = {model: read_predictions(paths.predictions(model), columns=COLUMNS) for model in params.tested}
    pairs = _pairs(params, predictions, dict(zip(rows["path"], unit, strict=True)))
    clip_evaluations = {name: _evaluation(params, name) for name in params.temporal}
    clip_pairs = _clip_pairs(params, dict(zip(rows["sample_id"], unit, strict=True)))
    board = leaderboard(evaluations)
    crossed = {
        testset: {model: read_json_output(paths.crossevaluation(testset, model)) for model in params.models} for testset in params.testsets
    }
    write_json(paths.LEADERBOARD, with_testsets(board, crossed))
    write_csv(paths.COMPARISONS, pd.concat([pairs, clip_pairs]) if params.temporal else pairs, float_format="%.6g")
    further = "\n".join(cross_table(evaluations, crossed)) + "\n" if crossed else ""
    tables = [leaderboard_table(evaluations, pairs), clips_table(clip_evaluations, clip_pairs), further]
    with replacing_file(paths.LEADERBOARD_TABLE) as temporary:
        temporary.write_text("\n".join(table for table in tables if table), encoding="utf-8")
    tracking.log_experiment()
    places = against_best(evaluations, pairs)
    best = next(model for model, (place, _) in places.items() if place == BEST)
    num_worse = sum(place == WORSE for place, _ in places.values())
    others = f", shown to be better than {num_worse} of the {len(board) - 1} others" if len(board) > 1 else ""
    typer.echo(f"compare: {_number(params)}, best {best} with macro-F1 {board[best]['macro_f1']:.4f}{others} ({paths.LEADERBOARD_TABLE})")


def _pairs(params: Params, predictions: Mapping[str, pd.DataFrame], groups: Mapping[str, str]) -> pd.DataFrame:
    """The tests of every pair, whose predictions are of the same images or clips; `groups` gives what is drawn together, by path."""
    images = same_images(predictions, against=next(iter(predictions)), classes=params.labels.kept, groups=groups)
    return compare_pairs(
        images.actual_N,
        images.predicted,
        len(images.classes),
        groups_N=images.groups_N,
        seed=params.seed,
        progress="compare" if len(images.predicted) > 1 else None,
    )


def _clip_pairs(params: Params, groups: Mapping[str, str]) -> pd.DataFrame:
    """The tests of every pair of temporal models; `groups` gives what is drawn together, by the sample_id of an image."""
    predictions = {name: read_predictions(paths.predictions(name), columns=COLUMNS) for name in params.temporal}
    if not predictions:
        return pd.DataFrame()
    return _pairs(params, predictions, groups_of_clips(next(iter(predictions.values())), groups))


def _number(params: Params) -> str:
    rows = {"model": params.models, "ensemble": params.ensembles, "export": params.exports, "temporal model": params.temporal}
    return listed([plural(len(named), what) for what, named in rows.items() if named])


def _evaluation(params: Params, model: str) -> dict[str, Any]:
    """The evaluation of a model. Raises TableError if it is missing, from an older version, or for other classes than in params.yaml."""
    path = paths.evaluation(model)
    evaluation: dict[str, Any] = read_json_output(path)
    if "intervals" not in evaluation.get("all", {}):
        raise TableError(f"{path} was written by an older version of mien; run `dvc repro {tested_by(model)}`")
    if (classes := list(evaluation["classes"])) != list(params.labels.kept):
        raise TableError(
            f"{path} has the classes {', '.join(classes)}, but params.yaml has {', '.join(params.labels.kept)}; run `dvc repro "
            f"{tested_by(model)}`"
        )
    return evaluation


if __name__ == "__main__":
    command(main)()
