"""Registries that are folders: each entry is a small module, which is found by its file name and imported only when it is used.

A loss or attention block is added by adding a file. No shared list changes, so DVC does not retrain models that do not use it.
The constants of a module can be read without importing it, and therefore without importing torch.
"""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def _folder(package: str) -> Path:
    top, *rest = package.split(".")
    spec = find_spec(top)
    assert spec is not None and spec.submodule_search_locations, package
    return Path(next(iter(spec.submodule_search_locations))).joinpath(*rest)


def names(package: str) -> list[str]:
    """The entries of the registry `package`, such as `mien.losses`, sorted."""
    return sorted(path.stem for path in _folder(package).glob("*.py") if not path.stem.startswith("_"))


def constant(package: str, name: str, variable: str, **default: Any) -> Any:
    """The literal value of a module-level constant of one entry, read without importing it; `default=` is for entries that lack it."""
    tree = ast.parse((_folder(package) / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if isinstance(node, ast.Assign | ast.AnnAssign) and [getattr(target, "id", None) for target in targets] == [variable]:
            assert node.value is not None, f"{package}.{name} gives {variable} no value"
            return ast.literal_eval(node.value)
    assert "default" in default, f"{package}.{name} declares no {variable}"
    return default["default"]


def load(package: str, name: str, variable: str) -> Any:
    """The object `variable` of the module `name` in `package`. Raises KeyError, which lists the choices, if there is no such entry."""
    if name not in names(package):
        raise KeyError(f"{package} has no '{name}'; choose one of: {', '.join(names(package))}")
    return getattr(import_module(f"{package}.{name}"), variable)
