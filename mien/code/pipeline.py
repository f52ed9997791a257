"""What `code` must know of the pipeline: its stages, the classes of their parameters, and the parts of each model that are found by
name.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML

from mien.code.fingerprint import Stage
from mien.config.configure import STAGE_SECTIONS
from mien.config.params import Params
from mien.core import paths

PER_MODEL = {"${models}", "${robustness.models}"}


def tracked_stages(pipeline: Path) -> Iterator[Stage]:
    """The stages of a dvc.yaml that depend on their fingerprint."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(pipeline.read_text(encoding="utf-8"))
    for name, entry in document["stages"].items():
        stage = entry.get("do", entry)
        deps = (posixpath.normpath(posixpath.join(stage.get("wdir", ""), str(dep))) for dep in stage.get("deps", ()))
        if any(dep.startswith(f"{paths.CODE.as_posix()}/") for dep in deps):
            tracked = (key.partition(".")[0] for key in stage.get("params", ()))
            # Ensembles share the code of their stage, and so do exports and further test sets.
            is_per_model = not PER_MODEL.isdisjoint([entry.get("foreach"), *entry.get("matrix", {}).values()])
            yield Stage(name, tuple(dict.fromkeys([*tracked, *STAGE_SECTIONS.get(name, ())])), is_per_model=is_per_model)


def sections() -> dict[str, tuple[str, str]]:
    """Module and name of the class that declares each section of params.yaml."""
    classes = {field.alias or name: field.annotation for name, field in Params.model_fields.items()}
    return {name: (own.__module__, own.__name__) for name, own in classes.items() if isinstance(own, type) and issubclass(own, BaseModel)}


def choices(params: Params, model: str) -> dict[str, str]:
    """The modules that a model uses of the registries."""
    entry = params.model(model)
    return {"mien.losses": entry.loss, "mien.models.attention": entry.attention, "mien.models.heads": entry.head}
