"""What single parts of the pages choose to show."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.config.params import load_params
from mien.report.page.index import doubts
from mien.report.page.model import curves, method, slices, training
from mien.report.page.site import model_page
from mien.report.run_facts import read_run
from tests.report.fabricated import fabricate


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
    view = doubts.view(facts, sprites=doubts.Sprites(budget_bytes=0))  # type: ignore[attr-defined]
    assert view is not None and view["weak"] is weak


def test_epochs_are_whole_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    view = curves.view(read_run(load_params()), model="good")
    assert view is not None
    place = view["columns"].index("epoch")
    assert [row[place] for row in view["rows"]] == [str(number) for number in range(1, view["num"] + 1)]


def test_the_teachers_of_a_student_are_among_the_facts_of_its_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts: Any = read_run(load_params())
    alone = training.view(facts, model="good")
    facts.trainings["good"]["teachers"] = ["poor", "big"]
    taught = training.view(facts, model="good")
    assert alone is not None and taught is not None
    assert "teachers" not in dict(alone["facts"]) and dict(taught["facts"])["teachers"] == "poor, big"


def test_what_a_method_found_is_a_part_of_the_page_of_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts: Any = read_run(load_params())
    assert method.view(facts, model="good") is None
    known = facts.splits["sample_id"].iloc[0][:12]
    rows = [
        {"image": known, "label": "happy", "used": "sad"},
        *({"image": f"{number:012d}", "label": "a", "used": "b"} for number in range(60)),
    ]
    facts.trainings["good"]["method"] = {"relabelled": 61, "share_at_the_end": 0.25, "images": rows}
    facts.trainings["poor"]["method"] = {
        "conventional_share": 0.4,
        "branches": {"conventional": {"accuracy": 0.5, "mean_accuracy": 0.4}, "rebalancing": {"accuracy": 0.3, "mean_accuracy": 0.6}},
    }
    view = method.view(facts, model="good")
    assert view is not None and view["columns"] == ["image", "label of the data set", "label used instead"]
    assert len(view["rows"]) == 50 and view["num"] == 61
    assert view["rows"][0] == [facts.called[facts.splits["path"].iloc[0]], "happy", "sad"], "named as report.names says"
    page = model_page(facts, "good")
    assert "label used instead" in page and "of 61 images" in page and "metrics/train/good.json" in page
    page = model_page(facts, "poor")
    assert "rebalancing" in page and "0.600" in page
