"""What a user should do before `dvc repro`: commands for params.yaml that fit what was found, each with its reason."""

import shlex
from collections.abc import Iterable, Iterator

from mien.check.findings import Findings
from mien.data.labels import closest_class
from mien.params import Params

SMALL_PX = 100


def advice(found: Findings, params: Params, *, side_px: int | None) -> Iterator[tuple[str, str]]:
    """Pairs of a command and its reason, the most needed first."""
    yield from _labels(found, params)
    yield from _subjects(found, params)
    if found.subsets.get("test") and params.split.method == "stratified":
        yield (
            "mien preset --set split.method=official",
            f"the source has a test split of its own ({found.subsets['test']:,} images); with it figures compare with published ones",
        )
    if side_px is not None and side_px > SMALL_PX and params.faces.detector == "none":
        yield "mien preset photos", "these are photographs, in which faces have to be found and levelled; starts from pretrained weights"
    if not found.num_images:
        yield "", "no image was found; name a folder, archive or table that holds photographs"


def _labels(found: Findings, params: Params) -> Iterator[tuple[str, str]]:
    known = params.labels.spellings
    unknown = {name: num for name, num in found.labels.items() if name is not None and known.class_of(name) is None}
    proposal = found.proposal
    num_labelled = sum(num for name, num in found.labels.items() if name is not None and known.class_of(name))
    if proposal and not params.ingest.label and not num_labelled:
        if proposal.pattern:
            yield f"mien preset --set {_quoted('ingest.label', proposal.pattern)}", f"the file names hold the label; {proposal.what}"
            for name, codes in proposal.aliases(known).items():
                spelt = [*params.labels.aliases.get(name, ()), *codes]
                yield _setting(f"labels.aliases.{name}", spelt), f"{', '.join(codes)} means {name} there"
        else:
            yield "", proposal.what
        return
    close: dict[str, list[str]] = {}
    for name in unknown:
        if meant := closest_class(name, params.labels):
            close.setdefault(meant, []).append(name)
    for meant, names in close.items():
        spelt = [*params.labels.aliases.get(meant, ()), *names]
        yield _setting(f"labels.aliases.{meant}", spelt), f"if {', '.join(map(repr, names))} means {meant}"
    far = [name for name in unknown if closest_class(name, params.labels) is None]
    if far and len(far) <= 20:
        classes = [*params.labels.classes, *far] if num_labelled else far
        clear = " --set 'labels.aliases={}'" if not num_labelled and params.labels.aliases else ""
        yield (
            _setting("labels.classes", classes) + clear,
            f"if {'these are' if len(far) > 1 else 'this is'} a class of its own: {', '.join(map(repr, far))}",
        )
    if None in found.labels and found.labels[None] == found.num_images:
        yield (
            "",
            "no image has a label: put the images of each class into a folder called so, give ingest.label a regular expression over the paths, "
            "or list them in ingest.metadata with the columns path,label",
        )


def _subjects(found: Findings, params: Params) -> Iterator[tuple[str, str]]:
    proposal = found.proposal
    if proposal and proposal.subject and not found.num_with_subject:
        yield f"mien preset --set {_quoted('ingest.subject', proposal.subject)}", "the file names hold the person; keeps each in one split"
    elif found.num_images and not found.num_with_subject and not params.ingest.subject:
        yield "", "no image has a subject; if persons occur more than once, name them in ingest.metadata or by ingest.subject"


def _setting(key: str, names: Iterable[str]) -> str:
    """The command that gives the parameter `key` this list."""
    return f"mien preset --set {shlex.quote(f'{key}=[{", ".join(map(_yaml, names))}]')}"


def _quoted(key: str, pattern: str) -> str:
    """KEY=VALUE for the shell: YAML's single quotes within the shell's double ones."""
    escaped = pattern.replace("\\", "\\\\").replace("$", "\\$").replace("`", "\\`").replace('"', '\\"')
    return f"\"{key}='{escaped.replace(chr(39), chr(39) * 2)}'\""


def _yaml(text: str) -> str:
    """A spelling as an item of a YAML list: in double quotes where it is more than letters, digits, spaces, _ and -."""
    plain = text.replace("_", "").replace("-", "").replace(" ", "")
    is_word = plain.isalpha() and text == text.strip() and text.casefold() not in ("yes", "no", "true", "false", "null", "on", "off")
    return text if is_word else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
