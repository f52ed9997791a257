"""The training record of the model and its full configuration."""

from typing import Any

from mien.report.page.formats import figure, large, plural, value
from mien.report.page.formats import title as figure_title
from mien.report.page.index.setup import flattened
from mien.report.run_facts import RunFacts

TITLE = "How the model was trained"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return the record of the training run and every setting that it used; None for an ensemble, which was not trained."""
    if model not in facts.trainings:
        return None
    record, config = facts.trainings[model], facts.configs[model]
    stages = [
        f"{stage['name']}: {plural(stage['epochs'], 'epoch')}, best {stage['best_epoch']} with {figure_title(record['monitor'])} "
        f"{figure(stage['best_value'])}"
        for stage in record["stages"]
    ]
    facts_shown = [
        ("recipe", value(record["recipe"]) + (f" ({record['reason']})" if record.get("reason") else "")),
        ("weights from", record["weights"]),
        *([("teachers", ", ".join(record["teachers"]))] if "teachers" in record else []),
        ("stages", "; ".join(stages)),
        ("parameters", large(record.get("num_parameters"))),
        ("training images", value(record.get("class_counts"))),
        ("seed", value(config.get("seed"))),
    ]
    return {
        "facts": facts_shown,
        "settings": list(flattened({key: one for key, one in config.items() if key not in ("name", "seed")}).items()),
    }
