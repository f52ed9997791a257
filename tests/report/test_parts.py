"""What single parts of the pages choose to show."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.config.params import load_params
from mien.report.page.index import clips, doubts, leaderboard
from mien.report.page.model import curves, slices, training
from mien.report.page.rendering import environment
from mien.report.run_facts import read_run
from tests.report.fabricated import fabricate
from tests.report.facts import make_facts, with_clips


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


def test_clips_have_a_part_of_their_own_and_no_row_among_images() -> None:
    facts = make_facts()
    assert clips.view(facts) is None
    found = with_clips(facts)
    view = clips.view(found)
    assert view is not None and [row["name"] for row in view["rows"]] == ["first_fan", "first_mean"]
    assert view["rows"][0]["to_best"] is None and view["rows"][1]["to_best"] is not None
    assert {row["model"] for row in leaderboard.view(found)["rows"]} == {"first", "second"}
    text = environment().get_template("index/clips.html.j2").render(view=view).replace("<wbr>", "")
    assert "cannot be compared with those of single images" in text and "20 clips with 200 frames" in text
    assert text.index("first_fan") < text.index("first_mean") and 'href="models/first.html"' in text
