"""Metrics of each model on all test images, on those without a flag, and on each part of the test split, in Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from mien.compare.leaderboard import HEADINGS, with_interval
from mien.core.markdown import escaped, markdown_table
from mien.statistics.headline import MAIN
from mien.statistics.resampling import LEVEL


def subset_table(evaluations: Mapping[str, Mapping[str, Any]]) -> str:
    """A row per model and subset, models in the order given, from the documents in metrics/evaluate; metrics with bootstrap intervals."""
    rows = [
        [model, words, f"{tested['num_images']:,}", *(with_interval(tested, name) for name in MAIN)]
        for model, document in evaluations.items()
        for words, tested in _subsets(document)
    ]
    headings = ["model", "test images", "number", *(HEADINGS[name] for name in MAIN)]
    note = f"Brackets contain {LEVEL:.0%} bootstrap intervals, which cover the sampling of test images."
    return "\n".join([*markdown_table(headings, rows, num_left=2), "", note])


def _subsets(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "all", document["all"]
    if "clean" in document:
        yield "clean: without a flag", document["clean"]
    for name, tested in document.get("parts", {}).items():
        yield escaped(name), tested
