"""The code that a stage runs, as a text that changes exactly if the stage's result may: what DVC compares in place of files of code."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mien.code.libraries import versions
from mien.code.reach import NO_RESULT, Code

CONFIGURE = "configure"


@dataclass(frozen=True)
class Stage:
    """One entry of dvc.yaml."""

    name: str
    sections: tuple[str, ...] = ()
    """the sections of params.yaml that it reads"""
    is_per_model: bool = False


def fingerprint(
    code: Code, stage: Stage, *, sections: Mapping[str, tuple[str, str]], pins: Mapping[str, str], choices: Mapping[str, str] | None = None
) -> str:
    """What the result of `stage` depends on, a line each: modules with the hash of what is reached of them, other files, libraries.

    `sections`: the class (module and name) that declares each section of params.yaml, whose defaults count where the stage reads it.
    `choices`: for a stage per model the module that the model uses of each registry, such as {"mien.losses": "focal"}.
    """
    start: dict[str, set[str] | None] = {f"stages.{stage.name}": None}
    for section in stage.sections:
        if section in sections:
            module, name = sections[section]
            start.setdefault(module, set())
            start[module] = (start[module] or set()) | {name}
    but = tuple(name for name in NO_RESULT if stage.name != CONFIGURE or not name.startswith("mien.config."))
    reached = code.reached(start, choices=choices or {}, but=but)
    lines = []
    for module, names in sorted(reached.definitions.items()):
        read = code.module(module)
        assert read is not None
        texts = [read.texts[name] for name in read.texts if name in names]
        if any(texts):
            lines.append(f"{module} {_hash(text.encode() for text in texts)} {' '.join(sorted(filter(None, names)))}".rstrip())
    for path in sorted(reached.files):
        lines.append(f"{path.relative_to(code.root).as_posix()} {_hash([path.read_bytes()])}")
    lines += [f"{name} {number}" for name, number in versions(reached.libraries, pins).items()]
    return "".join(f"{line}\n" for line in lines)


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part + b"\n")
    return digest.hexdigest()[:16]
