"""What single parts of the pages choose to show."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.params import load_params
from mien.report.page.index import doubts, duplicates
from mien.report.page.model import curves, slices
from mien.report.run import read_run
from tests.report.fabricated import fabricate

FILES = {
    # path: label, fate, reason, nearest twin
    "test/a": ("sad", "kept", "test", "train/b"),
    "train/b": ("sad", "leak", "in the test split", "test/a"),
    "train/c": ("sad", "leak", "in the test split", "train/b"),  # of the same group, but measured against b
    "x": ("Fear", "quarantined", "conflict", "y"),
    "y": ("fear", "quarantined", "conflict", "x"),
    "z": ("happy", "quarantined", "conflict", "y"),
}


def test_examples_are_the_pairs_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame(
        [(path, path.upper(), label, fate, reason, None, twin, "near", 3.0, 0.9) for path, (label, fate, reason, twin) in FILES.items()],
        columns=["path", "sample_id", "label_raw", "fate", "reason", "detail", "twin_path", "kind", "distance", "correlation"],
    )
    counts = dict.fromkeys(("groups", "largest_group", "groups_in_train_and_test", "test_files_with_twin_in_train"), 2)
    facts: Any = SimpleNamespace(
        duplicates=table[["path", "sample_id", "twin_path", "kind", "distance", "correlation"]],
        fates=table[["path", "fate", "reason", "detail"]],
        files=table[["path", "label_raw"]],
        counts={"dedup": {**counts, "files_by_kind": {}}, "split": {}},
        params=SimpleNamespace(split=SimpleNamespace(method="official")),
    )
    monkeypatch.setattr(duplicates, "stored_thumbnails", lambda _: {})
    shown = duplicates.view(facts, sprites=duplicates.Sprites(budget_bytes=0))
    assert [[file["path"] for file in pair.files] for pair in shown["leaks"]] == [["test/a", "train/b"]]
    assert [{file["label"].lower() for file in pair.files} for pair in shown["conflicts"]] == [{"fear", "happy"}]


def test_a_slice_without_interval_neither_stretches_the_axis_nor_counts_as_a_chance() -> None:
    rows = pd.DataFrame({"column": "flag", "value": ["clean", "blank"], "accuracy_gap": [0.1, -0.9]})
    rows["accuracy_gap_low"], rows["accuracy_gap_high"] = [0.05, np.nan], [0.2, np.nan]
    facts: Any = SimpleNamespace(slices={"m": rows}, evaluations={"m": {"all": {"accuracy": 0.5}}})
    view = slices.view(facts, model="m")
    assert view is not None and (view["num"], view["num_apart"]) == (1, 1)
    assert 0.2 <= view["reach"] < 0.3


@pytest.mark.parametrize(("num_doubted", "weak"), [(0, False), (60, False), (61, True)])
def test_doubts_about_every_second_label_are_doubts_about_the_model(tmp_path: Path, num_doubted: int, weak: bool) -> None:
    found = SimpleNamespace(folder=tmp_path, queue=pd.DataFrame(), counts={"num_images": 240, "num_doubted": num_doubted})
    facts: Any = SimpleNamespace(doubts=found, counts={"sanitise": {}}, params=load_params())
    view = doubts.view(facts, sprites=doubts.Sprites(budget_bytes=0))
    assert view is not None and view["weak"] is weak


def test_epochs_are_whole_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    view = curves.view(read_run(load_params()), model="good")
    assert view is not None
    place = view["columns"].index("epoch")
    assert [row[place] for row in view["rows"]] == [str(number) for number in range(1, view["num"] + 1)]
