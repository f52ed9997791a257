"""Presets: small YAML files merged into params.yaml, whose comments, order and layout stay, so that the change is an ordinary diff.

A preset names only what it changes. As in a JSON merge patch (RFC 7396) maps are merged, anything else is replaced, and null takes
a key out. A key with * stands for all keys there that match, such as the models; a model that is not in params.yaml is left out.
"""

import io
from collections import Counter
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from mien import paths
from mien.errors import ParamsError
from mien.faults import short, yaml_fault
from mien.files import replacing_file
from mien.params import parse_params

FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Change:
    """One key that a preset changed; `old` or `new` is None where there was or is no such key."""

    key: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.key}: {_flow(self.old)} → {_flow(self.new)}"


def names() -> list[str]:
    """The presets there are, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def description(name: str) -> str:
    """The comment that opens a preset's file."""
    lines = _text(name).splitlines()
    opening = [line for number, line in enumerate(lines) if all(before.startswith("#") for before in lines[: number + 1])]
    return " ".join(line.removeprefix("#").strip() for line in opening)


def apply_preset(name: str, *, path: Path = paths.PARAMS) -> list[Change]:
    """Merges the preset into params.yaml and returns what changed. Raises ParamsError, and leaves the file as it is, if the result breaks a rule."""
    yaml = _round_trip()
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.load(text)
    except FileNotFoundError:
        raise ParamsError(f"{path} is missing; run from the repository's root") from None
    except YAMLError as error:
        raise ParamsError(f"{path} must be readable YAML: {yaml_fault(error)}") from None
    if not isinstance(document, CommentedMap):
        raise ParamsError(f"{path} must be a map of sections (got {short(text)})")
    changes = list(_merge(document, yaml.load(_text(name)), ()))
    _pull_back_comments(document, {change.key for change in changes})
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    parse_params(buffer.getvalue(), name=f"{path} with the preset {name}")
    if changes:
        with replacing_file(path) as temporary:
            temporary.write_text(buffer.getvalue(), encoding="utf-8")
    return changes


def _text(name: str) -> str:
    if name not in names():
        raise ParamsError(f"there is no preset '{name}'; choose one of: {', '.join(names())}")
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6  # no line is broken that was not
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _merge(document: MutableMapping[str, Any], preset: MutableMapping[str, Any], at: tuple[str, ...]) -> Iterator[Change]:
    for pattern, new in preset.items():
        for key in [key for key in document if fnmatchcase(key, pattern)] if "*" in pattern else [pattern]:
            where, old = ".".join((*at, key)), document.get(key)
            if at == ("models",) and old is None and "backbone" not in (new or {}):
                continue
            if new is None:
                if document.pop(key, None) is not None:
                    yield Change(where, old, None)
            elif isinstance(old, MutableMapping) and isinstance(new, MutableMapping):
                yield from _merge(old, new, (*at, key))
            elif isinstance(old, list) and isinstance(new, list):
                if list(old) != list(new):
                    yield Change(where, list(old), list(new))
                    old[:] = new  # in place: the list's comment hangs on it
            elif type(old) is not type(new) or old != new:
                document[key] = new
                yield Change(where, old, new)


def _comments(node: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The token of each comment that stands behind a value, with the value's key."""
    if not isinstance(node, CommentedMap):
        return
    for key, tokens in node.ca.items.items():
        if len(tokens) > 2 and tokens[2] is not None and tokens[2].value.startswith("#"):
            yield ".".join((*at, str(key))), tokens[2]
    for key, value in node.items():
        yield from _comments(value, (*at, str(key)))


def _pull_back_comments(document: CommentedMap, changed: set[str]) -> None:
    """Moves comments of changed keys, which a longer value may have pushed aside before, to the column where most comments stand."""
    comments = dict(_comments(document))
    columns = Counter(token.start_mark.column for token in comments.values())
    for key in changed & comments.keys():
        usual = columns.most_common(1)[0][0]
        comments[key].start_mark.column = min(usual, comments[key].start_mark.column)


def _flow(value: Any) -> str:
    if value is None:
        return "(none)"
    yaml = _round_trip()
    yaml.default_flow_style = True
    buffer = io.StringIO()
    yaml.dump(dict(value) if isinstance(value, MutableMapping) else value, buffer)
    return buffer.getvalue().removesuffix("...\n").strip()
