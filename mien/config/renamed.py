"""Names that earlier versions had in params.yaml and model.json, and what stands for them now."""

from collections.abc import Iterator
from typing import Any

HEADS: dict[str, tuple[str, dict[str, Any]]] = {
    "dense256": ("dense", {"hidden": 256}),
    "dense512": ("dense", {"hidden": 512}),
    "max_pool_dense256": ("max_pool_dense", {"hidden": 256}),
}
"""By its name in version 0.1, a head's name and parameters of today; the network is the same, down to the names of its tensors."""


def renamed_head_fault(key: str, head: Any) -> Iterator[str]:
    """A line with the remedy if `head`, the value of `key` in params.yaml, is a name of an earlier version."""
    if isinstance(head, str) and head in HEADS:
        name, parameters = HEADS[head]
        own = ", ".join(f"{parameter}: {value}" for parameter, value in parameters.items())
        yield f"{key}: {head} is now {name} with head_params: {{{own}}} (got {head!r})"


def with_todays_head(document: Any) -> Any:
    """The content of a model.json, which names the head of its network as today; another object only if it does not."""
    try:
        architecture, config = document["architecture"], document["config"]
        name, parameters = HEADS[config["head"]]
        if architecture["head"] != config["head"]:
            return document  # a contradiction, which the reader of the file names
        own = {**config.get("head_params", {}), **parameters}
    except (KeyError, TypeError, AttributeError):  # no earlier name, or none of a well-formed description
        return document
    return {**document, "architecture": {**architecture, "head": name}, "config": {**config, "head": name, "head_params": own}}
