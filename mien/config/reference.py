"""The reference of all parameters, for `mien params`. It is generated from mien/config/sections, losses and heads, so it stays current."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from mien.config import declared
from mien.config.params import Params
from mien.config.sections.ingest import LAYOUTS
from mien.core import registry
from mien.core.markdown import plain_table

REGISTRIES = {**declared.PACKAGES, "attention": "mien.models.attention"}
HEADER = ("key", "type and bounds", "default", "meaning")


def rows(prefix: str = "") -> list[tuple[str, str, str, str]]:
    """One row (as HEADER) for every parameter whose dotted key begins with `prefix`, in the order of params.yaml; may be empty.

    The parameters of `loss` and `head` are in the order of the files that declare them.

    A key of one model or pair, as used in errors (models.resnet50.train.lr), is replaced by the key that declares it (train.lr).
    """
    schema = Params.model_json_schema()
    prefix = _declared(prefix)
    found = [row for row in _walk(schema, schema["$defs"], "") if row[0].startswith(prefix)]
    return [(key, kind, default, meaning + _by_registry(key)) for key, kind, default, meaning in found]


def table(prefix: str = "") -> str:
    """The rows as text in columns."""
    return plain_table(HEADER, rows(prefix))


def _declared(key: str) -> str:
    top, *rest = key.split(".")
    if top in ("distillation", "exports", "temporal", "testsets") and rest:
        return ".".join([top, "NAME", *rest[1:]])
    if top != "models" or not rest:
        return key
    _, *own = rest
    return ".".join([own[0].removesuffix("_params"), *own[1:]] if len(own) > 1 else [top, "NAME", *own])


def _by_registry(key: str) -> str:
    """Text from the registries of losses, heads and attention blocks: the choices of a key, or which of them read a parameter."""
    *_, section, name = f".{key}".split(".")
    if key == "ingest.layout":
        return f"; one of: {', '.join(registry.names(LAYOUTS))}"
    if section == "NAME" and name in REGISTRIES:
        return f"; one of: {', '.join(registry.names(REGISTRIES[name]))}"
    if section in ("loss", "head"):
        readers = declared.readers(section, name)
        always = [reader for reader, conditions in readers.items() if not conditions]
        sometimes = [f"{reader} with {_conditions(each)}" for reader, each in readers.items() if each]
        return f"; read by {', '.join(always + sometimes)}"
    return ""


def _conditions(values: Mapping[str, Any]) -> str:
    return " and ".join(f"{key}: {' or '.join(value) if isinstance(value, tuple) else value}" for key, value in values.items())


def _walk(section: dict[str, Any], sections: dict[str, Any], at: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in section["properties"].items():
        inner = field.get("additionalProperties", field)
        if not at and name in declared.PACKAGES:
            yield from _walk(declared.section_of(name).model_json_schema(), sections, f"{name}.")
        elif isinstance(inner, dict) and "$ref" in inner:
            key = f"{at}{name}." if inner is field else f"{at}{name}.NAME."
            yield from _walk(sections[inner["$ref"].rpartition("/")[2]], sections, key)
        else:
            required = name in section.get("required", ())
            default = "(required)" if required else json.dumps(field.get("default", {}), ensure_ascii=False)
            yield at + name, _kind(field), default.strip('"'), field.get("description", "")


def _kind(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " | ".join(_kind(one) for one in field["anyOf"])
    if "const" in field:
        return str(field["const"])
    if "enum" in field:
        return " | ".join(field["enum"])
    word = {"number": "number", "integer": "integer", "boolean": "true or false", "string": "text", "array": "list", "object": "map"}[
        field["type"]
    ]
    return " ".join([word, ", ".join(_bounds(field))]).strip()


def _bounds(field: dict[str, Any]) -> Iterator[str]:
    """The lower and the upper bound; if both the type and the field set one, the tighter bound is used."""
    if "exclusiveMinimum" in field and field["exclusiveMinimum"] >= field.get("minimum", -math.inf):
        yield f"> {field['exclusiveMinimum']}"
    elif "minimum" in field:
        yield f"≥ {field['minimum']}"
    if "exclusiveMaximum" in field and field["exclusiveMaximum"] <= field.get("maximum", math.inf):
        yield f"< {field['exclusiveMaximum']}"
    elif "maximum" in field:
        yield f"≤ {field['maximum']}"
