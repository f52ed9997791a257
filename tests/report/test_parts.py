"""What single parts of the pages choose to show."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.config.params import load_params
from mien.report.page import multiples
from mien.report.page.index import clips, doubts, leaderboard, robustness
from mien.report.page.model import corruptions, curves, epochs, method, slices, training
from mien.report.page.rendering import environment
from mien.report.page.site import model_page
from mien.report.page.sprites import Sprites
from mien.report.run_facts import read_run
from tests.report.fabricated import fabricate
from tests.report.fabricated.model import BEST
from tests.report.fabricated.robustness import write_robustness
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


def test_each_chart_of_curves_draws_one_metric_of_both_parts_and_marks_its_best_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts: Any = read_run(load_params())
    rows = facts.curves["good"]
    bests = {"loss": 2, "accuracy": 4, "macro_f1": BEST}
    rows["val_loss"], rows["val_accuracy"], rows["val_macro_f1"] = (
        1.0,
        0.5,
        0.5,
    )  # all epochs in a tie, of which the selected one is the best
    assert {curves.best_epoch(rows, metric, BEST) for metric in curves.METRICS} == {BEST}
    for name, epoch in bests.items():
        rows.loc[rows["epoch"] == epoch, f"val_{name}"] += -0.1 if name == "loss" else 0.1
    view = curves.view(facts, model="good")
    assert view is not None and [one.name for one in view["charts"]] == ["curve-loss", "curve-accuracy", "curve-macro-f1"]
    for one, (name, epoch) in zip(view["charts"], bests.items(), strict=True):
        assert [text.removeprefix("validation ") for _, text in one.legend][:1] == [one.legend[1][1].removeprefix("training ")]
        assert one.rings == [one.place(epoch, float(rows.loc[rows["epoch"] == epoch, f"val_{name}"].iloc[0]))]
        assert [rule.text for rule in one.rules] == ["selected", "stage 2"] and one.rules[0].x == one.place(BEST, 1)[0]
        assert f"selected epoch {BEST}" in one.description and (f"is that of epoch {epoch}." in one.description) == (epoch != BEST)
    rows["val_loss"] = [1.0, 0.5, 0.5, 0.9, 0.9, 0.9]
    assert curves.best_epoch(rows, curves.METRICS[0], BEST) == 2, "the first of a tie"


def test_maps_by_epoch_have_a_column_per_epoch_and_say_what_was_not_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts = read_run(load_params())
    sprites = Sprites(budget_bytes=10**6)
    view = epochs.view(facts, model="good", sprites=sprites)
    assert view is not None and view["columns"] == ["epoch 1", "epoch 5, best"] and len(sprites.symbols()) > 3
    for row in view["rows"]:
        assert [cell["is_right"] for cell in row["cells"]] == [row["actual"] == facts.classes[0]] * 2
        assert row["face"] and all(cell["map"] for cell in row["cells"])
    text = model_page(facts, "good")
    assert "Not reached: epochs 7, 8</strong>, because the training ended after 6 epochs." in text and 'id="epochs"' in text
    assert epochs.view(facts, model="poor", sprites=sprites) is None and 'id="epochs"' not in model_page(facts, "poor")


def test_the_teachers_of_a_student_are_among_the_facts_of_its_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts: Any = read_run(load_params())
    alone = training.view(facts, model="good")
    facts.trainings["good"]["teachers"] = ["poor", "big"]
    taught = training.view(facts, model="good")
    assert alone is not None and taught is not None
    assert "teachers" not in dict(alone["facts"]) and dict(taught["facts"])["teachers"] == "poor, big"


def test_a_chart_of_a_corruption_has_the_values_of_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts = read_run(load_params())
    view = corruptions.view(facts, model="good", sprites=Sprites(budget_bytes=10**6))
    assert view is not None and [one.title for one in view["charts"]] == ["Gaussian noise", "Covered eyes"]
    chart, own = view["charts"][0], facts.robustness["good"].figures["corruptions"][0]
    heights = [float(mark.y) for mark in chart.marks]
    values = [own["clean"]["accuracy"]["value"], *(each["accuracy"]["value"] for each in own["strengths"])]
    inner = chart.bottom - multiples.TOP
    assert [(chart.bottom - height) / inner for height in heights] == pytest.approx(values, abs=1e-3)
    corners = [tuple(map(float, corner.split())) for corner in chart.band.strip("MZ").split("L")]
    assert len(corners) == 12 and corners[0][0] == corners[-1][0] == chart.left
    for (_, upper), (_, lower), height in zip(corners[:6], corners[:5:-1], heights, strict=True):
        assert upper <= height <= lower
    assert view["left_out"][0][0] == "covered mouth" and view["example"]["name"] == facts.robustness["good"].example["sample_id"][:12]


def test_models_are_compared_on_worse_images_in_the_order_of_the_leaderboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts = read_run(load_params())
    view = robustness.view(facts)
    assert view is not None and [row["model"] for row in view["rows"]] == facts.ranked
    row, own = view["rows"][0], facts.robustness[facts.ranked[0]].figures
    assert row["accuracy_loss"] == own["accuracy_loss"] and row["worst"]["name"] == own["worst"]
    last = [one["strengths"][-1] for one in own["corruptions"]]
    assert row["strongest"]["unsure"] == pytest.approx(np.mean([each["unsure"] for each in last]))
    assert view["axis"].low <= 0 <= view["axis"].high
    facts.robustness.clear()
    assert robustness.view(facts) is None and corruptions.view(facts, model="good", sprites=Sprites(budget_bytes=0)) is None


def test_a_model_without_answers_is_shown_without_numbers_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_robustness(fabricate(), "good", threshold=None)
    facts = read_run(load_params())
    text = model_page(facts, "good")
    own = text.split('id="corruptions"')[1].split("</section>")[0]
    assert "every answer is “not sure”" in own and "None" not in own and ", not sure" in own
    assert corruptions.strongest(facts.robustness["good"].figures) == {"unsure": 1.0, "sure_accuracy": None}
    write_robustness(fabricate(), "good", threshold=0.0)
    assert "it is never “not sure”" in model_page(read_run(load_params()), "good")


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
    assert "rebalancing" in page and "0.600" in page and "moving average" not in page
    facts.trainings["poor"]["method"] = {"selected": 0.8}
    assert "little more than a moving average of the weights" in model_page(facts, "poor")


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
