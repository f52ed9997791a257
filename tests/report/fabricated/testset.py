"""A further test set of a fabricated run: its counts, and the metrics of every model on it."""

import numpy as np

from mien.core import paths
from mien.core.files import write_json
from mien.evaluate.predictions import Predictions
from mien.split.units import units
from mien.store.tables import SPLITS, write_table
from mien.testsets.crossing import cross_document
from tests.report.fabricated.plan import Plan
from tests.testsets.test_crossing import answer

RESAMPLES = 200


def write_testset(plan: Plan, testset: str, *, absent: int, seeds: tuple[int, ...]) -> None:
    """The test images of the run without the last `absent` classes; the models are as good on them as on their own test split, or worse."""
    classes = plan.classes[: len(plan.classes) - absent]
    rows = plan.test[plan.test["label"].isin(classes)].reset_index(drop=True)
    num = len(rows)
    counts = {
        "files": num + 7,
        "fates": {"kept": num, "duplicate": 1, "quarantined": 2, "rejected": 0, "ignored": 0, "leak": 4, "dropped class": 0, "thinned": 0},
        "reasons": {"leak": {"picture of the training split": 3, "scene of the validation split": 1}, "quarantined": {"unknown_label": 2}},
        "images": num,
        "groups": int(units(rows).nunique()),
        "subjects": 0,
        "classes": {name: int((rows["label"] == name).sum()) for name in plan.classes},
        "labels_left_out": {"contempt <x>": 2},
        "flags": {},
    }
    write_json(paths.testset_counts(testset), counts)
    write_table(paths.testset_splits(testset), rows, SPLITS)
    for place, model in enumerate(plan.params.models):
        by_seed = {seed: _predicted(plan, rows["label"].tolist(), 31 * place + seed) for seed in (seeds or (42,))}
        own = _predicted(plan, plan.test["label"].tolist(), place)
        settings = answer().model_copy(update={"name": model, "classes": list(plan.classes)})
        document = cross_document(by_seed, own, rows, settings, testset=testset, seed=1, num_resamples=RESAMPLES)
        write_json(paths.crossevaluation(testset, model), document)


def _predicted(plan: Plan, labels: list[str], seed: int) -> Predictions:
    generator = np.random.default_rng(seed)
    actual = np.array([plan.classes.index(label) for label in labels])
    logits = generator.normal(size=(len(actual), len(plan.classes))).astype(np.float32)
    logits[np.arange(len(actual)), actual] += 1
    return Predictions(actual, logits, np.arange(len(actual)))
