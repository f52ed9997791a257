"""The rows of the tables of a model card, as text."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mien.config.weights import NONE
from mien.core.markdown import Markdown
from mien.core.plural import plural
from mien.report.page.formats import MISSING, count, figure, file_size, large, p_value, percent, signed, span, three_digits, title, value
from mien.statistics.headline import HEADLINE

CALIBRATION = ("nll", "brier", "ece", "classwise_ece")
INTERVAL = "95 % interval"
SIGNIFICANT = 0.05
MOST_SLICES = 8
ELSEWHERE = {"name", "classes", "seed", "other_seeds", "backbone", "attention", "head", "input_px"}

Rows = list[list[str]]
Figures = Mapping[str, Any]


def part_rows(config: Figures, *, weights: str, cost: Figures, origin: Markdown, version: str) -> Rows:
    """Return the parts of the model and its origin; `weights` says where the weights come from, as the record of the training does."""
    backbone, side = config["backbone"], config["input_px"]
    return [
        ["backbone", Markdown(f"`{backbone}` of timm" if backbone != "cnn" else "a plain convolutional network, `mien/models/cnn.py`")],
        ["pretrained weights", weights if weights != NONE else "none (random initialisation)"],
        *([["teachers", ", ".join(config["teachers"].values())]] if "teachers" in config else []),
        ["attention block", config["attention"]],
        ["head", config["head"]],
        ["loss", config["loss"]["name"]],
        ["input", f"{side}×{side} px, RGB; the model normalises its input"],
        ["output", f"{len(config['classes'])} logits, in the order {', '.join(config['classes'])}"],
        ["parameters", count(cost["num_parameters"])],
        ["files", Markdown(f"`models/{config['name']}/weights.safetensors` and `model.json`; no pickle")],
        ["made by", Markdown(f"mien {version}, {origin}")],
        ["developed by, contact, licence", "to be filled in by whoever publishes the model"],
    ]


def figure_headings(evaluation: Figures) -> list[str]:
    """Return the headings of the table whose rows are figure_rows."""
    clean = ["clean", INTERVAL] if "clean" in evaluation else []
    return ["metric", "all test images", INTERVAL, *clean, "largest class", "training shares"]


def figure_rows(evaluation: Figures) -> Rows:
    """Return overall metrics with intervals, on all test images and, if some are flagged, on the clean ones; then both baselines."""
    parts = [evaluation[part] for part in ("all", "clean") if part in evaluation]
    baselines = [evaluation["all"][name] for name in ("majority_baseline", "prior_baseline")]
    return [
        [
            title(name),
            *(text for part in parts for text in (figure(part[name]), _interval(part["intervals"][name]))),
            *(figure(baseline[name]) for baseline in baselines),
        ]
        for name in HEADLINE
    ]


def part_metrics(parts: Mapping[str, Figures]) -> Rows:
    """Return the main metrics of each declared part of the test split; none if there are no parts."""
    return [
        [name, count(one["num_images"]), figure(one["accuracy"]), _interval(one["intervals"]["accuracy"])]
        + [figure(one[metric]) for metric in ("mean_accuracy", "macro_f1")]
        for name, one in parts.items()
    ]


def selective_words(selective: Figures) -> str:
    """Return how often the model is right if it may answer "not sure", as sentences."""
    wanted = percent(selective["min_accuracy"])
    if selective["threshold"] is None:
        return f"No threshold of confidence makes {wanted} of the answers on validation images right."
    tested = selective["test"]
    reached = f", and {percent(tested['accuracy'], 1)} of these answers are right" if tested["accuracy"] is not None else ""
    return (
        f"The threshold of {figure(selective['threshold'])} was chosen on the validation images, so that {wanted} of the answers are "
        f"right. On the test images it answers {percent(tested['coverage'], 1)}{reached}."
    )


def class_rows(per_class: Mapping[str, Figures]) -> Rows:
    """Return the metrics of each class."""
    return [
        [
            name,
            count(one["support"]),
            figure(one["precision"]),
            figure(one["recall"]),
            span(one["recall_low"], one["recall_high"]),
            figure(one["f1"]),
        ]
        for name, one in per_class.items()
    ]


def calibration_rows(calibration: Figures) -> Rows:
    """Return each calibration metric before and after division by the temperature."""
    return [[title(name), figure(calibration["before"][name]), figure(calibration["after"][name])] for name in CALIBRATION]


def slice_rows(slices: pd.DataFrame) -> Rows:
    """Return the slices whose accuracy gap to all other images has an interval that excludes 0, the largest gap first."""
    apart = slices[(slices["accuracy_gap_low"] > 0) | (slices["accuracy_gap_high"] < 0)]
    order = apart["accuracy_gap"].abs().sort_values(ascending=False, kind="stable").index
    return [
        [
            f"{one['column'].replace('_', ' ')}: {one['value']}",
            count(one["num_images"]),
            figure(one["accuracy"]),
            signed(one["accuracy_gap"]),
            f"{signed(one['accuracy_gap_low'])} to {signed(one['accuracy_gap_high'])}",
        ]
        for one in apart.loc[order].head(MOST_SLICES).to_dict("records")
    ]


def claim_rows(claims: Sequence[Figures]) -> Rows:
    """Return the claims about the maps, also for right against wrong predictions; claims without a measured map are omitted."""
    return [
        [
            claim["title"],
            count(claim["num"]),
            figure(claim["mean"]),
            span(claim["low"], claim["high"]),
            figure(claim["chance"]),
            figure(claim["mean_correct"]),
            figure(claim["mean_wrong"]),
            signed(claim["difference"]),
            f"{signed(claim['difference_low'])} to {signed(claim['difference_high'])}" if claim["difference_low"] is not None else MISSING,
            p_value(claim["p_holm"]),
        ]
        for claim in claims
        if claim["num"]
    ]


def association_rows(failures: Figures) -> Rows:
    """Return the quantities in which failed and other test images differ after Holm's correction."""
    return [
        [
            f"{one['title']}{', ' + one['unit'] if one.get('unit') else ''}",
            three_digits(one["median_failed"]),
            three_digits(one["median_right"]),
            figure(one["auc"], 2),
            span(one["low"], one["high"], 2),
        ]
        for one in failures.get("associations", ())
        if one["p_holm"] is not None and one["p_holm"] <= SIGNIFICANT
    ]


