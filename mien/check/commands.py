"""One piece of advice, and the commands in it, which a user can paste into a shell."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from mien.config.params import Params


@dataclass(frozen=True)
class Advice:
    """A reason and the command to run. The command is empty if only the user can do what is needed."""

    reason: str
    command: str = ""


def preset(*settings: str) -> str:
    """The command that sets these settings."""
    return "mien preset" + "".join(f" --set {each}" for each in settings)


def setting(key: str, value: str) -> str:
    """KEY=VALUE, quoted for the shell if necessary."""
    return shlex.quote(f"{key}={value}")


def pattern(key: str, value: str) -> str:
    """The setting of a regular expression."""
    return setting(key, json.dumps(value, ensure_ascii=False))


def alias(name: str, spellings: Iterable[str], params: Params) -> str:
    """The setting that adds `spellings` to the aliases of a class."""
    return setting(f"labels.aliases.{name}", yaml_list([*params.labels.aliases.get(name, ()), *spellings]))


def yaml_list(names: Iterable[str]) -> str:
    """A YAML list. A name that YAML could read as anything but text is written as a JSON string, which is valid YAML."""
    return f"[{', '.join(name if _is_word(name) else json.dumps(name, ensure_ascii=False) for name in names)}]"


def listed(names: Iterable[str]) -> str:
    """The names in quotation marks, separated by commas."""
    return ", ".join(repr(name) for name in names)


def _is_word(name: str) -> bool:
    bare = name.replace("_", "").replace(" ", "")
    return bare.isalpha() and name == name.strip() and name.casefold() not in ("yes", "no", "true", "false", "null", "on", "off", "y", "n")
