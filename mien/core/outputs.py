"""The stage that writes each file, and the error for a missing file, which names the file, the stage and the remedy.

dvc.yaml declares the same; tests/core/test_outputs.py checks that the two agree.
"""

import json
from pathlib import Path
from typing import Any

from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json

TESTED = "{tested}"
"""stands for the stage that tests a model, an ensemble, an export or a temporal model"""
_WRITERS = {
    paths.CODE: "code",
    paths.SAMPLE: "sample",
    paths.SAMPLE_TRUTH: "sample",
    paths.SAMPLE_METADATA: "sample",
    paths.INVENTORY: "inventory",
    paths.RAW: "ingest",
    paths.IMAGES: "convert",
    paths.DUPLICATES: "dedup",
    paths.PAIRS: "dedup",
    paths.LABELS: "sanitise",
    paths.LABELS_REMOVED: "sanitise",
    paths.FACES: "align",
    paths.SPLITS: "split",
    paths.FATES: "split",
    paths.QUARANTINE: "split",
    paths.VALIDATION: "validate",
    paths.CONFIGS: "configure",
    paths.LEADERBOARD: "compare",
    paths.LEADERBOARD_TABLE: "compare",
    paths.COMPARISONS: "compare",
    paths.DOUBTS: "doubts",
    paths.DOUBTS_COUNTS: "doubts",
    paths.REPORT: "report",
}
# Folders that contain a file or folder per model, or per stage.
_WRITERS_PER_NAME = {
    paths.given("any").parent: "pretrained@{name}",
    paths.model("any").parent: "train@{name}",
    paths.train_metrics("any").parent: "train@{name}",
    paths.train_curves("any").parent: "train@{name}",
    paths.predictions("any").parent: TESTED,
    paths.calibrated("any").parent: "evaluate@{name}",
    paths.exported("any").parent: "export@{name}",
    paths.temporal("any").parent: "temporal@{name}",
    paths.answer("any").parent: TESTED,
    paths.evaluation("any").parent: TESTED,
    paths.explanation("any").parent: "explain@{name}",
    paths.robustness("any").parent: "robustness@{name}",
    paths.counts("any").parent: "{name}",
}


def made_by(path: Path) -> str:
    """The stage that writes a file or folder, as an argument of `dvc repro` (`split`, `train@MODEL`); empty if none is known."""
    if stage := _made_for_testset(path):
        return stage
    if path == paths.teaching(path.stem, path.parent.name):
        return f"teach@{path.stem}"
    for place in (path, *path.parents):
        if place in _WRITERS:
            return _WRITERS[place]
        if place.parent in _WRITERS_PER_NAME:
            name = _stem(place.name)
            return _WRITERS_PER_NAME[place.parent].format(name=name, tested=tested_by(name))
    return ""


def _made_for_testset(path: Path) -> str:
    """The stage that writes a file about a further test set; empty for other files."""
    data, metrics = paths.testset_splits("any").parents[1], paths.testset_counts("any").parent
    if path.is_relative_to(metrics) and path != metrics:
        testset, *model = path.relative_to(metrics).parts
        return f"crosseval@{_stem(model[0])}-{testset}" if model else f"testset_split@{_stem(testset)}"
    if not path.is_relative_to(data) or len(path.relative_to(data).parts) < 2:
        return ""
    testset, place, *model = path.relative_to(data).parts
    writers = {
        paths.testset_inventory(testset).name: f"testset_inventory@{testset}",
        paths.testset_prepared(testset).name: f"testset@{testset}",
        paths.testset_predictions(testset, "any").parent.name: f"crosseval@{_stem(model[0])}-{testset}" if model else "crosseval",
    }
    return writers.get(place, f"testset_split@{testset}")


def _stem(name: str) -> str:
    return name.partition(".")[0]


def tested_by(name: str) -> str:
    """The stage that predicts and evaluates a model or, if `configure` wrote one of this name, an ensemble, export or temporal model."""
    if paths.temporal_config(name).is_file():
        return f"temporal@{name}"
    if paths.ensemble_config(name).is_file():
        return f"ensemble@{name}"
    return f"export@{name}" if paths.export_config(name).is_file() else f"evaluate@{name}"


def missing(path: Path, *, stage: str = "", otherwise: str = "") -> TableError:
    """The error for a missing file; `otherwise` is another remedy, which begins with ', or'.

    `stage` is needed only for files outside the pipeline's own paths, which `made_by` does not know.
    """
    return TableError(f"{path} is missing; run `{_command(path, stage)}` to make it (or `dvc pull` to fetch it){otherwise}")


def damaged(path: Path, fault: str, *, stage: str = "") -> TableError:
    """The error for a file that exists but is not valid output of its stage; `fault` is the predicate of the sentence."""
    return TableError(f"{path} {fault}; delete it and run `{_command(path, stage)}` to make it anew")


def read_json_output(path: Path, *, stage: str = "", otherwise: str = "") -> Any:
    """The value of a JSON file that a stage writes. Raises TableError, which names the stage to run, if it is missing or not JSON."""
    try:
        return read_json(path)
    except FileNotFoundError:
        raise missing(path, stage=stage, otherwise=otherwise) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise damaged(path, f"is not JSON ({error})", stage=stage) from None


def _command(path: Path, stage: str) -> str:
    return f"dvc repro {stage or made_by(path)}".strip()
