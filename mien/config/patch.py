"""Patches of params.yaml: maps that contain only the keys that they change.

As in a JSON merge patch (RFC 7396), maps are merged, any other value is replaced, and null removes a key. A key with * stands for all
matching keys at its place, such as all models. A setting, KEY=VALUE with a dotted key, is a patch of one value; KEY={} empties a map, which
a merge patch cannot express. To replace a map, empty it first: `--set 'labels.aliases={}' --set 'labels.aliases={sad: [low]}'`, or in a
file `aliases: {"*": null, sad: [low]}`.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from mien.config.faults import suggestion, yaml_fault
from mien.core.errors import ParamsError


def merge(document: MutableMapping[str, Any], patch: Mapping[str, Any], at: tuple[str, ...] = (), *, emptying: bool = False) -> None:
    """Changes `document` in place. A model that is not in the document is added only if the patch defines it completely.

    With `emptying`, which is used for settings, an empty map empties the existing map; otherwise it changes nothing.
    """
    for pattern, new in patch.items():
        for key in _matching(document, pattern):
            old = document.get(key)
            if at == ("models",) and old is None and not _defines_model(new):
                continue
            if new is None:
                document.pop(key, None)
            elif isinstance(old, MutableMapping) and isinstance(new, Mapping):
                if emptying and not new:
                    for name in list(old):  # one by one, so that the comment of the map itself is kept
                        del old[name]
                merge(old, new, (*at, key), emptying=emptying)
            elif isinstance(old, list) and isinstance(new, list):
                if list(old) != list(new):
                    old[:] = new  # in place, because the comment is attached to the list object
            elif type(old) is not type(new) or old != new:
                value = _without_nulls(deepcopy(new))  # a copy: one map in two places would be written as a YAML alias
                if value != {} or not new:  # otherwise it only removes keys that do not exist
                    document[key] = value


def unmatched(document: Mapping[str, Any], patch: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[str]:
    """A line for each part of the patch that matches nothing in the document: a pattern without a matching key, or an unknown model."""
    for pattern, new in patch.items():
        where = ".".join((*at, str(pattern)))
        matching, there = _matching(document, pattern), [str(key) for key in document]
        if not matching:
            yield f"{where}: must match a key there; there are: {', '.join(there) or 'none'}"
        elif at == ("models",) and matching == [pattern] and pattern not in document and not _defines_model(new):
            yield f"{where}: must be a model of params.yaml; {suggestion(str(pattern), there)}"
        elif isinstance(new, Mapping):
            below = [document[key] for key in matching if isinstance(document.get(key), Mapping)]
            faults = [list(unmatched(each, new, (*at, str(pattern)))) for each in below]
            yield from min(faults, key=len, default=[])  # a part that matches below one of several keys is not a fault


def patch_of(key: str, value: Any) -> CommentedMap:
    """The patch that sets the dotted key to this value; new maps are written on one line, as in params.yaml."""
    first, _, rest = key.partition(".")
    patch = CommentedMap({first: patch_of(rest, value) if rest else value})
    patch.fa.set_flow_style()
    return patch


def parse_setting(text: str) -> CommentedMap:
    """The patch for one setting KEY=VALUE, whose value is YAML. Raises ParamsError if the setting does not have this form."""
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")) or not value.strip():
        raise ParamsError(
            f"--set must be KEY=VALUE with a dotted key, such as train.epochs=3 or 'models.*.weights=imagenet'; null removes a key, {{}} "
            f"empties a map (got {text!r})"
        )
    try:
        return patch_of(key, round_trip().load(value))
    except YAMLError as error:
        raise ParamsError(
            f"--set {key}: the value must be readable YAML: {yaml_fault(error)}; text with such signs needs single quotes of its own, "
            f"\"{key}='...'\" (got {value!r})"
        ) from None


def round_trip() -> YAML:
    """A YAML reader and writer that keeps comments, order and layout."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6  # never wrap lines
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _matching(document: Mapping[str, Any], pattern: str) -> list[str]:
    """The keys that match a key of a patch. A key that is not text (`1:` in YAML) matches itself; the schema then reports it as a fault."""
    if not isinstance(pattern, str) or "*" not in pattern:
        return [pattern]
    return [key for key in document if isinstance(key, str) and fnmatchcase(key, pattern)]


def _without_nulls(new: Any) -> Any:
    """The same value, after the keys that are null were removed from its maps."""
    for key, value in list(new.items()) if isinstance(new, MutableMapping) else ():
        if value is None:
            del new[key]
        else:
            _without_nulls(value)
    return new


def _defines_model(patch: Any) -> bool:
    return isinstance(patch, Mapping) and "backbone" in patch
