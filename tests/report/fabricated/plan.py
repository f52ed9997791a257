"""What a fabricated run is made from: parameters, the rows of the splits, and what each model answers."""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from ruamel.yaml import YAML

from mien.config.params import Params, load_params
from mien.core import paths

CLASSES = ("angry", "happy", "sad")
ENTRY = {"backbone": "test_resnet", "weights": "none", "attention": "none", "head": "dense", "loss": "cross_entropy", "input_px": 32}
OTHER = {"loss": "focal", "attention": "se"}


class Plan:
    """The run to be written. Good models come first."""

    def __init__(self, params: Params, rows: pd.DataFrame) -> None:
        self.params, self.rows = params, rows
        self.models, self.classes = params.tested, params.labels.kept
        self.test = rows[rows["split"] == "test"].reset_index(drop=True)

    @cached_property
    def actual(self) -> NDArray[np.int64]:
        return np.array([self.classes.index(label) for label in self.test["label"]])

    @cached_property
    def predicted(self) -> dict[str, NDArray[np.int64]]:
        """Of each model, right for 9 of 10 images (the first) to 1 of 4 (the last), else drawn."""
        random = np.random.default_rng(7)
        found = {}
        for place, model in enumerate(self.models):
            skill = 0.9 - 0.65 * place / max(len(self.models) - 1, 1)
            drawn = random.integers(len(self.classes), size=len(self.actual))
            found[model] = np.where(random.random(len(self.actual)) < skill, self.actual, drawn)
        return found


def write_params(
    models: tuple[str, ...],
    classes: tuple[str, ...],
    *,
    official: bool,
    names: str,
    ensembles: dict[str, list[str]],
    exports: dict[str, dict[str, str]],
    testsets: tuple[str, ...],
    robust: tuple[str, ...],
) -> Params:
    """params.yaml; every other model differs in loss and attention."""
    entries = {model: {**ENTRY, **(OTHER if place % 2 else {})} for place, model in enumerate(models)}
    method = "official" if official else "stratified"
    with paths.PARAMS.open("w", encoding="utf-8") as file:
        document = {
            "labels": {"classes": list(classes)},
            "split": {"method": method},
            "report": {"names": names},
            "robustness": {"models": list(robust)},
        }
        sets = {name: {"source": f"/secret/{name}.zip"} for name in testsets}
        YAML().dump({**document, "models": entries, "ensembles": ensembles, "exports": exports, "testsets": sets}, file)
    return load_params()
