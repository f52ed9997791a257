"""Reads the YAML files that users write. A fault is reported in one line."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mien.config.faults import short, yaml_fault
from mien.core.errors import MienError


def read_document(path: Path, *, error: type[MienError], what: str = "a map of sections", yaml: YAML | None = None) -> Any:
    """The map in a file, read by `parse_document`. Also raises `error` if the file is missing or is not text."""
    return parse_document(read_text(path, error=error), name=str(path), error=error, what=what, yaml=yaml)


def parse_document(text: str, *, name: str, error: type[MienError], what: str = "a map of sections", yaml: YAML | None = None) -> Any:
    """The map in a YAML text, as plain values or as read by `yaml`; errors refer to the file as `name`.

    Raises `error` if the text is not YAML or not a map; `what` describes the map in the message.
    """
    try:
        document = (yaml or YAML(typ="safe", pure=True)).load(text)
    except YAMLError as fault:
        raise error(f"{name} must be readable YAML: {yaml_fault(fault)}") from None
    if not isinstance(document, dict):
        raise error(f"{name} must be {what} (got {short(document)})")
    return document


def read_text(path: Path, *, error: type[MienError], kind: str = "") -> str:
    """The text of a file; errors refer to it as `kind` followed by its path. Raises `error` if it is missing or is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{kind}{path} is missing; run from the repository's root") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise error(f"{kind}{path} cannot be read: {fault}") from None
