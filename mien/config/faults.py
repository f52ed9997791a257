"""Messages about faults in params.yaml: one line each, with the key, the rule and the value."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from ruamel.yaml.error import YAMLError

Fault = tuple[str, str, Any]  # key within the section (may be empty), rule, value

# Replacements for messages of pydantic that do not use the terms of YAML.
_RULES = {
    "missing": "must be given",
    "tuple_type": "must be a list",
    "mapping_type": "must be a map",
    "dict_type": "must be a map",
    "model_type": "must be a map",
    "string_type": "must be text",
    "invalid_key": "must be a name in text; write it in quotes",
    "invalid-json-value": "must be text, a number, true or false, a list or a map",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_too_short": "must not be empty",
    "too_short": "must have at least one entry",
}


# What pydantic adds to the place of a fault in a field of several types.
_TYPE = re.compile(r"constrained-\w+|literal\[.*\]")


def refuse(faults: Iterable[Fault]) -> None:
    """Raises all faults that a section's own validator found at once, so that they are reported like those that pydantic finds."""
    details = [
        InitErrorDetails(type=PydanticCustomError("rule", rule), loc=tuple(filter(None, key.split("."))), input=value)
        for key, rule, value in faults
    ]
    if details:
        raise ValidationError.from_exception_data("params.yaml", details)


def schema_faults(section: type[BaseModel], document: dict[str, Any], prefix: tuple[str, ...]) -> Iterator[str]:
    """A line for each fault that the section's schema finds in `document`, whose keys begin with `prefix`."""
    try:
        section.model_validate(document)
    except ValidationError as error:
        told: dict[str, list[str]] = {}  # the rules of a field that may have several types, one of which must hold
        for fault in error.errors(include_url=False):
            kind, where = fault["type"], (*prefix, *(str(part) for part in fault["loc"]))
            if where[-1:] == ("[key]",):  # pydantic's marker for a fault in the key itself
                kind, where = "invalid_key", where[:-1]
            rule = _unknown_key(section, fault["loc"]) if kind == "extra_forbidden" else _rule(kind, fault["msg"])
            if where and _TYPE.fullmatch(where[-1]):
                told.setdefault(f"{'.'.join(where[:-1])}: {{}} (got {short(fault['input'])})", []).append(rule)
            else:
                yield f"{'.'.join(where)}: {rule} (got {short(fault['input'])})"
        for line, rules in told.items():
            yield line.format(", or ".join([rules[0], *(rule.removeprefix("must be ") for rule in rules[1:])]))


def choice_fault(key: str, value: Any, choices: list[str], what: str) -> Iterator[str]:
    """A line that suggests the closest choice, if `value` is text but not one of `choices`."""
    if isinstance(value, str) and value not in choices:
        before_dot = value.partition(".")[0]  # timm's name with the tag of its weights
        listed = "" if len(choices) < 20 else "see timm.list_models()"
        meant = suggestion(before_dot if before_dot in choices else value, choices, otherwise=listed)
        yield f"{key}: must be {what}; {meant} (got {value!r})"


def suggestion(value: str, choices: Iterable[str], *, otherwise: str = "") -> str:
    """A hint for a name that is not one of `choices`: the closest choice; if none is close, `otherwise` or the list of all choices."""
    choices = list(choices)
    by_folded = {choice.casefold(): choice for choice in choices}
    if close := get_close_matches(value.casefold(), list(by_folded), 1):
        return f"did you mean {by_folded[close[0]]}?"
    return otherwise or f"one of: {', '.join(choices)}"


def yaml_fault(error: YAMLError) -> str:
    """The fault in a YAML file and its line number, in one line."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return problem if mark is None else f"line {mark.line + 1}: {problem}"


def list_faults(key: str, listed: Any, choices: list[str], what: str) -> Iterator[str]:
    """A line for each text of a list that is not one of `choices`, and one if the list names anything twice."""
    named = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    for name in dict.fromkeys(named):
        yield from choice_fault(key, name, choices, what)
    if len(set(named)) < len(named):
        yield f"{key}: must name each only once (got {short(listed)})"


def name_fault(key: str, name: str) -> Iterator[str]:
    """A line if a name in params.yaml cannot be that of a DVC stage."""
    if not name.isidentifier():
        yield f"{key}: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got {name!r})"


def short(value: Any) -> str:
    """The value on one line of at most 60 characters."""
    text = repr(list(value)) if isinstance(value, tuple) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _rule(kind: str, message: str) -> str:
    return _RULES.get(kind, message.replace("Input should", "must").replace("Value should", "must"))


def _unknown_key(section: type[BaseModel], location: tuple[int | str, ...]) -> str:
    return f"must be a known key; {suggestion(str(location[-1]), _fields_at(section, location[:-1]))}"


def _fields_at(section: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The field names of the nested section at a pydantic error's location."""
    for part in location:
        by_alias = {field.alias or name: field for name, field in section.model_fields.items()}
        if part in by_alias:
            annotation = by_alias[str(part)].annotation
            nested = [annotation, *getattr(annotation, "__args__", ())]
            section = next((item for item in nested if isinstance(item, type) and issubclass(item, BaseModel)), section)
    return [field.alias or name for name, field in section.model_fields.items()]
