"""The YAML at the top of a model card, as Hugging Face reads it: tags, and the test figures as its model-index.

Source: the specification of model cards, https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from typing import Any

from mien.report.cards.facts import dataset_name
from mien.report.cards.rendering import yaml_front
from mien.report.run import RunFacts
from mien.statistics.headline import HEADLINE

METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "accuracy": ("accuracy", {}),
    "mean_accuracy": ("recall", {"average": "macro"}),
    "macro_f1": ("f1", {"average": "macro"}),
    "weighted_f1": ("f1", {"average": "weighted"}),
    "kappa": ("cohen_kappa", {}),
    "top2_accuracy": ("top_k_accuracy", {"k": 2}),
}
"""Type of each headline metric in a model-index, and with which arguments it is computed."""
DECIMALS = 4
LICENSE = (
    "# license: for you to choose; it depends on the pictures and on the pretrained weights, and not on the code that trained the model\n"
)


def front_matter(model: str, facts: RunFacts) -> str:
    """The YAML between two lines of ---, without a licence, which only those who publish the model can give."""
    config = facts.configs[model]
    document = {
        "library_name": "mien",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "facial-expression-recognition", "pytorch", "timm", config["backbone"], config["loss"]["name"]],
        "metrics": ["accuracy", "f1"],
        "model-index": [
            {"name": model, "results": [_result(facts, part, model) for part in ("all", "clean") if part in facts.evaluations[model]]}
        ],
    }
    return yaml_front(document, comment=LICENSE)


def _result(facts: RunFacts, part: str, model: str) -> dict[str, Any]:
    figures = facts.evaluations[model][part]
    name = dataset_name(facts) + (", clean test images" if part == "clean" else "")
    return {
        "task": {"type": "image-classification", "name": "Facial expression recognition"},
        "dataset": {"type": "imagefolder", "name": name, "config": part, "split": "test", "revision": facts.origin.data},
        "metrics": [
            {"type": kind, "name": _title(figure), "value": round(figures[figure], DECIMALS), **({"args": dict(args)} if args else {})}
            for figure, (kind, args) in METRICS.items()
        ],
    }


def _title(figure: str) -> str:
    title = HEADLINE[figure].title
    return title[0].upper() + title[1:]
