"""Identifies the MLflow run of a result, and records the result's origin."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from mien.config.params import Params
from mien.config.prediction import all_settings
from mien.core import paths
from mien.core.files import read_json
from mien.core.naming import last_part, source_name
from mien.tracking.provenance import fingerprint, provenance
from mien.tracking.results import flat


@dataclass(frozen=True)
class Opening:
    """The values by which a run is found, or created. All of them can be written as JSON."""

    key: str
    """of the experiment"""
    title: str
    """of the experiment, in readable form"""
    model: str | None
    """None for the run of the experiment itself"""
    mark: str
    """fingerprint of the configuration and the data"""
    tags: dict[str, str]
    params: dict[str, str]
    dataset: dict[str, Any]
    """name, digest, and the number of images by split"""


def openings(params: Params, models: Iterable[str | None], *, stage: str) -> list[Opening]:
    """The runs of `models` (None for the run of the experiment), from the files in the current folder as they are now."""
    origin, source = provenance(params), _source_name(params)
    dataset = PurePosixPath(source).name
    tags = {name: str(value) for name, value in asdict(origin).items() if value} | {"stage": stage, "dataset": dataset}
    data = {"name": dataset, "digest": origin.data, "images": _images_by_split()}
    found = []
    for model in models:
        shown = all_settings(params, model) if model else _experiment_params(params, source)
        mark = fingerprint([shown if model else origin.params, origin.data])
        named = {name.replace("/", "."): str(value) for name, value in flat(shown, numbers_only=False).items()}
        found.append(Opening(origin.key, origin.title, model, mark, tags, named, data))
    return found


def _experiment_params(params: Params, source: str) -> dict[str, Any]:
    """Parameters that all models share, without folders of this machine."""
    shown = params.model_dump(mode="json", by_alias=True, exclude={"models", "runtime"})
    shown["ingest"] |= {"source": source, "metadata": last_part(params.ingest.metadata)}
    shown["labels"] |= {"corrections": last_part(params.labels.corrections)}
    for name, entry in params.testsets.items():
        places = {key: last_part(getattr(entry, key)) for key in ("metadata", "votes")}
        shown["testsets"][name] |= {"source": source_name(entry.source, (), params.report.names), **places}
    return shown


def _source_name(params: Params) -> str:
    """The public name of the source; before `ingest` it lacks the digest of the contents."""
    from mien.store.tables import FILES, read_table  # imports pandas, and this module is loaded with the command line

    ids = read_table(paths.FILES, FILES, ["sample_id"])["sample_id"].dropna() if paths.FILES.is_file() else ()
    return source_name(params.ingest.source, ids, params.report.names)


def _images_by_split() -> dict[str, int]:
    path = paths.counts("split")
    return {split: classes["all"] for split, classes in read_json(path)["splits"].items()} if path.is_file() else {}
