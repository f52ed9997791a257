"""Which run in MLflow a result belongs to, and what led to it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from mien.config.params import Params
from mien.core import paths
from mien.core.files import read_json
from mien.core.naming import last_part, source_name
from mien.tracking.provenance import fingerprint, provenance
from mien.tracking.results import flat


@dataclass(frozen=True)
class Opening:
    """What a run is found by, or made with. All values can be written as JSON."""

    key: str
    """of the experiment"""
    title: str
    """of the experiment, for people"""
    model: str | None
    """None for the run of the experiment itself"""
    mark: str
    """fingerprint of the configuration and the data"""
    tags: dict[str, str]
    params: dict[str, str]
    dataset: dict[str, Any]
    """name, digest, and the number of images by split"""


def openings(params: Params, models: Iterable[str | None], *, stage: str) -> list[Opening]:
    """The runs of `models` (None for the run of the experiment), as the files in the current folder are now."""
    origin, source = provenance(params), _source_name(params)
    dataset = PurePosixPath(source).name
    tags = {name: str(value) for name, value in asdict(origin).items() if value} | {"stage": stage, "dataset": dataset}
    data = {"name": dataset, "digest": origin.data, "images": _images_by_split()}
    found = []
    for model in models:
        shown = read_json(paths.config(model)) if model else _experiment_params(params, source)
        mark = fingerprint([shown if model else origin.params, origin.data])
        named = {name.replace("/", "."): str(value) for name, value in flat(shown, numbers_only=False).items()}
        found.append(Opening(origin.key, origin.title, model, mark, tags, named, data))
    return found


def _experiment_params(params: Params, source: str) -> dict[str, Any]:
    """Parameters that all models share, without folders of this machine."""
    shown = params.model_dump(mode="json", by_alias=True, exclude={"models", "runtime"})
    shown["ingest"] |= {"source": source, "metadata": last_part(params.ingest.metadata)}
    shown["labels"] |= {"corrections": last_part(params.labels.corrections)}
    return shown


def _source_name(params: Params) -> str:
    """What the source is called to others; before `ingest` without the digest of its contents."""
    from mien.store.tables import FILES, read_table  # pandas, and this module is loaded with the command line

    ids = read_table(paths.FILES, FILES, ["sample_id"])["sample_id"].dropna() if paths.FILES.is_file() else ()
    return source_name(params.ingest.source, ids, params.report.names)


def _images_by_split() -> dict[str, int]:
    path = paths.counts("split")
    return {split: classes["all"] for split, classes in read_json(path)["splits"].items()} if path.is_file() else {}
