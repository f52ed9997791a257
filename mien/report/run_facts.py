"""Everything that a report shows about one run, from parameters to explanations; it is read once.

Outputs that every run has must exist. Explanations, robustness, doubts and speeds are optional: if missing, they are None or not in their
dictionary. Images are not loaded here: a page reads the images that it shows from their files (mien/store/thumbnails.py).
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mien.config.params import Params
from mien.config.prediction import all_settings
from mien.core import paths
from mien.core.files import read_json
from mien.core.naming import file_names, source_name
from mien.core.outputs import damaged, missing, read_json_output
from mien.core.spreadsheet import read_csv
from mien.store.tables import DUPLICATES, FATES, FILES, PAIRS, SPLITS, read_table
from mien.tracking.provenance import Provenance, provenance

DATA_STAGES = ("ingest", "convert", "dedup", "sanitise", "align", "split")
CODE = ("mien", "stages", "params.yaml", "dvc.yaml", "requirements.lock", "metadata.csv", "votes.csv", "corrections.csv")
"""The files that determine the results. metrics/ is not among them, because it changes with every run, even if the code does not."""

TEXTS = ("column", "value", "first", "second", "sample_id", "path", "split", "label", "suggested", "decision", "temperature")
"""Columns of CSV files that are read as text, even if every cell looks like a number."""


@dataclass(frozen=True)
class Explanation:
    """The outputs of stage `explain` for one model."""

    figures: dict[str, Any]
    """metrics/explain/M.json: claims, faithfulness, sanity, failures"""
    gallery: list[dict[str, Any]]
    mirrored: list[dict[str, Any]]
    failures: list[dict[str, Any]]
    """the failures that are shown with images, by confused pair"""
    folder: Path
    """the folder that contains pictures.parquet and failures.csv"""
    epochs: dict[str, Any] | None = None
    """maps by epoch; None if explain.epochs asks for none"""


@dataclass(frozen=True)
class Robustness:
    """The outputs of stage `robustness` for one model."""

    figures: dict[str, Any]
    """metrics/robustness/M.json"""
    example: dict[str, Any]
    """one test face under each corruption, with the predictions"""
    folder: Path
    """the folder that contains pictures.parquet"""


@dataclass(frozen=True)
class Doubts:
    """The outputs of stage `doubts`."""

    counts: dict[str, Any]
    queue: pd.DataFrame
    folder: Path


@dataclass(frozen=True)
class ExternalSet:
    """A further test set: its counts, and the metrics of each trained model on it."""

    counts: dict[str, Any]
    evaluations: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class RunFacts:
    """One run. The keys of dictionaries are models, in the order of params.yaml, unless stated otherwise.

    `leaderboard`, `evaluations`, `reliabilities`, `slices` and `configs` also have the ensembles and the exports.
    """

    params: Params
    origin: Provenance
    """fingerprints, experiment, and `origin.revision`, the Git commit"""
    modified: tuple[str, ...] | None
    """tracked files of code and parameters that differ from that commit; None outside a Git repository"""
    leaderboard: dict[str, dict[str, float]]
    evaluations: dict[str, dict[str, Any]]
    reliabilities: dict[str, pd.DataFrame]
    selectives: dict[str, pd.DataFrame]
    slices: dict[str, pd.DataFrame]
    trainings: dict[str, dict[str, Any]]
    curves: dict[str, pd.DataFrame]
    configs: dict[str, dict[str, Any]]
    """every setting of the training and of the predictions of a model; the members of an ensemble; model and precision of an export"""
    comparisons: pd.DataFrame
    explanations: dict[str, Explanation]
    costs: dict[str, dict[str, Any]]
    """speeds on this machine, of an ensemble as the sum of the times of its members; parameters, MACs and bytes are in `evaluations`"""
    counts: dict[str, dict[str, Any]]
    """metrics/data/STAGE.json by stage, for the stages in DATA_STAGES"""
    files: pd.DataFrame
    duplicates: pd.DataFrame
    pairs: pd.DataFrame
    splits: pd.DataFrame
    fates: pd.DataFrame
    validation: dict[str, Any]
    testsets: dict[str, ExternalSet]
    """by the names of `testsets` in params.yaml, in their order there"""
    doubts: Doubts | None
    robustness: dict[str, Robustness] = field(default_factory=dict)
    """of the models in robustness.models"""
    clip_evaluations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """of the temporal models, which are tested on clips"""
    clip_comparisons: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that the models learn, in the order of their outputs."""
        return self.params.labels.kept

    @cached_property
    def called(self) -> dict[str, str]:
        """The name under which the page shows each file, by path (report.names)."""
        return file_names(self.fates, self.params.report.names)

    @cached_property
    def source(self) -> str:
        """The name under which the page shows ingest.source."""
        return source_name(self.params.ingest.source, self.fates["sample_id"].dropna(), self.params.report.names)

    @property
    def ranked(self) -> list[str]:
        """The models, ensembles and exports by macro-F1, best first, as in metrics/leaderboard.md."""
        return sorted(self.leaderboard, key=lambda model: (-self.leaderboard[model]["macro_f1"], model))

    @property
    def trained(self) -> list[str]:
        """The models without the ensembles and exports, in the same order."""
        return [model for model in self.ranked if model in self.trainings]


