"""Reads the results of one run from the files in a folder: its curves, its metrics, the files to keep, and its description."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.core import paths
from mien.core.files import read_json
from mien.tracking.description import description

STAGES = ("train", "evaluate", "ensemble", "export", "temporal", "explain", "robustness", "report")
"""The stages that write files about one model, ensemble or export, in the order in which they run; `robustness` does not need `explain`."""


@dataclass(frozen=True)
class Results:
    """The results of one run."""

    curves: list[tuple[int, dict[str, float]]]
    """epoch and metrics"""
    metrics: dict[str, float]
    files: list[Path]
    """to upload, each under its own name; absolute paths of files and folders"""
    description: str | None
    """Markdown"""


def results(model: str | None, stage: str) -> Results:
    """The results of a model, or of the experiment, up to and including `stage`; missing files are left out.

    Files of later stages are not read, because they may still belong to an earlier training.
    """
    if model is None:
        return _experiment_results(stage)
    done = tuple(each for each in STAGES[: STAGES.index(stage) + 1] if (stage, each) != ("robustness", "explain"))
    return _model_results(model, done)


def models_with_results(models: Iterable[str]) -> list[str | None]:
    """The `models`, ensembles, exports and temporal models with configuration and metrics, after None if there is a leaderboard."""
    written = [model for model in models if paths.train_metrics(model).is_file() or paths.evaluation(model).is_file()]
    configs = (paths.config, paths.ensemble_config, paths.export_config, paths.temporal_config)
    configured = [model for model in written if any(config(model).is_file() for config in configs)]
    return [*([None] if paths.LEADERBOARD.is_file() else []), *configured]


def _model_results(model: str, stages: tuple[str, ...]) -> Results:
    maps, card = paths.explanation_folder(model), paths.card(model)
    metrics = {
        "train": training_metrics(_read(paths.train_metrics(model))),
        "evaluate": test_metrics(_read(paths.evaluation(model))) | _speed(model),
        "ensemble": {},  # these three write the files of `evaluate`
        "export": {},
        "temporal": {},
        "explain": explanation_metrics(_read(paths.explanation(model))),
        "robustness": robustness_metrics(_read(paths.robustness(model))),
        "report": {},
    }
    files = {
        "train": [],
        "evaluate": [paths.confusion_picture(model), paths.reliability_table(model), paths.slices(model)],
        "ensemble": [],
        "export": [],
        "temporal": [],
        "explain": [maps / "gallery.jpg", maps / "mirrored.jpg", maps / "epochs.jpg", maps / "failures.csv"],
        "robustness": [paths.robustness_folder(model) / "examples.jpg", paths.robustness_table(model)],
        "report": [card],
    }
    return Results(
        curves=_curves(paths.train_curves(model)),
        metrics=flat({name: value for stage in stages for name, value in metrics[stage].items()}),
        files=_present(path for stage in stages for path in files[stage]),
        description=description(card) if "report" in stages and card.is_file() else None,
    )


def _experiment_results(stage: str) -> Results:
    table = paths.LEADERBOARD_TABLE
    report = [paths.REPORT] if stage == "report" else []  # the whole folder, because its pages link to one another
    return Results(
        curves=[],
        metrics=flat(experiment_metrics(_read(paths.LEADERBOARD))),
        files=_present([paths.LEADERBOARD, table, paths.COMPARISONS, *report]),
        description=description(table) if table.is_file() else None,
    )


def experiment_metrics(leaderboard: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """METRIC/MODEL from the leaderboard, and data/STAGE/COUNT from the data stages."""
    board: dict[str, dict[str, float]] = {}
    for model, metrics in leaderboard.items():
        for name, value in metrics.items():
            board.setdefault(name, {})[model] = value
    counts = {path.stem: read_json(path) for path in sorted(paths.counts("any").parent.glob("*.json"))}
    return {**board, "data": counts}


def training_metrics(record: Mapping[str, Any]) -> dict[str, Any]:
    """A few counts, and best/METRIC of the epoch that was kept; best/seed_S/METRIC for trainings with other seeds."""
    counts = {name: record[name] for name in ("epochs", "best_epoch", "num_parameters") if name in record}
    others = {f"seed_{seed}": other["val"] for seed, other in record.get("other_seeds", {}).items()}
    return {**counts, "best": {**record.get("val", {}), **others}}


def test_metrics(report: Mapping[str, Any]) -> dict[str, Any]:
    """test/METRIC, its interval ends (test/METRIC_low) and test/f1/CLASS; the same of clean images as test_clean/…; calibration
    before and after the temperature; macro-F1 over seeds."""
    shown: dict[str, Any] = {}
    for part, name in (("all", "test"), ("clean", "test_clean")):
        if part in report:
            classes = report[part]["per_class"].items()
            shown[name] = {metric: value for metric, value in report[part].items() if isinstance(value, float)}
            for metric, interval in report[part].get("intervals", {}).items():
                shown[name] |= {f"{metric}_{end}": value for end, value in interval.items()}
            for metric in ("f1", "recall"):
                shown[name] |= {f"{metric}/{label}": metrics[metric] for label, metrics in classes}
    if calibration := report.get("calibration"):
        shown["calibration"] = {part: calibration[part] for part in ("temperature", "before", "after")}
    if "over_seeds" in report:
        shown["over_seeds"] = {"macro_f1": report["over_seeds"]["macro_f1"]}
    return shown


def explanation_metrics(report: Mapping[str, Any]) -> dict[str, Any]:
    """explain/CLAIM of all predictions, and of right and wrong predictions if there are any; areas under the curves."""
    claims: dict[str, dict[str, float | None]] = {}
    for claim in report.get("claims", ()):
        claims[claim["name"]] = {"all": claim["mean"], "right": claim["mean_correct"], "wrong": claim["mean_wrong"]}
    return {"explain": claims | {name: report[name] for name in ("faithfulness", "sanity") if report.get(name)}}


def robustness_metrics(report: Mapping[str, Any]) -> dict[str, Any]:
    """robustness/METRIC_loss, the mean relative loss, and robustness/CORRUPTION/METRIC_loss."""
    parts = {"": report, **{one["name"]: one for one in report.get("corruptions", ())}}
    shown: dict[str, Any] = {}
    for name, part in parts.items():
        own = {metric: part[metric]["value"] for metric in ("accuracy_loss", "macro_f1_loss") if part.get(metric)}
        shown |= {name: own} if name else own
    return {"robustness": shown}


def flat(values: Mapping[str, Any], *, numbers_only: bool = True) -> dict[str, Any]:
    """Flattens nested maps into one map with names joined by /."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= {f"{name}/{inner}": leaf for inner, leaf in flat(value, numbers_only=numbers_only).items()}
        elif not numbers_only or (isinstance(value, int | float) and math.isfinite(value)):
            found[name] = value
    return found


def _speed(model: str) -> dict[str, Any]:
    """The speed that `evaluate` or `export` measured for the model on this machine, which DVC does not track."""
    evaluation = _read(paths.evaluation(model))
    tta, export = evaluation.get("tta", "none"), evaluation.get("exported")
    if not (trained := _read(paths.model(export["model"] if export else model) / "model.json")):
        return {}
    fingerprint = trained["training"]["fingerprint"]
    if export:
        return {"speed": _read(paths.exported_cost(model, fingerprint, precision=export["precision"], tta=tta))}
    return {"speed": _read(paths.cost(model, fingerprint, tta=tta))}


def _curves(path: Path) -> list[tuple[int, dict[str, float]]]:
    if not path.is_file():
        return []
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [(int(row.pop("epoch")), {name: float(cell) for name, cell in row.items() if _is_number(cell)}) for row in rows]


def _is_number(cell: str) -> bool:
    try:
        float(cell)  # accepts NaN too, because a training that diverged reports it
    except ValueError:
        return False
    return True


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_json(path) if path.is_file() else {}
    return found


def _present(files: Iterable[Path]) -> list[Path]:
    return [path.resolve() for path in files if path.exists()]
