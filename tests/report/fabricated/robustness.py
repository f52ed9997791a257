"""Robustness of fabricated models: true to drawn logits, made by the stage's own functions."""

import numpy as np

from mien.core import paths
from mien.core.files import write_json
from mien.core.spreadsheet import write_csv
from mien.robustness.corrupting import corruption
from mien.robustness.document import robustness_document, robustness_table
from mien.robustness.examples import SHOWN
from mien.robustness.figures import Subject
from mien.robustness.predicting import CorruptedLogits
from mien.store.thumbnails import write_thumbnails
from tests.report.fabricated.pictures import encoded, face
from tests.report.fabricated.plan import Plan

NAMES = ("gaussian_noise", "covered_eyes", "covered_mouth")


def write_robustness(plan: Plan, model: str, *, threshold: float | None = 0.65) -> None:
    """Without landmarks for the mouth, so that it is left out."""
    draws = np.random.default_rng(3)
    clean_NK = 2 * np.eye(len(plan.classes))[plan.predicted[model]] + 0.1 * draws.random((len(plan.actual), len(plan.classes)))
    worse = np.stack([[clean_NK + strength * draws.normal(size=clean_NK.shape) for strength in range(1, 6)] for _ in NAMES])
    worse[2] = np.nan
    logits = CorruptedLogits(clean_NK.astype(np.float32), worse.astype(np.float32))
    subject = Subject(plan.actual, np.arange(len(plan.actual)).astype(str))
    found = robustness_document(subject, logits, NAMES, temperature=1.7, threshold=threshold, seed=1, num_resamples=100)
    write_json(paths.robustness(model), {"model": model, "seed": 42, "min_accuracy": 0.9, **found})
    write_csv(paths.robustness_table(model), robustness_table(found))
    folder, row = paths.robustness_folder(model), plan.test.iloc[0]

    def said(name: str) -> dict[str, object]:
        return {"picture": name, "predicted": plan.classes[0], "probability": 0.81, "sure": threshold is not None}

    pictures = {"clean": encoded(face(0))} | {f"{name}/{strength}": encoded(face(strength)) for name in NAMES[:2] for strength in SHOWN}
    rows = [
        {"name": name, "title": corruption(name).title,
         "cells": [{"strength": strength, **said(f"{name}/{strength}")} for strength in SHOWN]}
        for name in NAMES[:2]
    ]  # fmt: skip
    about = {"sample_id": row["sample_id"], "path": row["path"], "actual": row["label"]}
    write_json(folder / "examples.json", {**about, "clean": said("clean"), "rows": rows})
    write_thumbnails(folder / "pictures.parquet", pictures)