def read_run(params: Params) -> RunFacts:
    """Return the facts of the run in the current folder. Raises TableError, naming the stage to run, if a file is missing or invalid."""
    models, tested = params.models, params.tested
    speeds = {model: speed for model in models if (speed := _speed(params, model))}
    comparisons = _csv(paths.COMPARISONS)
    of_clips = comparisons["first"].isin(list(params.temporal))
    return RunFacts(
        params=params,
        origin=provenance(params),
        modified=modified_files(Path()),
        leaderboard=read_json_output(paths.LEADERBOARD),
        evaluations={model: read_json_output(paths.evaluation(model)) for model in tested},
        reliabilities={model: _csv(paths.reliability_table(model)) for model in tested},
        selectives={model: _csv(paths.selective_table(model)) for model in tested},
        slices={model: _csv(paths.slices(model)) for model in tested},
        trainings={model: read_json_output(paths.train_metrics(model)) for model in models},
        curves={model: _csv(paths.train_curves(model)) for model in models},
        configs={model: all_settings(params, model) for model in tested},
        comparisons=comparisons[~of_clips],
        explanations={model: found for model in models if (found := _explanation(model))},
        costs=speeds
        | {name: speed for name, members in params.ensembles.items() if (speed := _summed([speeds.get(one) for one in members]))}
        | {export: speed for export in params.exports if (speed := _speed(params, export))},
        counts={stage: read_json_output(paths.counts(stage)) for stage in DATA_STAGES},
        files=read_table(paths.FILES, FILES),
        duplicates=read_table(paths.DUPLICATES, DUPLICATES),
        pairs=read_table(paths.PAIRS, PAIRS),
        splits=read_table(paths.SPLITS, SPLITS),
        fates=read_table(paths.FATES, FATES),
        validation=read_json_output(paths.VALIDATION),
        testsets={
            name: ExternalSet(
                read_json_output(paths.testset_counts(name)),
                {model: read_json_output(paths.crossevaluation(name, model)) for model in models},
            )
            for name in params.testsets
        },
        doubts=_doubts(),
        robustness={model: worse for model in params.robustness.models if (worse := _robustness(model))},
        clip_evaluations={name: read_json_output(paths.evaluation(name)) for name in params.temporal},
        clip_comparisons=comparisons[of_clips],
    )


def modified_files(folder: Path) -> tuple[str, ...] | None:
    """Return the tracked files of code and parameters under `folder` that differ from the last commit, sorted; None outside Git."""
    command = ["git", "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--", *CODE]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tuple(sorted(entry[3:] for entry in done.stdout.split("\0") if entry)) if done.returncode == 0 else None


def _explanation(model: str) -> Explanation | None:
    folder = paths.explanation_folder(model)
    if not paths.explanation(model).is_file() or not folder.is_dir():
        return None
    gallery, mirrored, failures = (read_json_output(folder / f"{name}.json") for name in ("gallery", "mirrored", "failures"))
    epochs = read_json_output(folder / "epochs.json") if (folder / "epochs.json").is_file() else None
    return Explanation(read_json_output(paths.explanation(model)), gallery, mirrored, failures, folder, epochs)


def _robustness(model: str) -> Robustness | None:
    folder = paths.robustness_folder(model)
    if not paths.robustness(model).is_file() or not folder.is_dir():
        return None
    return Robustness(read_json_output(paths.robustness(model)), read_json_output(folder / "examples.json"), folder)


def _doubts() -> Doubts | None:
    if not paths.DOUBTS_COUNTS.is_file() or not paths.DOUBTS.is_dir():
        return None
    return Doubts(read_json_output(paths.DOUBTS_COUNTS), _csv(paths.DOUBTS / "queue.csv"), paths.DOUBTS)


def _speed(params: Params, model: str) -> dict[str, Any] | None:
    """The speed of the model or export on this machine; None if it was not measured here, for example after `dvc pull`."""
    export = params.exports.get(model)
    trained = export.model if export else model
    try:
        fingerprint, tta = read_json(paths.model(trained) / "model.json")["training"]["fingerprint"], all_settings(params, trained)["tta"]
        if export:
            place = paths.exported_cost(model, fingerprint, precision=export.precision, tta=tta)
        else:
            place = paths.cost(model, fingerprint, tta=tta)
        found: dict[str, Any] = read_json(place)
        return found
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _summed(speeds: Sequence[dict[str, Any] | None]) -> dict[str, Any] | None:
    """The speed of models that predict one after another; None if one was not measured, or not on the same machine."""
    known = [speed for speed in speeds if speed]
    machines = [{key: value for key, value in speed.items() if key not in ("images_per_s", "latency_ms", "precision")} for speed in known]
    if len(known) < len(speeds) or any(machine != machines[0] for machine in machines):
        return None
    times = {
        "images_per_s": 1 / sum(1 / speed["images_per_s"] for speed in known),
        "latency_ms": sum(speed["latency_ms"] for speed in known),
    }
    return machines[0] | times


def _csv(path: Path) -> pd.DataFrame:
    """Read a CSV file; the columns in TEXTS are text."""
    try:
        return read_csv(path, texts=TEXTS)
    except FileNotFoundError:
        raise missing(path) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise damaged(path, f"is not valid CSV ({error})") from None
