"""Plans a study: each run's complete params.yaml, checked before anything is queued, and the overrides that make it from the workspace's.

DVC's own grid, `-S key=1,2`, checks no parameters, names its experiments NAME-1, NAME-2, …, queues a second set under the same names
without a warning, and can vary only one key per axis. Each run is therefore queued by itself, under a name that says what is varied.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from typing import Any

from mien.config.documents import read_document
from mien.config.faults import suggestion
from mien.config.params import document_faults, load_params
from mien.config.patch import merge, parse_setting, patch_of, unmatched
from mien.config.preset import load_preset
from mien.core import paths
from mien.core.errors import ParamsError, StudyError
from mien.core.plural import plural
from mien.study.file import Settings, Study
from mien.study.overrides import overrides


@dataclass(frozen=True, eq=False)
class Run:
    """One run of a study."""

    name: str
    """the name in the study's file"""
    experiment: str
    """the name of DVC's experiment"""
    settings: Settings
    overrides: list[str]
    """arguments of `dvc exp run -S`"""


def experiment_name(study: str, run: str) -> str:
    """The name of DVC's experiment for one run of a study."""
    return f"{study}-{run}"


def plan(name: str, study: Study, *, settings: Sequence[str] = ()) -> list[Run]:
    """The runs of the study called `name`, based on the params.yaml of the workspace; `settings` (KEY=VALUE) apply before each run's own.

    Raises StudyError with every fault of every run, and ParamsError if params.yaml itself or one of the `settings` is wrong.
    """
    load_params()
    workspace = read_document(paths.PARAMS, error=ParamsError)
    base = deepcopy(workspace)
    faults = list(_shared(base, study, settings)) or document_faults(base) or list(_target_faults(study, base))
    runs = []
    for run, own in study.named_runs().items() if not faults else ():
        document = deepcopy(base)
        wrong = [fault for key, value in own.items() for fault in _patched(document, patch_of(key, value))] or document_faults(document)
        faults += [f"run {run}: {fault}" for fault in wrong]
        runs.append(Run(run, experiment_name(name, run), own, [] if wrong else list(overrides(workspace, document))))
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise StudyError(
            f"{paths.EXPERIMENTS / name}.yaml and {paths.PARAMS} have {plural(len(faults), 'fault')}; nothing is queued:\n{listed}"
        )
    return runs


def _shared(document: dict[str, Any], study: Study, settings: Sequence[str]) -> Iterator[str]:
    """Applies what all runs of the study share to the content of params.yaml; yields a line for each fault."""
    if study.preset:
        try:
            merge(document, load_preset(study.preset))
        except ParamsError as error:
            yield f"preset: {error}"
    if not isinstance(document.get("models"), dict):
        return  # the schema reports it
    for model in study.models:
        if model not in document["models"]:
            yield f"models: must name models of params.yaml; {suggestion(model, document['models'])} (got {model!r})"
    if study.models:
        kept = document["models"] = {name: entry for name, entry in document["models"].items() if name in study.models}
        ensembles = document.get("ensembles")
        if isinstance(ensembles, dict):  # an ensemble of a model that is left out is left out too
            document["ensembles"] = {name: members for name, members in ensembles.items() if set(members or ()) <= set(kept)}
        for section in ("exports", "temporal"):
            entries = document.get(section)
            if isinstance(entries, dict):  # and so is an export or a temporal model
                document[section] = {
                    name: entry for name, entry in entries.items() if not isinstance(entry, dict) or entry.get("model") in list(kept)
                }
        robustness = document.get("robustness")
        if isinstance(robustness, dict) and isinstance(robustness.get("models"), list):  # and so is the test of its robustness
            robustness["models"] = [name for name in robustness["models"] if name in kept]
        pairs = document.get("distillation")
        if isinstance(pairs, dict):  # and so is a pair of a student and a teacher
            document["distillation"] = {
                name: pair
                for name, pair in pairs.items()
                if not isinstance(pair, dict) or all(model in list(kept) for model in pair.values())
            }
    for prefix, patch in (("params.", study.params), *(("--set ", parse_setting(text)) for text in settings)):
        yield from (f"{prefix}{fault}" for fault in _patched(document, patch))


def _patched(document: dict[str, Any], patch: Mapping[str, Any]) -> list[str]:
    """Merges the patch into the document; returns a line for each key of the patch that matches nothing there."""
    faults = list(unmatched(document, patch))
    merge(document, patch)
    return faults


def _target_faults(study: Study, document: dict[str, Any]) -> Iterator[str]:
    stages = read_document(paths.PIPELINE, error=StudyError)["stages"]
    for target in study.target:
        stage, _, model = target.partition("@")
        if stage not in stages:
            yield f"target: must be a stage of {paths.PIPELINE}: {', '.join(stages)} (got {target!r})"
        elif "matrix" in stages[stage]:
            pairs = [
                "-".join(names) for names in product(*(document.get(key.strip("${}"), {}) for key in stages[stage]["matrix"].values()))
            ]
            if model and model not in pairs:
                yield f"target: must name a model and a test set of the runs: {', '.join(pairs) or 'there is no test set'} (got {target!r})"
        elif model and model not in (kept := _at(document, stages[stage].get("foreach", "").strip("${}"))):
            yield f"target: must name a model that the runs keep: {', '.join(kept or document['models'])} (got {target!r})"


def _at(document: Mapping[str, Any], key: str) -> Collection[str]:
    """The names at a dotted key of params.yaml; none if there is no such key."""
    place: Any = document
    for part in key.split("."):
        place = place.get(part) if isinstance(place, Mapping) else None
    return place or ()
