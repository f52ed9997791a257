"""Advice before `dvc repro`: commands that adapt params.yaml to the source, each with its reason."""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.check.findings import Findings
from mien.check.survey import POINTER
from mien.config.params import Params
from mien.config.spelling import Spellings
from mien.core import paths
from mien.core.plural import noun_of
from mien.ingest.counts import remedy
from mien.ingest.label_proposals import Proposal
from mien.sanitise.labels import closest_class
from mien.store.pointers import PULL

SMALL_PX = 100
FER2013 = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
FER2013_PX = 64  # upper bound of the shorter side; FER2013's faces have 48 px
MOST_CLASSES = 20


@dataclass(frozen=True)
class Advice:
    """A reason and the command to run. The command is empty if only the user can do what is needed."""

    reason: str
    command: str = ""


def advice(found: Findings, params: Params, *, side_px: int | None, place: Path, is_named: bool) -> Iterator[Advice]:
    """The advice, most important first.

    `side_px` is the result of `median_side_px`; `is_named` means that `place` was given by the user instead of by ingest.source.
    """
    if not found.num_images:
        reasons = {**found.ignored, **found.errors}
        yield Advice(f"no image was found, so `dvc repro` would stop; {remedy(reasons)}")
        return
    if num := found.kinds.get(POINTER):
        all_of_it = ", so `dvc repro` would stop" if num == found.num_images else ""
        yield Advice(f"{num:,} of the {found.num_images:,} images are Git LFS pointers in place of photographs{all_of_it}; {PULL}")
    if is_sample(place):
        yield from _labels(found, params)
        return
    # A preset comes first, because it would overwrite the settings of the commands before it.
    setting = _setting("ingest.source", json.dumps(_written(place), ensure_ascii=False))
    if _is_fer2013(found, params, side_px):
        yield Advice(
            "the classes, splits and sizes are those of FER2013, for which there is a preset", f"mien preset fer2013 --set {setting}"
        )
        return
    if side_px is not None and side_px > SMALL_PX and _is_for_drawn_faces(params):
        yield Advice(
            "these are photographs; the preset sets face detection, sizes and pretrained weights that fit them",
            f"mien preset photos --set {setting}",
        )
    elif is_named and place.absolute() != Path(params.ingest.source).absolute():
        yield Advice(f"params.yaml names another source ({params.ingest.source})", f"mien preset --set {setting}")
    yield from _labels(found, params)
    yield from _subjects(found, params)
    if (num_test := found.subsets.get("test")) and params.split.method == "stratified":
        yield Advice(
            f"the source has a test split of its own ({num_test:,} images); with it, metrics can be compared with published ones",
            _preset(_setting("split.method", "official")),
        )


def _written(place: Path) -> str:
    """`place` as a value of ingest.source: relative within the repository, else absolute, so that experiments in a copy find it."""
    whole, here = place.absolute(), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


def is_sample(place: Path) -> bool:
    """Whether `place` is the embedded sample, for which the committed params.yaml is made."""
    return place.absolute() == paths.SAMPLE.absolute()


def _is_for_drawn_faces(params: Params) -> bool:
    """Whether the parameters are still those of the embedded sample, whose models learn small drawn faces from scratch."""
    from_scratch = all(entry.weights == "none" and entry.input_px <= SMALL_PX for entry in params.models.values())
    return params.faces.detector == "none" or is_sample(Path(params.ingest.source)) or from_scratch


def _is_fer2013(found: Findings, params: Params, side_px: int | None) -> bool:
    """Whether FER2013's preset fits and is not in params.yaml yet.

    It fits a source with FER2013's seven labels and no others, a test split, and small images.
    """
    labels = [name for name in found.labels if name is not None]
    known = Spellings(FER2013)
    is_set = set(params.labels.classes) == set(FER2013) and params.split.method == "official"
    fits = {known.class_of(name) for name in labels} == set(FER2013) and len(labels) == len(found.labels)
    return not is_set and fits and bool(found.subsets.get("test")) and side_px is not None and side_px <= FER2013_PX


