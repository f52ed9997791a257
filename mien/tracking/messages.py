"""What goes to MLflow, as messages that `mien.tracking.writer` carries out: which run is meant, its figures, its files."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from mien.config.params import Params
from mien.core import paths
from mien.core.files import read_json
from mien.core.naming import last_part, source_name
from mien.tracking.provenance import fingerprint, provenance

Message = dict[str, Any]


def opening_message(params: Params, *, model: str | None, stage: str) -> Message:
    """Says which run is meant, what leads to it, and which parameters it has."""
    origin = provenance(params)
    source = _source_name(params)
    dataset = PurePosixPath(source).name
    if model is None:
        shown = params.model_dump(mode="json", by_alias=True, exclude={"models", "runtime"})
        shown["ingest"] |= {"source": source, "metadata": last_part(params.ingest.metadata)}
        shown["labels"] |= {"corrections": last_part(params.labels.corrections)}
        mark = fingerprint([origin.params, origin.data])
    else:
        shown = read_json(paths.config(model))
        mark = fingerprint([shown, origin.data])
    tags = {name: str(value) for name, value in asdict(origin).items() if value}
    parameters = {name.replace("/", "."): str(value) for name, value in flat(shown, numbers_only=False).items()}
    return {
        "open": {
            "key": origin.key,
            "title": origin.title,
            "model": model,
            "mark": mark,
            "tags": {**tags, "stage": stage, "dataset": dataset},
            "params": parameters,
            "dataset": {"name": dataset, "digest": origin.data, "images": _images_by_split()},
            "workspace": str(paths.workspace()),
        }
    }


def _source_name(params: Params) -> str:
    """What the source is called to others; before `ingest` without the digest of its contents."""
    from mien.store.tables import FILES, read_table  # pandas, and this module is loaded with the command line

    ids = read_table(paths.FILES, FILES, ["sample_id"])["sample_id"].dropna() if paths.FILES.is_file() else ()
    return source_name(params.ingest.source, ids, params.report.names)


def _images_by_split() -> dict[str, int]:
    path = paths.counts("split")
    return {split: classes["all"] for split, classes in read_json(path)["splits"].items()} if path.is_file() else {}


def figures_message(figures: Mapping[str, float], step: int | None = None) -> Message:
    """Figures to log, as curves' points where a step is given."""
    return {"figures": {name: float(value) for name, value in figures.items()}, "step": step, "time_ms": int(time.time() * 1000)}


def artifact_message(path: Path) -> Message:
    """A file, or a folder with what is in it, to keep with the run under its own name."""
    return {"artifact": str(path.resolve())}


def description_message(path: Path) -> Message:
    """A Markdown file to show beside the run; what is sent is where it stands, because a pipe does not hold many texts."""
    return {"description": str(path.resolve())}


def experiment_figures(leaderboard: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """What an experiment's own run shows: FIGURE/MODEL from the leaderboard, data/STAGE/COUNT from the data stages."""
    board: dict[str, dict[str, float]] = {}
    for model, figures in leaderboard.items():
        for name, value in figures.items():
            board.setdefault(name, {})[model] = value
    counts = {path.stem: read_json(path) for path in sorted(paths.counts("any").parent.glob("*.json"))}
    return {**board, "data": counts}


def training_figures(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a model's run shows of its training record, beside the curves: a few counts, best/FIGURE of the epoch that was kept.

    Of trainings with other seeds best/seed_S/FIGURE.
    """
    counts = {name: record[name] for name in ("epochs", "best_epoch", "num_parameters") if name in record}
    others = {f"seed_{seed}": other["val"] for seed, other in record.get("other_seeds", {}).items()}
    return {**counts, "best": {**record.get("val", {}), **others}}


def test_figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a model's run shows of its test report: test/FIGURE and the ends of its interval (test/FIGURE_low), test/f1/CLASS, the same of
    clean images as test_clean/…; calibration before and after the temperature; macro-F1 over seeds.
    """
    shown: dict[str, Any] = {}
    for part, name in (("all", "test"), ("clean", "test_clean")):
        if part in report:
            classes = report[part]["per_class"].items()
            shown[name] = {figure: value for figure, value in report[part].items() if isinstance(value, float)}
            for figure, interval in report[part].get("intervals", {}).items():
                shown[name] |= {f"{figure}_{end}": value for end, value in interval.items()}
            for figure in ("f1", "recall"):
                shown[name] |= {f"{figure}/{label}": figures[figure] for label, figures in classes}
    if calibration := report.get("calibration"):
        shown["calibration"] = {part: calibration[part] for part in ("temperature", "before", "after")}
    if "over_seeds" in report:
        shown["over_seeds"] = {"macro_f1": report["over_seeds"]["macro_f1"]}
    return shown


def explanation_figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """What a model's run shows of its explanations: explain/CLAIM of all, and of right and wrong predictions where there are such; AUCs."""
    claims: dict[str, dict[str, float]] = {}
    for claim in report.get("claims", ()):
        shown = {"all": claim["mean"], "right": claim["mean_correct"], "wrong": claim["mean_wrong"]}
        claims[claim["name"]] = {part: value for part, value in shown.items() if value is not None}
    tests = {name: report[name] for name in ("faithfulness", "sanity") if report.get(name)}
    return {"explain": claims | tests}


def flat(values: Mapping[str, Any], *, numbers_only: bool = True) -> dict[str, Any]:
    """Nested maps as one map with names joined by /."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= {f"{name}/{inner}": leaf for inner, leaf in flat(value, numbers_only=numbers_only).items()}
        elif not numbers_only or (isinstance(value, int | float) and math.isfinite(value)):
            found[name] = value
    return found
