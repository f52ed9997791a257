"""Differences between two params.yaml as arguments of DVC's `-S`, in Hydra's grammar: `++key=value` sets a key, `~key` removes one."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mien.core.errors import StudyError

_BARE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_WORDS = {"true", "false", "null", "inf", "nan"}  # words that Hydra would not read as text


def overrides(old: Mapping[str, Any], new: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[str]:
    """The arguments of `-S` that turn `old` into `new`, both plain values from YAML. Raises StudyError for text that `-S` cannot carry."""
    for key in old:
        if key not in new:
            yield "~" + ".".join((*at, key))
    for key, value in new.items():
        where = (*at, key)
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            yield from overrides(before, value, where)
        elif isinstance(value, Mapping) and value and key not in old:
            yield from overrides({}, value, where)
        elif key not in old or type(before) is not type(value) or before != value:
            yield f"++{'.'.join(where)}={hydra_value(value)}"


def hydra_value(value: Any) -> str:
    """Formats one value in Hydra's grammar."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        if "${" in value:
            raise StudyError(f"a study cannot set text with ${{, because DVC would read it as a reference (got {value!r})")
        if _BARE.fullmatch(value) and value.lower() not in _WORDS:
            return value
        # Within quotes a backslash is literal, except before a quote.
        escaped = re.sub(r"(\\*)('|\Z)", lambda found: found[1] * 2 + found[2].replace("'", "\\'"), value)
        return f"'{escaped}'"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{hydra_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(hydra_value, value)) + "]"
    return repr(value)
