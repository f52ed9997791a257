"""The models of an experiment beside each other, from their test figures (metrics/evaluate/MODEL.json)."""

from collections.abc import Mapping
from typing import Any

from mien.errors import TableError

FIGURES = ("accuracy", "mean_accuracy", "macro_f1", "weighted_f1")
DECIMALS = 6
HEADINGS = {"accuracy": "accuracy", "mean_accuracy": "mean accuracy", "macro_f1": "macro-F1", "weighted_f1": "weighted F1"}


def leaderboard(evaluations: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """One object per model, in the order given: the four overall figures, rounded so that differences can be read.

    Where test images are flagged (an official test split), macro-F1 on the clean ones too. Raises TableError if the models were not tested
    on the same number of images, because their figures cannot then be compared.
    """
    sizes = {model: evaluation["all"]["num_images"] for model, evaluation in evaluations.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{model}: {size}" for model, size in sizes.items())
        raise TableError(f"the models were tested on different test splits ({listed} images); run `dvc repro`")
    return {model: _row(evaluation) for model, evaluation in evaluations.items()}


def leaderboard_table(evaluations: Mapping[str, Mapping[str, Any]]) -> str:
    """The leaderboard in Markdown, best macro-F1 first, with always guessing the largest class as the last row."""
    rows = leaderboard(evaluations)
    first = next(iter(evaluations.values()))
    clean = "clean" in first
    ranked = sorted(rows, key=lambda model: (-rows[model]["macro_f1"], model))
    lines = [
        _header(first),
        "",
        _line(["model", "weights", *(HEADINGS[name] for name in FIGURES), *(["macro-F1, clean"] if clean else [])]),
        _line(["---", "---", *("---:" for _ in FIGURES), *(["---:"] if clean else [])]),
        *(_line([model, evaluations[model]["weights"], *(f"{value:.4f}" for value in rows[model].values())]) for model in ranked),
        _line(["*largest class*", "–", *(f"{value:.4f}" for value in _row(_baseline(first)).values())]),
    ]
    return "\n".join(lines) + "\n"


def _row(evaluation: Mapping[str, Any]) -> dict[str, float]:
    row = {name: round(evaluation["all"][name], DECIMALS) for name in FIGURES}
    return row | ({"macro_f1_clean": round(evaluation["clean"]["macro_f1"], DECIMALS)} if "clean" in evaluation else {})


def _baseline(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    return {part: evaluation[part]["majority_baseline"] for part in ("all", "clean") if part in evaluation}


def _header(evaluation: Mapping[str, Any]) -> str:
    clean = f", {evaluation['clean']['num_images']} of them clean" if "clean" in evaluation else ""
    return f"Test split: {evaluation['all']['num_images']} images{clean}, {len(evaluation['classes'])} classes; best macro-F1 first."


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