def _labels(found: Findings, params: Params) -> Iterator[Advice]:
    known = params.labels.spellings
    unknown = [name for name in found.labels if name is not None and known.class_of(name) is None]
    is_labelled = any(name is not None and known.class_of(name) for name in found.labels)
    if found.proposal and not is_labelled and not params.ingest.label:
        yield _by_numbers(found, found.proposal) or _by_names(found.proposal, params)
        return
    close: dict[str, list[str]] = {}
    for name in unknown:
        close.setdefault(closest_class(name, params.labels) or "", []).append(name)
    far = close.pop("", [])
    for meant, names in close.items():
        yield Advice(f"if {_listed(names)} {noun_of(len(names), 'means', 'mean')} {meant}", _preset(_alias(meant, names, params)))
    if far and len(far) <= MOST_CLASSES:
        classes = _setting("labels.classes", _list([*params.labels.classes, *far] if is_labelled else far))
        clear = [] if is_labelled or not params.labels.aliases else [_setting("labels.aliases", "{}")]
        yield Advice(f"if {_listed(far)} {'are classes' if len(far) > 1 else 'is a class'} of your set", _preset(classes, *clear))
    elif far:
        yield Advice(
            f"{len(far):,} labels resemble no class; if they are not labels, put the images of each class into a folder with its name"
        )
    if found.labels.get(None) == found.num_images:
        yield Advice(
            "no image has a label: put the images of each class into a folder with its name, set ingest.label to a regular expression over "
            "the paths, or list the labels in ingest.metadata with the columns path,label"
        )


def _by_numbers(found: Findings, proposal: Proposal) -> Advice | None:
    """The advice if folder names are the label codes of a published dataset whose file names contain no label; else None."""
    codes = {name: proposal.meanings.get(name or "") for name in found.labels}
    if proposal.pattern or not all(codes.values()):
        return None
    aliases = {str(meaning): str(code) for code, meaning in sorted(codes.items(), key=lambda item: str(item[0]))}
    listed = ", ".join(f"{meaning}: [{json.dumps(code)}]" for meaning, code in aliases.items())
    return Advice(
        f"the folders have the numbers of the classes of {proposal.what.partition(':')[0]}",
        _preset(
            _setting("labels.classes", _list(sorted(aliases))),
            _setting("labels.aliases", "{}"),
            _setting("labels.aliases", f"{{{listed}}}"),
        ),
    )


def _by_names(proposal: Proposal, params: Params) -> Advice:
    """The advice if labels are contained in file names or in separate files."""
    if not proposal.pattern:
        return Advice(proposal.what)
    aliases = proposal.aliases(params.labels.spellings)
    meaning = "; " + ", ".join(f"{_listed(codes)} means {name}" for name, codes in aliases.items()) if aliases else ""
    settings = [_alias(name, codes, params) for name, codes in aliases.items()]
    return Advice(
        f"the file names contain the label: {proposal.what}{meaning}", _preset(_pattern("ingest.label", proposal.pattern), *settings)
    )


def _subjects(found: Findings, params: Params) -> Iterator[Advice]:
    if found.num_with_subject or params.ingest.subject:
        return
    if found.proposal and found.proposal.subject:
        yield Advice(
            "the file names contain the person, whose images should stay in one split",
            _preset(_pattern("ingest.subject", found.proposal.subject)),
        )
    else:
        yield Advice("no image has a subject; if a person occurs in several images, set subjects by ingest.metadata or ingest.subject")


def _alias(name: str, spellings: Iterable[str], params: Params) -> str:
    """The setting that adds `spellings` to the aliases of a class."""
    return _setting(f"labels.aliases.{name}", _list([*params.labels.aliases.get(name, ()), *spellings]))


def _pattern(key: str, pattern: str) -> str:
    return _setting(key, json.dumps(pattern, ensure_ascii=False))


def _preset(*settings: str) -> str:
    return "mien preset" + "".join(f" --set {setting}" for setting in settings)


def _setting(key: str, value: str) -> str:
    """KEY=VALUE, quoted for the shell if necessary."""
    return shlex.quote(f"{key}={value}")


def _list(names: Iterable[str]) -> str:
    """A YAML list. A name that YAML could read as anything but text is written as a JSON string, which is valid YAML."""
    return f"[{', '.join(name if _is_word(name) else json.dumps(name, ensure_ascii=False) for name in names)}]"


def _is_word(name: str) -> bool:
    bare = name.replace("_", "").replace(" ", "")
    return bare.isalpha() and name == name.strip() and name.casefold() not in ("yes", "no", "true", "false", "null", "on", "off", "y", "n")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
