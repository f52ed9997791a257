"""The YAML at the top of a model card, in the form that Hugging Face reads: tags, and the test metrics as a model-index.

Source: the specification of model cards, https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from mien.report.cards.facts import dataset_name
from mien.report.cards.rendering import yaml_front
from mien.report.run_facts import RunFacts
from mien.statistics.headline import HEADLINE

METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "accuracy": ("accuracy", {}),
    "mean_accuracy": ("recall", {"average": "macro"}),
    "macro_f1": ("f1", {"average": "macro"}),
    "weighted_f1": ("f1", {"average": "weighted"}),
    "kappa": ("cohen_kappa", {}),
    "top2_accuracy": ("top_k_accuracy", {"k": 2}),
}
"""The type of each headline metric in a model-index, and the arguments with which it is computed."""
DECIMALS = 4
LICENSE = "# license: for you to choose; it depends on the images and the pretrained weights, not on the code that trained the model\n"


def front_matter(model: str, facts: RunFacts) -> str:
    """Return the YAML between two lines of ---, without a licence, which only the publisher of the model can choose."""
    config = facts.configs[model]
    card = ModelCardData(
        library_name="mien",
        pipeline_tag="image-classification",
        tags=["image-classification", "facial-expression-recognition", "pytorch", "timm", config["backbone"], config["loss"]["name"]],
        metrics=["accuracy", "f1"],
        model_name=model,
        eval_results=[result for part in ("all", "clean") if part in facts.evaluations[model] for result in _results(facts, part, model)],
    )
    return yaml_front(card, comment=LICENSE)


def _results(facts: RunFacts, part: str, model: str) -> list[EvalResult]:
    return [
        EvalResult(
            task_type="image-classification",
            task_name="Facial expression recognition",
            dataset_type="imagefolder",
            dataset_name=dataset_name(facts) + (", clean test images" if part == "clean" else ""),
            dataset_config=part,
            dataset_split="test",
            dataset_revision=facts.origin.data,
            metric_type=kind,
            metric_name=_title(metric),
            metric_value=round(facts.evaluations[model][part][metric], DECIMALS),
            metric_args=args or None,
        )
        for metric, (kind, args) in METRICS.items()
    ]


def _title(metric: str) -> str:
    title = HEADLINE[metric].title
    return title[0].upper() + title[1:]
