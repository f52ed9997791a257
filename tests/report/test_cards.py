"""Cards: Hugging Face's tools read them, and their metrics are those of the run."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import DatasetCard, ModelCard
from huggingface_hub.repocard import metadata_load

from mien.config.params import load_params
from mien.config.preset import FOLDER
from mien.config.sections.dedup import DedupParams
from mien.core import registry
from mien.report.cards import citations, data_card, model_card
from mien.report.cards.rendering import table
from mien.report.run_facts import RunFacts, read_run
from tests.report.fabricated import fabricate
from tests.report.facts import make_facts, make_params, with_everything


@pytest.fixture(scope="module")
def facts() -> RunFacts:
    return make_facts()


def rows_of(card: str, heading: str) -> dict[str, list[str]]:
    """The cells of the first table under a heading, by the first cell of each row."""
    lines = card.split(f"\n{heading}\n", 1)[1].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines_of_first_table(lines)]
    return {row[0]: row[1:] for row in cells}


def lines_of_first_table(lines: list[str]) -> Iterator[str]:
    begun = False
    for line in lines:
        if begun and not line.startswith("|"):
            return
        begun = begun or line.startswith("|")
        if begun:
            yield line


@pytest.mark.parametrize("flagged", [False, True])
def test_hugging_face_reads_the_figures_of_the_run(tmp_path: Path, flagged: bool) -> None:
    facts = make_facts(flagged=flagged)
    text = model_card("first", facts)
    (tmp_path / "first.md").write_text(text, encoding="utf-8")
    assert not re.search(r"[&*]id\d", text), "YAML without anchors, for people to read"
    metadata = metadata_load(tmp_path / "first.md")
    assert metadata is not None and metadata["library_name"] == "mien" and "license" not in metadata
    data: Any = ModelCard(text).data
    assert data.model_name == "first" and data.pipeline_tag == "image-classification" and "license" not in data.to_dict()
    assert {result.task_type for result in data.eval_results} == {"image-classification"}
    assert {(result.dataset_config, result.dataset_split) for result in data.eval_results} == {("all", "test")} | (
        {("clean", "test")} if flagged else set()
    )
    found = {(result.dataset_config, result.metric_name): result.metric_value for result in data.eval_results}
    for part in ("all", "clean") if flagged else ("all",):
        tested = facts.evaluations["first"][part]
        assert found[part, "Macro-F1"] == pytest.approx(tested["macro_f1"], abs=1e-4)
        assert found[part, "Mean accuracy"] == pytest.approx(tested["mean_accuracy"], abs=1e-4)
    assert len(found) == (12 if flagged else 6)
    assert ModelCard(str(ModelCard(text))).data.to_dict() == data.to_dict(), "the hub writes it as it read it"


def test_tables_hold_the_figures_with_their_intervals(facts: RunFacts) -> None:
    tested = facts.evaluations["first"]["all"]
    cells = rows_of(model_card("first", facts), "## Evaluation")["macro-F1"]
    assert float(cells[0]) == pytest.approx(tested["macro_f1"], abs=5e-4)
    assert [float(end) for end in cells[1].split(" to ")] == pytest.approx(list(tested["intervals"]["macro_f1"].values()), abs=5e-4)
    assert [float(cell) for cell in cells[2:]] == pytest.approx(
        [tested[f"{name}_baseline"]["macro_f1"] for name in ("majority", "prior")], abs=5e-4
    )
    per_class = rows_of(model_card("first", facts), "### Per class")
    for name, own in tested["per_class"].items():
        assert [float(per_class[name][place]) for place in (1, 2, 4)] == pytest.approx(
            [own["precision"], own["recall"], own["f1"]], abs=5e-4
        )


def test_one_seed_is_called_one_and_several_are_shown(facts: RunFacts) -> None:
    alone, several = model_card("first", facts), model_card("first", make_facts(seeds=True))
    assert "One seed was trained" in alone and "±" not in alone
    spread = make_facts(seeds=True).evaluations["first"]["over_seeds"]["macro_f1"]
    assert f"macro-F1 {spread['mean']:.3f} ± {spread['sd']:.3f}" in several and "One seed was trained" not in several


def test_the_origin_of_the_weights_is_told_as_the_metrics_tell_it(facts: RunFacts) -> None:
    assert rows_of(model_card("first", facts), "## Model details")["pretrained weights"] == ["none (random initialisation)"]
    more = "imagenet (ns_jft_in1k: more than ImageNet-1k, JFT-300M)"
    told = replace(facts, evaluations={**facts.evaluations, "first": {**facts.evaluations["first"], "weights": more}})
    assert rows_of(model_card("first", told), "## Model details")["pretrained weights"] == [more]


def test_what_the_test_split_is(facts: RunFacts) -> None:
    assert "of this same source" in model_card("first", facts) and "of this same source" in data_card(facts)
    official = replace(facts, params=make_params("split: {method: official}\n"))
    assert "the set's own" in model_card("first", official) and "of this same source" not in model_card("first", official)


def test_the_better_model_is_named_on_both_cards(facts: RunFacts) -> None:
    assert facts.comparisons["macro_f1_p_holm"].max() < 0.05, "the drawn models differ"
    assert "shown to be better than second" in model_card("first", facts)
    assert "shown to be worse than first" in model_card("second", facts)
    unsure = replace(facts, comparisons=facts.comparisons.assign(macro_f1_p_holm=0.3))
    assert "not shown to differ from second" in model_card("first", unsure)


def test_what_was_not_made_is_said(facts: RunFacts) -> None:
    bare = model_card("first", facts)
    assert "No explanations were made in this run" in bare and "images per second" not in bare and "selvaraju2017" not in bare
    everything = with_everything(facts)
    told = model_card("first", everything)
    assert "Spread of the map" in told and "2×3 cells" in told and "selvaraju2017" in told and "120 " in told
    assert "face side, px" in told and "brightness, px" not in told, "only associations that Holm's correction leaves"
    blind = dict(everything.explanations["first"].figures, claims=[], grid=[1, 1])
    blind |= {name: {"num_images": 0} for name in ("faithfulness", "sanity")}
    untold = replace(everything, explanations={"first": replace(everything.explanations["first"], figures=blind)})
    assert "No map could be tested" in model_card("first", untold) and "No map could be tested" not in told
    assert "12 of 240 labels" in told and "1 decision of people" in told
    assert "first contradict" in data_card(with_everything(facts))


def test_slices_beyond_their_interval_are_told_and_others_are_not(facts: RunFacts) -> None:
    slices = facts.slices["first"].assign(accuracy_gap_low=-0.1, accuracy_gap_high=0.1)
    assert f"None of {len(slices)} slices" in model_card("first", replace(facts, slices={**facts.slices, "first": slices}))
    slices.loc[0, ["accuracy_gap", "accuracy_gap_low", "accuracy_gap_high"]] = -0.3, -0.4, -0.2
    card = model_card("first", replace(facts, slices={**facts.slices, "first": slices}))
    (row,) = [
        cells
        for name, cells in rows_of(card, "### Slices").items()
        if name == f"{slices['column'][0].replace('_', ' ')}: {slices['value'][0]}"
    ]
    assert row[2:] == ["−0.300", "−0.400 to −0.200"]


def test_the_embedded_sample_is_called_that(facts: RunFacts) -> None:
    source = "ingest: {source: /home/somebody/photos.zip}\n"
    own = replace(facts, params=make_params(f"{source}report: {{names: original}}\n"))
    hashed = replace(facts, params=make_params(source))
    for card in (model_card("first", hashed), data_card(hashed)):
        assert "zip archive" in card and "photos.zip" not in card and "somebody" not in card
    for card in (model_card("first", own), data_card(own)):
        assert "drawn" not in card.split("## Bias")[0].split("## Known")[0].replace("drawn stratified", "")
        assert "photos.zip" in card and "somebody" not in card
    assert "never seen a photograph" in model_card("first", facts)


def test_every_file_is_in_the_data_card(facts: RunFacts) -> None:
    card = data_card(facts)
    funnel = [line.strip("| ").split("|") for line in lines_of_first_table(card.split("## What became of every file")[1].splitlines())][2:]
    numbers = [int(re.sub(r"\D", "", cells[-1])) for cells in funnel]
    assert sum(numbers[:-1]) == numbers[-1] == len(facts.files)
    metadata = DatasetCard(card).data.to_dict()
    assert (metadata["task_categories"], metadata["size_categories"]) == (["image-classification"], ["n<1K"])
    assert rows_of(card, "## Labels")["fear"] == ["afraid"]
    shares = [
        int(re.findall(r"\((\d+)", cells[0])[0]) for name, cells in rows_of(card, "## Splits and balance").items() if name in facts.classes
    ]
    assert sum(shares) == pytest.approx(100, abs=2)


def test_a_copy_across_the_sources_split_is_a_leak_in_bold(facts: RunFacts) -> None:
    assert "`leak`" not in data_card(facts)
    counts = {
        **facts.counts,
        "dedup": facts.counts["dedup"] | {"test_files_with_twin_in_train": 7},
        "split": facts.counts["split"] | {"fates": {"leak": 9}},
    }
    assert re.search(
        r"\*\*7 files of the source's own test split have\s+a copy in its training split\*\*; 9 training files were removed",
        data_card(replace(facts, counts=counts)),
    )


def test_the_data_card_says_which_copies_stay_and_what_scenes_are(facts: RunFacts) -> None:
    def card(sections: str = "", **split: object) -> str:
        counts = {**facts.counts, "split": facts.counts["split"] | split}
        return " ".join(data_card(replace(facts, params=make_params(sections), counts=counts)).split())

    kept = card()
    assert f"a local agreement of at least {DedupParams().min_agreement:g} (" in kept
    assert "a local agreement of at least 0.9 (" in card("dedup: {min_agreement: 0.9}\n")
    assert rows_of(data_card(facts), "## Duplicates and leaks")["other exposures of one scene"] == ["31", "17"]
    assert "5 scenes of several exposures hold 17 files, the largest 6." in kept and "they are in one split" in kept
    assert "they may be in several splits" in card("split: {keep_together: picture}\n")
    assert "in either training or validation" in card("split: {method: official}\n")
    assert "could not be kept together" not in kept
    assert "**1 scene with 99 images could not be kept together**" in card(scenes_let_go={"scenes": 1, "images": 99})
    assert "`labels.near_copies: keep`): 3 images more" in kept
    labels = facts.params.labels.model_copy(update={"near_copies": "drop"})
    dropped = data_card(replace(facts, params=facts.params.model_copy(update={"labels": labels})))
    assert "one is kept (`labels.near_copies: drop`)" in dropped and "all kept" in kept and "all kept" not in dropped


def test_the_same_facts_give_the_same_bytes(facts: RunFacts) -> None:
    again = make_facts()
    assert model_card("second", facts) == model_card("second", again) and data_card(facts) == data_card(again)


def test_names_stay_in_their_cells() -> None:
    assert table(["a", "b"], [["x|y", "two\nlines"]]).splitlines()[2] == "| x\\|y | two lines |"


def test_every_part_that_ships_has_its_paper() -> None:
    assert set(citations.LOSSES) == set(registry.names("mien.losses")) - {"cross_entropy"}
    assert set(citations.ATTENTION) == set(registry.names("mien.models.attention")) - {"none"}
    shipped = load_params(Path(__file__).parents[2] / "params.yaml").models.values()
    backbones = {entry.backbone for entry in shipped} | set(re.findall(r"backbone: (\w+)", (FOLDER / "all.yaml").read_text()))
    for backbone in backbones - {"cnn"}:
        config = {"backbone": backbone, "attention": "none", "loss": {"name": "cross_entropy"}, "augment": {}}
        assert len(citations.citations(config, explained=False)) == 2, f"{backbone}, and the calibration"
        assert any("hinton2015" in entry for entry in citations.citations(config | {"teachers": {"a": "b"}}, explained=False))
    config = {"backbone": "resnet50", "attention": "se", "loss": {"name": "rebalanced"}, "augment": {"mixup": 0.2, "cutmix": 0.0}}
    cited = citations.citations(config, explained=True)
    assert [re.match(r"@\w+\{(\w+),", entry)[1] for entry in cited] == [
        "zhu2025",
        "hu2018",
        "zhang2018",
        "he2016",
        "selvaraju2017",
        "guo2017",
    ]  # type: ignore[index]
    assert all(entry.count("{") == entry.count("}") for entry in cited)


@pytest.mark.parametrize(
    ("faces", "turned", "expected"),
    [
        ("{detector: mtcnn}", {"90": 3, "180": 0, "270": 1}, "was sideways or upside down: 3 by 90°, 1 by 270°."),
        ("{detector: mtcnn}", {"90": 0, "180": 0, "270": 0}, "No face was sideways or upside down."),
        ("{detector: mtcnn, turns: false}", {"90": 0, "180": 0, "270": 0}, None),
        ("{detector: none}", {"90": 0, "180": 0, "270": 0}, None),
        ("{detector: given}", {"90": 0, "180": 0, "270": 0}, "cut out around the boxes that the data set gives, with a margin"),
    ],
)
def test_the_data_card_says_what_was_turned(facts: RunFacts, faces: str, turned: dict[str, int], expected: str | None) -> None:
    counts = facts.counts | {"align": facts.counts["align"] | {"turned": turned}}
    text = " ".join(data_card(replace(facts, params=make_params(f"faces: {faces}\n"), counts=counts)).split())
    assert expected in text if expected else "sideways" not in text


def test_a_card_names_the_teachers_of_a_student(facts: RunFacts) -> None:
    assert "teachers" not in rows_of(model_card("first", facts), "## Model details")
    config = facts.configs["first"] | {"teachers": {"one": "big", "two": "second"}}
    card = model_card("first", replace(facts, configs=facts.configs | {"first": config}))
    assert rows_of(card, "## Model details")["teachers"] == ["big, second"] and "@misc{hinton2015," in card


def test_a_card_names_the_views_whose_cost_it_shows(facts: RunFacts) -> None:
    alone = model_card("first", facts)
    assert "views of" not in alone
    views = model_card("first", replace(facts, configs=facts.configs | {"first": facts.configs["first"] | {"tta": "ten_crop"}}))
    assert "multiply-accumulates per image, with the views of ten_crop" in rows_of(views, "## Environment and cost")
    assert "the test averages the views of ten_crop" in views and rows_of(views, "## Training procedure")["tta"] == ["ten_crop"]


def test_a_card_says_what_is_lost_on_worse_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts = read_run(load_params())
    text, own = model_card("good", facts), facts.robustness["good"].figures
    found = rows_of(text, "### Worse photographs")["Gaussian noise"]
    one = own["corruptions"][0]
    assert found[1] == f"{one['clean']['accuracy']['value']:.3f}" and found[4] == f"{one['strengths'][4]['accuracy']['value']:.3f}"
    assert f"{100 * one['accuracy_loss']['value']:.0f}" == found[5].rstrip("% \u202f") and "hendrycks2019" in text
    facts.robustness.clear()
    assert "Worse photographs" not in (without := model_card("good", facts)) and "hendrycks2019" not in without
