"""What a user should do before `dvc repro`: commands for params.yaml that fit what was found, each with its reason."""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mien.check.findings import Findings
from mien.data.labels import closest_class
from mien.data.proposals import Proposal
from mien.params import Params

SMALL_PX = 100
MOST_CLASSES = 20


@dataclass(frozen=True)
class Advice:
    """A reason, and the command that does it; no command where only the user can."""

    reason: str
    command: str = ""


def advice(found: Findings, params: Params, *, side_px: int | None) -> Iterator[Advice]:
    """What to do, the most needed first. `side_px`: see median_side_px."""
    if not found.num_images:
        yield Advice("no image was found; name a folder, archive or table that holds photographs")
        return
    yield from _labels(found, params)
    yield from _subjects(found, params)
    if found.subsets.get("test") and params.split.method == "stratified":
        yield Advice(
            f"the source has a test split of its own ({found.subsets['test']:,} images); with it, figures compare with published ones",
            _preset(_setting("split.method", "official")),
        )
    if side_px is not None and side_px > SMALL_PX and params.faces.detector == "none":
        yield Advice(
            "these are photographs, in which faces have to be found and levelled; the preset also sets pretrained weights",
            "mien preset photos",
        )


def _labels(found: Findings, params: Params) -> Iterator[Advice]:
    known = params.labels.spellings
    unknown = [name for name in found.labels if name is not None and known.class_of(name) is None]
    is_labelled = any(name is not None and known.class_of(name) for name in found.labels)
    if found.proposal and not is_labelled and not params.ingest.label:
        yield _by_names(found.proposal, params)
        return
    close: dict[str, list[str]] = {}
    for name in unknown:
        close.setdefault(closest_class(name, params.labels) or "", []).append(name)
    far = close.pop("", [])
    for meant, names in close.items():
        yield Advice(f"if {_listed(names)} means {meant}", _preset(_alias(meant, names, params)))
    if far and len(far) <= MOST_CLASSES:
        classes = _setting("labels.classes", _list([*params.labels.classes, *far] if is_labelled else far))
        clear = [] if is_labelled or not params.labels.aliases else [_setting("labels.aliases", "{}")]
        yield Advice(f"if {_listed(far)} {'are classes' if len(far) > 1 else 'is a class'} of your set", _preset(classes, *clear))
    elif far:
        yield Advice(f"{len(far):,} labels are near no class; if they are not labels, put the images of each class into a folder called so")
    if found.labels.get(None) == found.num_images:
        yield Advice(
            "no image has a label: put the images of each class into a folder called so, give ingest.label a regular expression over the paths, "
            "or list them in ingest.metadata with the columns path,label"
        )


def _by_names(proposal: Proposal, params: Params) -> Advice:
    """What to do about labels that stand in file names, or beside the pictures."""
    if not proposal.pattern:
        return Advice(proposal.what)
    aliases = proposal.aliases(params.labels.spellings)
    meaning = "; there " + ", ".join(f"{_listed(codes)} means {name}" for name, codes in aliases.items()) if aliases else ""
    settings = [_alias(name, codes, params) for name, codes in aliases.items()]
    return Advice(
        f"the file names hold the label: {proposal.what}{meaning}", _preset(_pattern("ingest.label", proposal.pattern), *settings)
    )


def _subjects(found: Findings, params: Params) -> Iterator[Advice]:
    if found.num_with_subject or params.ingest.subject:
        return
    if found.proposal and found.proposal.subject:
        yield Advice(
            "the file names hold the person, who should stay in one split", _preset(_pattern("ingest.subject", found.proposal.subject))
        )
    else:
        yield Advice("no image has a subject; if persons occur in several images, name them in ingest.metadata or by ingest.subject")


def _alias(name: str, spellings: Iterable[str], params: Params) -> str:
    """The setting that adds `spellings` to the aliases of a class."""
    return _setting(f"labels.aliases.{name}", _list([*params.labels.aliases.get(name, ()), *spellings]))


def _pattern(key: str, pattern: str) -> str:
    return _setting(key, json.dumps(pattern, ensure_ascii=False))


def _preset(*settings: str) -> str:
    return "mien preset" + "".join(f" --set {setting}" for setting in settings)


def _setting(key: str, value: str) -> str:
    """KEY=VALUE, quoted for the shell where it has to be."""
    return shlex.quote(f"{key}={value}")


def _list(names: Iterable[str]) -> str:
    """A list in YAML. A JSON string is one in YAML too, and is taken where a name could be read as anything else than text."""
    return f"[{', '.join(name if _is_word(name) else json.dumps(name, ensure_ascii=False) for name in names)}]"


def _is_word(name: str) -> bool:
    bare = name.replace("_", "").replace(" ", "")
    return bare.isalpha() and name == name.strip() and name.casefold() not in ("yes", "no", "true", "false", "null", "on", "off", "y", "n")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
