"""Names that earlier versions used in params.yaml and model.json, and their current equivalents."""

from collections.abc import Iterator
from typing import Any

HEADS: dict[str, tuple[str, dict[str, Any]]] = {
    "dense256": ("dense", {"hidden": 256}),
    "dense512": ("dense", {"hidden": 512}),
    "max_pool_dense256": ("max_pool_dense", {"hidden": 256}),
}
"""The current name and parameters of a head, by its name in version 0.1. The network is the same, including the names of its tensors."""


def renamed_head_fault(key: str, head: Any) -> Iterator[str]:
    """A line with the remedy if `head`, the value of `key` in params.yaml, is a name from an earlier version."""
    if isinstance(head, str) and head in HEADS:
        name, parameters = HEADS[head]
        own = ", ".join(f"{parameter}: {value}" for parameter, value in parameters.items())
        yield f"{key}: {head} is now {name} with head_params: {{{own}}} (got {head!r})"


def with_todays_head(document: Any) -> Any:
    """The content of a model.json with the current name of its head; the same object is returned if the name is already current."""
    try:
        architecture, config = document["architecture"], document["config"]
        name, parameters = HEADS[config["head"]]
        if architecture["head"] != config["head"]:
            return document  # a contradiction, which the reader of the file reports
        own = {**config.get("head_params", {}), **parameters}
    except (KeyError, TypeError, AttributeError):  # not an earlier name, or not a well-formed description
        return document
    return {**document, "architecture": {**architecture, "head": name}, "config": {**config, "head": name, "head_params": own}}
