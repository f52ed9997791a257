"""What of the code decides the result of a stage: the definitions that its script reaches, through imports, by names, wherever they
stand.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mien.code.source import ALWAYS, Module, read_module

OWN = ("mien", "stages")
NO_RESULT = (
    "mien.core.errors", "mien.core.stage", "mien.core.stopping", "mien.core.disk", "mien.core.leftovers",  # errors and how a run ends
    "mien.core.outputs",  # names the stage that writes a missing file
    "mien.core.parallel", "mien.core.registry", "mien.core.threads",  # spread work and find modules, with the same result whatever they do
    "mien.training.launch",  # brings processes together
    "mien.tracking",  # writes to MLflow, which no stage reads
    "mien.config.params",  # reads values that DVC tracks; only `configure` depends on it
    "mien.config.sections.train", "mien.config.sections.augment",  # their values are in data/configs
)  # fmt: skip
"""modules and packages that are not followed, because they change no result"""
DECLARED = "PARAMETERS"
"""the variable in which a loss or head declares its parameters"""


@dataclass
class Reached:
    """What a stage reaches."""

    definitions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """the names of definitions by module, such as {'mien.store.tables': {'FACES', 'read_table'}}"""
    libraries: set[str] = field(default_factory=set)
    """what is imported from outside, by its first name, such as torch"""
    files: set[Path] = field(default_factory=set)
    """files that are no Python: templates, style sheets, weights"""


@dataclass(frozen=True)
class Code:
    """The folder that holds the packages of OWN."""

    root: Path
    _read: dict[str, Module | None] = field(default_factory=dict)

    def module(self, name: str) -> Module | None:
        """The module of that name, None if there is none. Each file is read once."""
        if name not in self._read:
            stem = self.root.joinpath(*name.split("."))
            path = next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)
            self._read[name] = read_module(path) if path else None
        return self._read[name]

    def reached(self, start: Mapping[str, set[str] | None], *, choices: Mapping[str, str], but: tuple[str, ...] = NO_RESULT) -> Reached:
        """All that `start` reaches: names by module, None for the whole module.

        `choices`: where a module is found by name in a registry, which one it is, by package; of other registries all count.
        `but`: modules and packages that are not followed, unless `start` names them.
        """
        found = Reached()
        waiting: list[tuple[str, str | None]] = [(module, name) for module, names in start.items() for name in (names or [None])]
        while waiting:
            module, name = waiting.pop()
            if (_within(module, but) and module not in start) or (read := self.module(module)) is None:
                continue
            if ALWAYS not in found.definitions[module]:
                found.definitions[module].add(ALWAYS)
                waiting += self._follow(module, read, ALWAYS, choices, found)
                waiting += [(parent, ALWAYS) for parent in _parents(module)]
            for each in read.texts if name is None else (name,):
                if each in found.definitions[module]:
                    continue
                if each in read.texts:
                    found.definitions[module].add(each)
                    waiting += self._follow(module, read, each, choices, found)
                elif each in read.imports:
                    waiting += self._targets(read.imports[each], None, found)
        return found

    def _follow(self, module: str, read: Module, name: str, choices: Mapping[str, str], found: Reached) -> list[tuple[str, str | None]]:
        targets: list[tuple[str, str | None]] = []
        for use in read.uses[name]:
            if use.name in read.imports:
                targets += self._targets(read.imports[use.name], use.attribute, found)
            elif use.name in read.texts:
                targets.append((module, use.name))
        for named in read.named[name]:
            targets += self._named(module, named, choices, found)
        for registry, variable in read.looked_up[name]:
            targets += [(entry, variable) for entry in self._entries(registry, choices)]
        return targets

    def _targets(self, imported: frozenset[tuple[str, str | None]], attribute: str | None, found: Reached) -> list[tuple[str, str | None]]:
        targets: list[tuple[str, str | None]] = []
        for module, name in imported:
            if module.partition(".")[0] not in OWN:
                found.libraries.add(module.partition(".")[0])
            elif name is not None and self.module(f"{module}.{name}") is not None:  # a module of a package
                targets.append((f"{module}.{name}", attribute))
            else:
                targets.append((module, name if name is not None else attribute))
        return targets

    def _named(self, module: str, named: str, choices: Mapping[str, str], found: Reached) -> list[tuple[str, str | None]]:
        """A string that names a module is what a process starts with or loads; one that names a package, a registry or a place of
        other files, all of which count but a README.md.
        """
        folder = self.root.joinpath(*named.split("."))
        if not folder.is_dir():
            return [(named, None)]
        if _within(module, ("mien.config",)):  # it reads what losses and heads declare, as text
            return [(f"{named}.{path.stem}", DECLARED) for path in sorted(folder.glob("*.py"))]
        found.files |= {
            path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "README.md"
        }
        return [(entry, None) for entry in self._entries(named, choices)]

    def _entries(self, package: str, choices: Mapping[str, str]) -> list[str]:
        """The modules of a registry, or the one that is chosen."""
        if package in choices:
            return [f"{package}.{choices[package]}"]
        folder = self.root.joinpath(*package.split("."))
        return [f"{package}.{path.stem}" for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in packages)


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]
