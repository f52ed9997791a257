"""The facts of a small run, made by the pipeline's own functions from drawn predictions, so that they have the shapes of real ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mien.compare.leaderboard import leaderboard
from mien.config.configure import configure
from mien.config.model import config_document
from mien.config.params import Params, parse_params
from mien.config.prediction import prediction_config
from mien.evaluate.predictions import Predictions
from mien.evaluate.results import bare_metrics, report_on_test
from mien.evaluate.seeds import seed_metrics
from mien.evaluate.selecting import selective_curves, selective_report
from mien.evaluate.selection import selection
from mien.evaluate.slices import slice_metrics, slices_table
from mien.explain.claims import measure
from mien.report.run_facts import Doubts, Explanation, RunFacts
from mien.statistics.pairwise_tests import compare_pairs
from mien.statistics.temperature import calibration_report, reliability_table
from mien.store.tables import DUPLICATES, FILES, PAIRS, SPLITS
from mien.tracking.provenance import Provenance

MODELS = {
    "first": "backbone: test_resnet, head: linear, loss: rebalanced",
    "second": "backbone: test_efficientnet, head: dense, loss: focal",
}
PARAMS = "labels: {{classes: [happy, sad, fear], aliases: {{fear: [afraid]}}}}\n{sections}models:\n" + "".join(
    f"  {name}: {{{{{parts}, weights: none, attention: none, input_px: 32, train: {{{{epochs: 3}}}}}}}}\n" for name, parts in MODELS.items()
)
NUM = {"train": 90, "val": 30, "test": 120}
RESAMPLES = 200


def make_params(sections: str = "") -> Params:
    return parse_params(PARAMS.format(sections=sections), name="params.yaml")


def make_facts(params: Params | None = None, *, flagged: bool = False, seeds: bool = False) -> RunFacts:
    """A run of two models, the first better. With `flagged` a third of the test images is not clean, with `seeds` there are several."""
    params = params or make_params()
    classes, draws = params.labels.kept, np.random.default_rng(0)
    actual = {split: draws.integers(0, len(classes), num) for split, num in NUM.items()}
    class_counts = dict(zip(classes, np.bincount(actual["train"], minlength=len(classes)).tolist(), strict=True))
    flagged_N = np.arange(NUM["test"]) % 3 == 0 if flagged else np.zeros(NUM["test"], bool)
    columns = pd.DataFrame({"sharpness": draws.random(NUM["test"]), "source|camera": np.where(draws.random(NUM["test"]) < 0.5, "a", "b")})
    evaluations, tables, tested_by = {}, {}, {}
    for strength, model in zip((2.0, 0.7), params.models, strict=True):
        tested, others = _tested(draws, actual["test"], strength), _tested(draws, actual["test"], strength)
        validated = _tested(draws, actual["val"], strength)
        report = report_on_test(
            tested, classes=classes, flagged_N=flagged_N, class_counts_K=list(class_counts.values()), seed=0, num_resamples=RESAMPLES
        )
        calibrated = calibration_report(
            tested.logits_NK, tested.actual_N, validation_logits_NK=validated.logits_NK, validation_actual_N=validated.actual_N
        )
        temperature = calibrated["temperature"]
        slices = slice_metrics(tested.actual_N, tested.predicted_N, len(classes), columns, seed=0, num_resamples=RESAMPLES)
        tested_by[model] = tested
        tables[model] = (
            slices_table(slices),
            reliability_table(tested.logits_NK, tested.actual_N, temperature=temperature),
            selective_curves(tested, validated, temperature=temperature),
        )
        last = {"epoch": 3, "val_loss": 0.6, "val_accuracy": 0.5, "val_macro_f1": 0.5}
        evaluations[model] = {
            "model": model,
            "weights": "none",
            "recipe": "one_stage",
            "classes": list(classes),
            "cost": {"num_parameters": 123_456, "macs": 7_890_000, "file_bytes": 500_000},
            "selection": selection(_record(model, class_counts), last, test_macro_f1=report["all"]["macro_f1"]),
            **report,
            "calibration": calibrated,
            "selective": selective_report(tested, validated, temperature=temperature, min_accuracy=params.predict.min_accuracy),
            **(seed_metrics({42: bare_metrics(tested), 1: bare_metrics(others)}) if seeds else {}),
        }
    pairs = compare_pairs(
        actual["test"], {model: tested.predicted_N for model, tested in tested_by.items()}, len(classes), seed=0, num_resamples=RESAMPLES
    )
    splits, files, fates = _data(classes, actual)
    return RunFacts(
        params=params,
        origin=Provenance(experiment=None, revision="0123456789abcdef", params="aaaa", data="bbbb"),
        modified=(),
        leaderboard=leaderboard(evaluations),
        evaluations=evaluations,
        reliabilities={model: table for model, (_, table, _) in tables.items()},
        selectives={model: table for model, (_, _, table) in tables.items()},
        slices={model: table for model, (table, _, _) in tables.items()},
        trainings={model: _record(model, class_counts) for model in params.models},
        curves={model: pd.DataFrame({"epoch": [1, 2, 3], "val_loss": [1.0, 0.5, 0.6]}) for model in params.models},
        configs={
            model: config_document(configure(params, model)) | prediction_config(params, model).model_dump() for model in params.models
        },
        comparisons=pairs,
        explanations={},
        costs={},
        counts=_counts(splits, files),
        files=files,
        duplicates=pd.DataFrame(columns=DUPLICATES.names),
        pairs=pd.DataFrame(columns=PAIRS.names),
        splits=splits,
        fates=fates,
        validation={"success": True, "suites": {"files": {"success": True, "expectations": {"there is at least one file": True}}}},
        doubts=None,
        testsets={},
    )


def with_everything(facts: RunFacts) -> RunFacts:
    """The same run with explanations, doubts and speeds."""
    draws = np.random.default_rng(1)
    right_N = draws.random(80) < 0.6
    claims = measure({"spread": draws.random(80) + 0.5 * right_N, "mirror": draws.random(80)}, right_N, seed=0, num_resamples=RESAMPLES)
    curve = {"auc": 0.31, "random_auc": 0.42, "difference": -0.11, "low": -0.15, "high": -0.07}
    found: dict[str, Any] = {
        "grid": [2, 3],
        "num_maps": 80,
        "num_correct": int(right_N.sum()),
        "num_wrong": int((~right_N).sum()),
        "num_empty": 2,
        "claims": claims,
        "faithfulness": {"num_images": 16, "num_steps": 10, "deletion": curve, "insertion": curve},
        "sanity": {"num_images": 16, "head_redrawn": 0.4, "all_redrawn": None},
        "failures": {
            "num": 40,
            "num_tested": 120,
            "pairs": [],
            "associations": [
                {"column": name, "title": name, "unit": "px", "num_failed": 40, "num_right": 80, "median_failed": 30.0,
                    "median_right": 50.0,
                 "auc": 0.3, "low": 0.2, "high": 0.4, "p": p, "p_holm": p}
                for name, p in (("face side", 0.001), ("brightness", 0.6))
            ],
        },
    }  # fmt: skip
    speed = {
        "images_per_s": 120.0,
        "latency_ms": 9.5,
        "batch_size": 32,
        "device": "cpu",
        "cpu": "a processor",
        "num_threads": 2,
        "precision": "fp32",
    }
    doubts = {"model": "first", "num_images": 240, "num_doubted": 12, "num_queued": 10, "num_decided": 1, "by_class": {}}
    return replace(
        facts,
        explanations={"first": Explanation(found, [], [], [], Path("metrics/explain/first"))},
        costs={"first": speed},
        doubts=Doubts(doubts, pd.DataFrame(), Path("metrics/doubts")),
    )


def _tested(draws: np.random.Generator, actual_N: Any, strength: float) -> Predictions:
    logits_NK = draws.normal(size=(len(actual_N), 3)) + strength * np.eye(3)[actual_N]
    return Predictions(actual_N.astype(np.int64), logits_NK.astype(np.float32), np.arange(len(actual_N)))


def _record(model: str, class_counts: dict[str, int]) -> dict[str, Any]:
    return {
        "model": model,
        "recipe": "one_stage",
        "reason": "no pretrained weights",
        "weights": "none",
        "monitor": "val_loss",
        "epochs": 3,
        "best_epoch": 2,
        "val": {"loss": 0.5, "accuracy": 0.6, "mean_accuracy": 0.6, "macro_f1": 0.6},
        "num_parameters": 123_456,
        "class_counts": class_counts,
    }


def _data(classes: tuple[str, ...], actual: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Splits, files and fates: every image of the splits, two copies, one unreadable file and one that is none of ours."""
    kept = [
        {"path": f"{classes[number]}/{split}{place}.jpg", "sample_id": f"{split}{place}", "label": classes[number], "split": split}
        for split, numbers in actual.items()
        for place, number in enumerate(numbers)
    ]
    splits = pd.DataFrame(kept).reindex(columns=SPLITS.names)
    lost = [
        ("happy/copy1.jpg", "duplicate", "sanitise", "near"),
        ("happy/copy2.jpg", "duplicate", "sanitise", "near"),
        ("sad/broken.jpg", "rejected", "convert", "truncated"),
        ("notes.txt", "ignored", "ingest", "not an image"),
    ]
    fates = pd.DataFrame(
        [(one["path"], "kept", "split", one["split"]) for one in kept] + lost, columns=["path", "fate", "stage", "reason"]
    ).assign(sample_id=None, detail=None)
    return splits, fates[["path"]].reindex(columns=FILES.names), fates


