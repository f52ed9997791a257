"""What the page is about: the parts of a model, or the models of an ensemble."""

from typing import Any

from mien.report.run_facts import RunFacts

TITLE = "Members"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return a row per member of an ensemble, in the order of params.yaml; None for a model."""
    members = facts.evaluations[model].get("members")
    if members is None:
        return None
    rows = [
        {
            "model": member,
            "macro_f1": facts.evaluations[member]["all"]["macro_f1"],
            "temperature": facts.evaluations[member]["calibration"]["temperature"],
            "tta": facts.configs[model]["members"][member]["tta"],
            "macs": facts.evaluations[member]["cost"]["macs"],
        }
        for member in members
    ]
    own = facts.evaluations[model]
    return {"rows": rows, "macro_f1": own["all"]["macro_f1"], "macs": own["cost"]["macs"]}


def description(facts: RunFacts, model: str) -> str:
    """Return a sentence about the parts of a model, the members of an ensemble or the model of an export."""
    config = facts.configs[model]
    if "members" in config:
        return f"An ensemble: the mean of the calibrated probabilities of {', '.join(config['members'])}. It was not trained."
    if model in facts.params.exports:
        return f"An export: {config['model']} as an ONNX file in {config['precision']}, run by ONNX Runtime. It was not trained by itself."
    weights = "drawn at random" if config["weights"] == "none" else f"from {config['weights']}"
    views = "" if config["tta"] == "none" else f", test-time augmentation {config['tta']}"
    return (
        f"{config['backbone']} at {config['input_px']} px, weights {weights}, attention {config['attention']}, head {config['head']}, "
        f"loss {config['loss']['name']}{views}."
    )
