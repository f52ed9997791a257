"""The original layouts of published data sets: one file each, found by name (ingest.layout). A layout defines LAYOUT, a Layout.

Files whose names begin with _ contain what several layouts share. Every layout names the labels in the words of FER2013 (EMOTIONS of
sources/pixel_csv.py), whatever the data set calls them, so that models of different data sets have the same classes.
"""

from collections.abc import Collection, Sequence

from mien.core import registry
from mien.core.errors import SourceError
from mien.ingest.layouts._contract import Box, Facts, Files, Layout, Parser, Reading

__all__ = ["Box", "Facts", "Files", "Layout", "Parser", "Reading", "load_layout", "recognised", "understand"]


def load_layout(name: str) -> Layout:
    """The layout of this name, which params.yaml has checked."""
    layout: Layout = registry.load("mien.ingest.layouts", name, "LAYOUT")
    return layout


def recognised(images: Sequence[str], others: Collection[str] = ()) -> str | None:
    """The name of the layout that fits the paths of the images and of all other files of a source; None if none does."""
    found = registry.names("mien.ingest.layouts") if images else []
    return next((name for name in found if load_layout(name).fits(images, others)), None)


def understand(name: str, files: Files) -> Reading:
    """What the layout says of each image. Raises SourceError if a file is missing, or if what it says cannot be right."""
    layout = load_layout(name)
    images = set(files.images)
    if lacking := layout.lacks(files.images, [path for path in files.paths if path not in images]):
        raise SourceError(f"ingest.layout: {name}: {lacking}")
    reading = layout.facts(files)
    if not reading.by_path:
        shown = f", such as {files.images[0]}" if files.images else ""
        raise SourceError(
            f"ingest.layout: {name} fits none of {len(files.images)} images{shown}; leave it empty, or set the layout that `mien check` names"
        )
    return reading
