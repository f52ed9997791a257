"""A model card in Hugging Face's layout: YAML for the hub, then the model's parts, training data, metrics, limits and cost."""

from importlib.metadata import version
from typing import Any

from mien.core.markdown import Markdown
from mien.report.cards import rows
from mien.report.cards.citations import citations
from mien.report.cards.facts import dataset_name, images_by_class, is_sample, origin_words, split_words
from mien.report.cards.front_matter import front_matter
from mien.report.cards.rendering import render
from mien.report.cards.robustness import robustness_rows, robustness_words
from mien.report.page.formats import figure, signed
from mien.report.run_facts import RunFacts
from mien.statistics.resampling import LEVEL


def model_card(model: str, facts: RunFacts) -> str:
    """Return the card of one model of a run, for metrics/report/cards/MODEL.md: Markdown that starts with YAML."""
    evaluation, config = facts.evaluations[model], facts.configs[model]
    explanation = facts.explanations[model].figures if model in facts.explanations else None
    robustness = facts.robustness[model].figures if model in facts.robustness else None
    corrupted = robustness is not None and bool(robustness["corruptions"])
    made_by = version("mien")
    text = render(
        "model.md.j2",
        model=Markdown(model),  # params.yaml allows only letters, digits and _ in the name
        config=config,
        classes=facts.classes,
        record=facts.trainings[model],
        evaluation=evaluation,
        tested=evaluation["all"],
        selection=evaluation["selection"],
        clean=evaluation.get("clean"),
        dataset=dataset_name(facts),
        sample=is_sample(facts),
        counts=images_by_class(facts),
        split_words=split_words(facts),
        faces=facts.params.faces,
        max_megapixels=facts.params.convert.max_megapixels,
        temperature=evaluation["calibration"]["temperature"],
        standing=_standing(model, facts),
        num_slices=len(facts.slices[model]),
        part_rows=rows.part_rows(
            config, weights=evaluation["weights"], cost=evaluation["cost"], origin=origin_words(facts), version=made_by
        ),
        figure_headings=rows.figure_headings(evaluation),
        figure_rows=rows.figure_rows(evaluation),
        part_metrics=rows.part_metrics(evaluation.get("parts", {})),
        selective_words=rows.selective_words(evaluation["selective"]),
        class_rows=rows.class_rows(evaluation["all"]["per_class"]),
        calibration_rows=rows.calibration_rows(evaluation["calibration"]),
        slice_rows=rows.slice_rows(facts.slices[model]),
        setting_rows=rows.setting_rows(config),
        cost_rows=rows.cost_rows(evaluation["cost"], facts.costs.get(model), tta=config["tta"]),
        robustness_words=robustness_words(robustness) if robustness and corrupted else "",
        robustness_rows=robustness_rows(robustness) if robustness else [],
        explanation=explanation,
        claim_rows=rows.claim_rows(explanation["claims"]) if explanation else [],
        association_rows=rows.association_rows(explanation["failures"]) if explanation else [],
        tests=_tests(explanation) if explanation else [],
        doubts=facts.doubts.counts if facts.doubts else None,
        citations=Markdown("\n\n".join(citations(config, explained=explanation is not None, corrupted=corrupted))),
    )
    return front_matter(model, facts) + "\n" + text


def _standing(model: str, facts: RunFacts) -> dict[str, list[str]]:
    """The other models, grouped by how their macro-F1 differs from this model's after Holm's correction: `better`, `worse`, `alike`."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "alike": []}
    for pair in facts.comparisons.to_dict("records"):
        if model in (pair["first"], pair["second"]):
            other = pair["second"] if pair["first"] == model else pair["first"]
            ahead = (pair["macro_f1_difference"] > 0) == (pair["first"] == model)
            shown = pair["macro_f1_p_holm"] <= 1 - LEVEL
            found[("worse" if ahead else "better") if shown else "alike"].append(str(other))
    return found


def _tests(explanation: dict[str, Any]) -> list[str]:
    """The results of the tests of the maps, one sentence each; none if no map distinguishes regions of the image."""
    found = []
    if (faithful := explanation.get("faithfulness")) and faithful["num_images"]:
        for name, verb, better in (("deletion", "Deleting", "below"), ("insertion", "Inserting", "above")):
            one = faithful[name]
            found.append(
                f"{verb} pixels in the order of the map ({faithful['num_images']} images): the area under the curve of the predicted "
                f"class's probability is {figure(one['auc'])}, and {figure(one['random_auc'])} with the cells of the map in random order. "
                f"The difference is {signed(one['difference'])} ({signed(one['low'])} to {signed(one['high'])}); "
                f"it is {better} 0 if the map marks the regions that the prediction depends on."
            )
    if (sane := explanation.get("sanity")) and sane["num_images"]:
        found.append(
            f"Mean rank correlation of the trained model's maps with those of randomised models ({sane['num_images']} images): "
            f"{signed(sane['head_redrawn'])} with randomised head weights, {signed(sane['all_redrawn'])} with all weights randomised. "
            "Values near 1 would mean that the maps hardly depend on the learned weights."
        )
    return found
