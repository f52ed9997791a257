"""The versions of libraries, as requirements.lock pins them: the same on every machine, whatever it has installed."""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from sys import stdlib_module_names

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NO_RESULT = {"typer", "tqdm", "typing_extensions", "pydantic"}
"""libraries that change no result: command lines, progress bars, types, and the checking of parameters"""
DISTRIBUTIONS = {"PIL": "pillow", "faiss": "faiss-cpu", "sklearn": "scikit-learn", "ruamel": "ruamel-yaml"}
"""where what is imported and what is installed have different names"""


def pinned(lock: Path) -> dict[str, str]:
    """The version of each distribution in a requirements file with exact versions, by its normalised name, as this Python installs them."""
    wanted = (
        Requirement(line) for line in re.findall(r"^[A-Za-z0-9][^\\\n]*==[^\\\n]*", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    here = (each for each in wanted if each.marker is None or each.marker.evaluate())
    return {canonicalize_name(each.name): next(iter(each.specifier)).version for each in here}


def versions(imported: Iterable[str], pins: Mapping[str, str]) -> dict[str, str]:
    """Of what is imported by its first name the distribution and its version, without Python's own modules and NO_RESULT.

    Raises KeyError for a library that `pins` does not have.
    """
    names = set(imported) - stdlib_module_names - NO_RESULT
    return {name: pins[name] for name in sorted(canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in names)}


def others_installed(pins: Mapping[str, str]) -> dict[str, str]:
    """The installed version of each distribution that is installed in another one than `pins` says; a local part (+cpu) is another."""
    found = {}
    for name, number in pins.items():
        try:
            if (installed := version(name)) != number:
                found[name] = installed
        except PackageNotFoundError:
            pass
    return found
