"""The models of an ensemble: what they predicted, where they come from and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.config.prediction import PredictionConfig
from mien.core import paths
from mien.core.errors import TableError
from mien.core.outputs import missing
from mien.evaluate.model_facts import cost_document
from mien.models.cost import cost_of
from mien.models.store import describe_model
from mien.models.weights import WEIGHTS
from mien.store.tables import CALIBRATED, read_table


@dataclass(frozen=True)
class Member:
    """One model of an ensemble."""

    name: str
    classes: tuple[str, ...]
    """in the order of its outputs"""
    weights: str
    """where its training began"""
    cost: dict[str, int]
    """num_parameters, macs, file_bytes"""
    calibrated: pd.DataFrame
    """CALIBRATED"""
    weights_sha256: str


def read_member(model: str, prediction: PredictionConfig) -> Member:
    """Reads models/MODEL and data/calibrated/MODEL.parquet. Raises TableError if one is missing or damaged."""
    folder = paths.model(model)
    description, weights = describe_model(folder), folder / WEIGHTS
    if not weights.is_file():
        raise missing(weights)
    return Member(
        name=model,
        classes=tuple(description.classes),
        weights=description.training["weights"],
        cost=cost_document(cost_of(description.config, tta=prediction.tta), file_bytes=weights.stat().st_size),
        calibrated=read_table(paths.calibrated(model), CALIBRATED),
        weights_sha256=description.weights_sha256,
    )


def common_classes(members: Sequence[Member]) -> tuple[str, ...]:
    """The classes of all members. Raises TableError if two members differ."""
    first, *others = members
    for other in others:
        if other.classes != first.classes:
            raise TableError(
                f"{other.name} has the classes {', '.join(other.classes)}, but {first.name} has {', '.join(first.classes)}, so they "
                "cannot be averaged; run `dvc repro`"
            )
    return first.classes


def ensemble_facts(members: Sequence[Member]) -> dict[str, Any]:
    """JSON values for the head of metrics/evaluate/ENSEMBLE.json; the cost is the sum of the members' costs."""
    return {
        "members": [member.name for member in members],
        "weights": " + ".join(dict.fromkeys(member.weights for member in members)),
        "classes": list(members[0].classes),
        "cost": {name: sum(member.cost[name] for member in members) for name in members[0].cost},
    }
