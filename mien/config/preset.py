"""Presets: small YAML files that are merged into params.yaml (mien/config/patch.py).

The comments, order and layout of params.yaml are kept, so the change is an ordinary diff. A preset is given by its name in
mien/config/presets, or by the path of any file. Models that are not in params.yaml are left out.
"""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from mien.config.documents import parse_document, read_document, read_text
from mien.config.params import parse_params
from mien.config.patch import merge, parse_setting, round_trip, unmatched
from mien.core import paths
from mien.core.errors import ParamsError
from mien.core.files import replacing_file

FOLDER = Path(__file__).parent / "presets"
READ_BY_DVC = (("ingest", "metadata"), ("ingest", "votes"), ("labels", "corrections"), ("robustness", "models"))
"""keys that dvc.yaml contains, besides whole sections: without them DVC cannot read it"""


@dataclass(frozen=True)
class Change:
    """One changed key of params.yaml; `old` is None if the key is new, `new` is None if it was removed."""

    key: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.key}: {_flow(self.old)} → {_flow(self.new)}"


def names() -> list[str]:
    """The names of all presets, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def description(name: str) -> str:
    """The comment at the top of a preset's file."""
    lines = _text(name).splitlines()
    opening = [line for number, line in enumerate(lines) if all(before.startswith("#") for before in lines[: number + 1])]
    return " ".join(line.removeprefix("#").strip() for line in opening)


def load_preset(name: str) -> CommentedMap:
    """The patch in a preset, given by name or path. Raises ParamsError if there is no such preset, or if it is not a YAML map."""
    what = "a map of sections of params.yaml"
    patch: CommentedMap = parse_document(_text(name), name=f"the preset {name}", error=ParamsError, what=what, yaml=round_trip())
    if {"runs", "grid"} & patch.keys():
        raise ParamsError(f"{name} is a study, not a preset; `mien study {Path(name).stem}` queues its runs")
    return patch


def left_out(name: str, *, path: Path = paths.PARAMS) -> list[str]:
    """A line for each part of a user's preset that matches nothing in params.yaml; empty for mien's own, which may name other models."""
    return [] if not name or name in names() else list(unmatched(_document(path), load_preset(name)))


def apply_preset(name: str, *, settings: Sequence[str] = (), path: Path = paths.PARAMS) -> list[Change]:
    """Merges the preset, then each of `settings` (KEY=VALUE), into params.yaml and returns the changes. An empty name means no preset.

    Raises ParamsError, and does not change the file, if the result breaks a rule or a setting matches nothing.
    """
    patches = [load_preset(name)] if name else []
    own = [parse_setting(text) for text in settings]
    document = _document(path)
    before = deepcopy(document)
    for patch in patches:
        merge(document, patch)
    for patch in own:
        if faults := list(unmatched(document, patch)):
            raise ParamsError(f"--set {faults[0]}")
        merge(document, patch, emptying=True)
    _keep_what_dvc_reads(before, document)
    changes = list(_differences(before, document))
    _pull_back_comments(document, {change.key for change in changes})
    _close_emptied(document)
    buffer = io.StringIO()
    round_trip().dump(document, buffer)
    given = " and ".join([*([f"the preset {name}"] if name else []), *(f"--set {setting}" for setting in settings)])
    parse_params(buffer.getvalue(), name=f"{path} with {given}")
    if changes:
        with replacing_file(path) as temporary:
            temporary.write_text(buffer.getvalue(), encoding="utf-8")
    return changes


def _keep_what_dvc_reads(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raises ParamsError if a section or a key is gone without which DVC cannot read dvc.yaml."""
    if lost := [name for name in before if name not in after]:
        remedy = f"; `mien preset --set '{lost[0]}={{}}'` empties it" if isinstance(before[lost[0]], Mapping) else ""
        raise ParamsError(f"{lost[0]}: must stay in params.yaml, because dvc.yaml reads it{remedy}")
    for section, key in READ_BY_DVC:
        if key in before.get(section, {}) and key not in after[section]:
            raise ParamsError(f"{section}.{key}: must stay in params.yaml, because dvc.yaml reads it; give it a value")


def _document(path: Path) -> CommentedMap:
    """params.yaml with its comments."""
    document: CommentedMap = read_document(path, error=ParamsError, yaml=round_trip())
    return document


def _text(name: str) -> str:
    if name in names():
        return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    if not name.endswith((".yaml", ".yml")):
        raise ParamsError(f"there is no preset '{name}'; choose one of: {', '.join(names())}; or give the path of a .yaml file")
    if not Path(name).exists():
        raise ParamsError(f"there is no preset file {name}; give its path, or one of: {', '.join(names())}")
    return read_text(Path(name), error=ParamsError, kind="the preset file ")


def _flow(value: Any) -> str:
    """The value as YAML in one line, without its comments, which would end the line."""
    if value is None:
        return "(none)"
    yaml = round_trip()
    yaml.default_flow_style = True
    buffer = io.StringIO()
    yaml.dump(_bare(value), buffer)
    return buffer.getvalue().removesuffix("...\n").strip()


def _bare(value: Any) -> Any:
    """The value with plain maps; comments belong to the maps of a document."""
    return {key: _bare(each) for key, each in value.items()} if isinstance(value, MutableMapping) else value


def _comments(node: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The token of each comment that follows a value, with the key of the value."""
    if not isinstance(node, CommentedMap):
        return
    for key, tokens in node.ca.items.items():
        if len(tokens) > 2 and tokens[2] is not None and tokens[2].value.startswith("#"):
            yield ".".join((*at, str(key))), tokens[2]
    for key, value in node.items():
        yield from _comments(value, (*at, str(key)))


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[Change]:
    """The changes of all patches together; a later patch may revert, remove or extend the change of an earlier one."""
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _differences(before, after, (*at, str(key)))
        elif type(before) is not type(after) or before != after:
            # Copied to plain lists, because the printed change would otherwise include the comment of the list.
            told = (list(value) if isinstance(value, list) else value for value in (before, after))
            yield Change(".".join((*at, str(key))), *told)


def _close_emptied(node: Any) -> None:
    """Writes maps from which every key was removed as {}; ruamel.yaml would otherwise place them where no parser accepts them."""
    for value in node.values() if isinstance(node, CommentedMap) else ():
        if isinstance(value, CommentedMap) and not value:
            value.fa.set_flow_style()
        _close_emptied(value)


def _pull_back_comments(document: CommentedMap, changed: set[str]) -> None:
    """Moves the comments of changed keys, which a longer value may have moved before, back to the column of most comments."""
    comments = dict(_comments(document))
    columns = Counter(token.start_mark.column for token in comments.values())
    for key in changed & comments.keys():
        usual = columns.most_common(1)[0][0]
        comments[key].start_mark.column = min(usual, comments[key].start_mark.column)