def _counts(splits: pd.DataFrame, files: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The counts of the data stages, as metrics/data has them."""
    by_split = {split: {"all": len(own), **own["label"].value_counts().to_dict()} for split, own in splits.groupby("split")}
    kinds = {"exact": 0, "pixel": 0, "near": 2, "mirrored": 0}
    return {
        "ingest": {"files": len(files), "images": len(files) - 1, "contents": len(files) - 1, "with_subject": 0},
        "convert": {"contents": len(files) - 1, "images": len(splits), "formats": {"PNG": 3, "JPEG": len(files) - 4}},
        "dedup": {"files_by_kind": kinds, "pairs_by_kind": {**kinds, "scene": 31}, "groups": 2, "files_in_groups": 4, "largest_group": 2,
                  "groups_with_several_spellings": 1, "test_files_with_twin_in_train": 0,
                  "scenes": 5, "files_in_scenes": 17, "largest_scene": 6},
        "sanitise": {"conflicting_groups": 0, "near_copies_kept": 3, "unknown_labels": [], "corrections": {"relabelled": 1, "kept": 2,
            "dropped": 0, "unused": 0}},
        "align": {"images": len(splits), "one_face": len(splits), "several_faces": 0, "no_face": 0, "turned": {"90": 3, "180": 0,
            "270": 1}},
        "split": {"splits": by_split, "fates": {"leak": 0}, "test_flags": {}, "subjects": 0, "subjects_in_training_and_test": 0,
                  "scenes_let_go": {"scenes": 0, "images": 0}},
    }  # fmt: skip


def with_clips(facts: RunFacts) -> RunFacts:
    """The same run with two temporal models, whose metrics are those of the two models under other names."""
    names = {"first_fan": "first", "first_mean": "second"}
    found = {
        name: {
            **facts.evaluations[model],
            "model": name,
            "unit": "clip",
            "temporal": {
                "model": "first",
                "pooling": name.partition("_")[2],
                "best_epoch": 3,
                "clips": {"train": 30, "val": 10, "test": 20},
                "frames": {"train": 300, "val": 100, "test": 200},
            },
        }
        for name, model in names.items()
    }
    swapped = {model: name for name, model in names.items()}
    pairs = facts.comparisons.assign(first=facts.comparisons["first"].map(swapped), second=facts.comparisons["second"].map(swapped))
    return replace(facts, clip_evaluations=found, clip_comparisons=pairs)
