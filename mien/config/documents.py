"""Reads the YAML files that users write. What is wrong with one is reported in one line."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mien.config.faults import short, yaml_fault
from mien.core.errors import MienError


def read_document(path: Path, *, error: type[MienError], what: str = "a map of sections", yaml: YAML | None = None) -> Any:
    """The map in a file, as `parse_document` gives it. Raises `error` also if the file is missing or no text."""
    return parse_document(read_text(path, error=error), name=str(path), error=error, what=what, yaml=yaml)


def parse_document(text: str, *, name: str, error: type[MienError], what: str = "a map of sections", yaml: YAML | None = None) -> Any:
    """The map in the text of a file that errors call `name`, as plain values, or as `yaml` reads it.

    Raises `error` if the text is no YAML or not `what` it must be: a map.
    """
    try:
        document = (yaml or YAML(typ="safe", pure=True)).load(text)
    except YAMLError as fault:
        raise error(f"{name} must be readable YAML: {yaml_fault(fault)}") from None
    if not isinstance(document, dict):
        raise error(f"{name} must be {what} (got {short(document)})")
    return document


def read_text(path: Path, *, error: type[MienError], kind: str = "") -> str:
    """The text of a file that errors call by its path after `kind`. Raises `error` if it is missing or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{kind}{path} is missing; run from the repository's root") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise error(f"{kind}{path} cannot be read: {fault}") from None
