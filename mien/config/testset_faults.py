"""The faults of `testsets` in params.yaml that the schema cannot find: they concern other sections, too."""

from collections.abc import Iterator, Mapping
from typing import Any

from mien.config.faults import name_fault, schema_faults, short
from mien.config.sections.faces import FaceParams
from mien.config.sections.labels import LabelParams


def testset_faults(testsets: Mapping[Any, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each fault of the entries, by the sections `labels` and `faces` of the document that they extend."""
    for name, entry in testsets.items():
        at = f"testsets.{name}"
        yield from name_fault(at, str(name))
        if isinstance(entry, dict):
            yield from _face_faults(at, entry.get("faces"), document.get("faces", {}))
            yield from _alias_faults(at, entry.get("aliases"), document.get("labels", {}))


def joined_aliases(known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, list[str]]:
    """The aliases of each class: the `known` ones, then the test set's `own`."""
    return {name: [*known.get(name, ()), *own.get(name, ())] for name in [*known, *(name for name in own if name not in known)]}


def _face_faults(at: str, own: Any, defaults: Any) -> Iterator[str]:
    if isinstance(own, dict) and isinstance(defaults, dict) and not list(schema_faults(FaceParams, defaults, ())):
        yield from schema_faults(FaceParams, {**defaults, **own}, (*at.split("."), "faces"))


def _alias_faults(at: str, own: Any, labels: Any) -> Iterator[str]:
    """Faults of the aliases together with those of `labels`, if each for itself is a map of lists."""
    if not (isinstance(own, dict) and all(isinstance(each, list) for each in own.values()) and isinstance(labels, dict)):
        return
    if list(schema_faults(LabelParams, dict(labels), ())):
        return  # reported for the section itself
    sound = LabelParams.model_validate(labels)
    if unknown := sorted(set(map(str, own)) - set(sound.classes)):
        yield f"{at}.aliases: must name classes of labels.classes: {', '.join(sound.classes)} (got {short(unknown)})"
    else:
        joined = {**labels, "aliases": joined_aliases(sound.aliases, own)}
        yield from schema_faults(LabelParams, joined, tuple(at.split(".")))