def setting_rows(config: Figures) -> Rows:
    """Return the training settings, named as in params.yaml, except those elsewhere in the card and augmentations that are switched off."""
    rest = {name: setting for name, setting in config.items() if name not in ELSEWHERE and not isinstance(setting, dict)}
    loss = {f"loss.{name}": setting for name, setting in config["loss"].items() if name != "name"}
    head = {f"head.{name}": setting for name, setting in config.get("head_params", {}).items()}
    train = {f"train.{name}": setting for name, setting in config["train"].items()}
    augment = {f"augment.{name}": setting for name, setting in config["augment"].items() if setting}
    return [[name, value(setting)] for name, setting in {**rest, **loss, **head, **train, **augment}.items()]


def cost_rows(cost: Figures, speed: Figures | None, *, tta: str) -> Rows:
    """Return the size of the model and, if `speed` is given, its prediction speed on the machine that made the report."""
    rows = [
        ["parameters", count(cost["num_parameters"])],
        ["multiply-accumulates per image" + (f", with the views of {tta}" if tta != "none" else ""), large(cost["macs"])],
        ["weights.safetensors", file_size(cost["file_bytes"])],
    ]
    if speed is not None:
        on = f"{speed['device']}, {speed['cpu']}, {plural(speed['num_threads'], 'thread')}, {speed['precision']}"
        rows += [
            [f"images per second in batches of {speed['batch_size']}", three_digits(speed["images_per_s"])],
            ["latency of one image", f"{three_digits(speed['latency_ms'])} ms"],
            ["measured on", on],
        ]
    return rows


def _interval(interval: Figures) -> str:
    return span(interval["low"], interval["high"])
