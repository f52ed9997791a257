"""The original layouts of published data sets: one file each, found by name (ingest.layout). A layout defines LAYOUT, a Layout.

Files whose names begin with _ contain what several layouts share. Every layout names the labels in the words of FER2013 (EMOTIONS of
sources/pixel_csv.py), whatever the data set calls them, so that models of different data sets have the same classes.
"""

from collections.abc import Collection, Sequence

from mien.core import registry
from mien.core.errors import SourceError
from mien.ingest.layouts._contract import Box, Choice, Facts, Files, Layout, Parser, Reading

__all__ = ["Box", "Choice", "Facts", "Files", "Layout", "Parser", "Reading", "load_layout", "recognised", "understand"]


def load_layout(name: str) -> Layout:
    """The layout of this name, which params.yaml has checked."""
    layout: Layout = registry.load("mien.ingest.layouts", name, "LAYOUT")
    return layout


def recognised(images: Sequence[str], paths: Collection[str]) -> str | None:
    """The name of the layout that fits the paths of all files of a source, among them those of the images; None if none does."""
    return next((name for name in registry.names("mien.ingest.layouts") if load_layout(name).fits(images, paths)), None)


def understand(name: str, files: Files) -> Reading:
    """What the layout says of each image. Raises SourceError if a file is missing, or if what it says cannot be right."""
    layout = load_layout(name)
    if not layout.has_labels(files.paths):
        what = layout.lacking or f"the source has no file of {layout.title}; leave it empty, or set the layout that `mien check` names"
        raise SourceError(f"ingest.layout: {name}: {what}")
    reading = layout.facts(files)
    if not reading.by_path:
        raise SourceError(
            f"ingest.layout: {name} fits none of {len(files.images)} images, such as {min(files.images, default='none')}; leave it empty, "
            "or set the layout that `mien check` names"
        )
    return reading
