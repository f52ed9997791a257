"""Advice for a source with the original files of a published data set (mien/ingest/layouts)."""

from collections.abc import Iterator

from mien.check.commands import Advice, alias, pattern, preset, setting, yaml_list
from mien.check.findings import Findings
from mien.config.params import Params
from mien.ingest.layouts import Layout, load_layout

# The classes of FERPlus's table, in the words of FER2013.
FERPLUS = {"anger": "angry", "contempt": "contempt", "disgust": "disgust", "fear": "fear", "happiness": "happy"}
FERPLUS |= {"neutral": "neutral", "sadness": "sad", "surprise": "surprise"}


def of_layout(found: Findings, params: Params, *, is_certain: bool) -> Iterator[Advice]:
    """The commands for the layout that was found, if ingest.layout is not set to it yet, and for images that some leave out.

    `is_certain` is false if the folders name classes, so that the names of files may mislead.
    """
    assert found.layout is not None and found.detector is not None
    layout = load_layout(found.layout)
    if not found.is_applied:
        what = f"labels{' and the official splits' if found.is_official else ''}"
        known = f"these are the original files of {layout.title}; ingest.layout reads their {what}"
        yield Advice(
            known if is_certain else f"if {known}",
            preset(
                setting("ingest.layout", found.layout),
                *_labels(layout, params),
                setting("faces.detector", found.detector),
                *_split(found, params),
            ),
        )
    if not params.ingest.skip:
        for choice, num in found.choices.items():
            yield Advice(f"if you want to leave out the {num:,} {choice.what}", preset(pattern("ingest.skip", choice.skip)))


def _labels(layout: Layout, params: Params) -> Iterator[str]:
    """The settings of the labels: all classes of the layout, without aliases and dropped classes that it does not have."""
    if not set(params.labels.aliases) <= set(layout.classes):
        yield setting("labels.aliases", "{}")
    if not set(params.labels.drop) <= set(layout.classes):
        yield setting("labels.drop", "[]")
    yield setting("labels.classes", yaml_list(layout.classes))


def _split(found: Findings, params: Params) -> Iterator[str]:
    yield setting("split.method", "official" if found.is_official else "stratified")
    if params.split.val == "official":
        yield setting("split.val", "0.15")


def of_votes(params: Params, source: str) -> Iterator[Advice]:
    """The command for FERPlus, whose votes need no layout, if params.yaml does not have its classes and its splits yet.

    Contempt may be left out, as in FER2013. `source` is the setting of ingest.source.
    """
    known = params.labels.spellings
    named = {word: known.class_of(word) for word in FERPLUS}
    if None in (named[word] for word in FERPLUS if word != "contempt") or params.split.method != "official":
        aliases = [alias(name, [word], params) for word, name in FERPLUS.items() if name != word and named[word] != name]
        yield Advice(
            "these are the images and votes of FERPlus, for whose eight classes the preset of FER2013 fits",
            f"mien preset fer2013 --set {source} --set {setting('labels.classes', yaml_list(sorted(FERPLUS.values())))}"
            + "".join(f" --set {each}" for each in aliases),
        )
