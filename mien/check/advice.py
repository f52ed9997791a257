"""Advice before `dvc repro`: commands that adapt params.yaml to the source, each with its reason."""

import json
from collections.abc import Iterator
from pathlib import Path

from mien.check.commands import Advice, alias, listed, pattern, preset, setting, yaml_list
from mien.check.findings import Findings
from mien.check.layout_advice import of_layout, of_votes
from mien.check.survey import POINTER
from mien.config.params import Params
from mien.config.spelling import Spellings
from mien.core import paths
from mien.core.plural import noun_of
from mien.ingest.counts import remedy
from mien.sanitise.labels import closest_class
from mien.store.pointers import PULL

SMALL_PX = 100
FER2013 = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
FER2013_PX = 64  # upper bound of the shorter side; FER2013's faces have 48 px
MOST_CLASSES = 20


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
    source = setting("ingest.source", json.dumps(_written(place), ensure_ascii=False))
    if found.has_votes:
        yield from of_votes(params, source)
        return
    if _is_fer2013(found, params, side_px):
        yield Advice(
            "the classes, splits and sizes are those of FER2013, for which there is a preset", f"mien preset fer2013 --set {source}"
        )
        return
    # The aligned faces of published sets have 100 px and more.
    is_published = found.layout is not None and not found.lacking
    is_large = side_px is not None and (side_px > SMALL_PX or (is_published and side_px == SMALL_PX))
    if is_large and _is_for_drawn_faces(params, is_cropped=is_published and found.detector == "none"):
        yield Advice(
            "these are photographs; the preset sets face detection, sizes and pretrained weights that fit them",
            f"mien preset photos --set {source}",
        )
    elif is_named and place.absolute() != Path(params.ingest.source).absolute():
        yield Advice(f"params.yaml names another source ({params.ingest.source})", f"mien preset --set {source}")
    if is_published:
        yield from of_layout(found, params, is_certain=not _is_labelled(found, params))
        if not found.is_applied and not _is_labelled(found, params):  # it decides about labels and persons
            return
    elif params.ingest.layout:
        told = f"ingest.layout is {params.ingest.layout}, whose files the source does not have, so that `dvc repro` would stop"
        search = [setting("faces.detector", "mtcnn")] if params.faces.detector == "given" else []
        yield Advice(told, preset(setting("ingest.layout", '""'), *search))
    if found.lacking and not _is_labelled(found, params):
        yield Advice(found.lacking)
        return
    yield from _labels(found, params)
    yield from _subjects(found, params)
    if found.is_applied:
        return
    if (num_test := found.subsets.get("test")) and params.split.method == "stratified":
        yield Advice(
            f"the source has a test split of its own ({num_test:,} images); with it, metrics can be compared with published ones",
            preset(setting("split.method", "official")),
        )


def _written(place: Path) -> str:
    """`place` as a value of ingest.source: relative within the repository, else absolute, so that experiments in a copy find it."""
    whole, here = place.absolute(), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


def is_sample(place: Path) -> bool:
    """Whether `place` is the embedded sample, for which the committed params.yaml is made."""
    return place.absolute() == paths.SAMPLE.absolute()


def _is_for_drawn_faces(params: Params, *, is_cropped: bool) -> bool:
    """Whether the parameters are still those of the embedded sample, whose models learn small drawn faces from scratch.

    `is_cropped` means that the images are faces already, for which faces.detector: none is right.
    """
    from_scratch = all(entry.weights == "none" and entry.input_px <= SMALL_PX for entry in params.models.values())
    return (params.faces.detector == "none" and not is_cropped) or is_sample(Path(params.ingest.source)) or from_scratch


def _is_fer2013(found: Findings, params: Params, side_px: int | None) -> bool:
    """Whether FER2013's preset fits and is not in params.yaml yet.

    It fits a source with FER2013's seven labels and no others, a test split, and small images.
    """
    labels = [name for name in found.labels if name is not None]
    known = Spellings(FER2013)
    is_set = set(params.labels.classes) == set(FER2013) and params.split.method == "official"
    fits = {known.class_of(name) for name in labels} == set(FER2013) and len(labels) == len(found.labels)
    return not is_set and fits and bool(found.subsets.get("test")) and side_px is not None and side_px <= FER2013_PX


def _is_labelled(found: Findings, params: Params) -> bool:
    """Whether any label is a class."""
    return any(name is not None and params.labels.spellings.class_of(name) for name in found.labels)


def _labels(found: Findings, params: Params) -> Iterator[Advice]:
    known = params.labels.spellings
    unknown = [name for name in found.labels if name is not None and known.class_of(name) is None]
    is_labelled = _is_labelled(found, params)
    if found.proposal and not is_labelled and not params.ingest.label:
        yield Advice(
            "the file names contain the word of a class, such as happy_0001.jpg",
            preset(pattern("ingest.label", found.proposal.pattern)),
        )
        return
    close: dict[str, list[str]] = {}
    for name in unknown:
        close.setdefault(closest_class(name, params.labels) or "", []).append(name)
    far = close.pop("", [])
    for meant, names in close.items():
        yield Advice(f"if {listed(names)} {noun_of(len(names), 'means', 'mean')} {meant}", preset(alias(meant, names, params)))
    if far and len(far) <= MOST_CLASSES:
        classes = setting("labels.classes", yaml_list([*params.labels.classes, *far] if is_labelled else far))
        clear = [] if is_labelled or not params.labels.aliases else [setting("labels.aliases", "{}")]
        yield Advice(f"if {listed(far)} {'are classes' if len(far) > 1 else 'is a class'} of your set", preset(classes, *clear))
    elif far:
        yield Advice(
            f"{len(far):,} labels resemble no class; if they are not labels, put the images of each class into a folder with its name"
        )
    if found.labels.get(None) == found.num_images:
        yield Advice(
            "no image has a label: put the images of each class into a folder with its name, set ingest.label to a regular expression over "
            "the paths, or list the labels in ingest.metadata with the columns path,label"
        )


def _subjects(found: Findings, params: Params) -> Iterator[Advice]:
    if found.num_with_subject or params.ingest.subject:
        return
    if found.subject:
        yield Advice(
            "the file names contain the person, whose images should stay in one split", preset(pattern("ingest.subject", found.subject))
        )
        return
    yield Advice("no image has a subject; if a person occurs in several images, set subjects by ingest.metadata or ingest.subject")
