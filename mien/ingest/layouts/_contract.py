"""What a layout is, and what it says of an image."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels of the upright image"""

Detector = Literal["mtcnn", "given", "none"]
SHARE = 0.8  # smallest share of the images whose paths must be those of a layout

Parser = Callable[[IO[bytes], str], Any]
"""Makes of a file of the data set, given with its path, what `facts` needs of it. Raises SourceError if the file cannot be right."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a data set says of one image; None where it says nothing.

    Args:
        label: the expression, a word of FER2013
        subset: train, val or test, if the data set has splits of its own
        subject: the person
        box: the face that the label is for
        columns: further properties, which become columns of the metadata
        left_out: why the image is no sample; then nothing else counts
    """

    label: str | None = None
    subset: str | None = None
    subject: str | None = None
    box: Box | None = None
    columns: Mapping[str, str] | None = None
    left_out: str | None = None


@dataclass(frozen=True)
class Files:
    """The files of a source.

    Args:
        images: the paths of the images in use
        paths: the paths of all files, also of those that are left out or cannot be read
        read: by path, what the layout's parsers made of the files that hold labels
    """

    images: Sequence[str]
    paths: Collection[str]
    read: Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """The facts by path, and warnings. An image without facts keeps the label of its folder if that is a class."""

    by_path: Mapping[str, Facts]
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Choice:
    """Images that some users want to leave out: a pattern for ingest.skip, and what the images are."""

    skip: str
    what: str


@dataclass(frozen=True)
class Layout:
    """One layout of one data set. All patterns are searched in paths within the source.

    Args:
        title: the data set and how the layout is known, for messages
        classes: the labels that it gives, sorted
        images: the pattern of the images' paths
        labels: the pattern of the paths that hold labels: other files, or images themselves
        facts: what the data set says of the images
        parsers: by the pattern of their paths, how the files that hold labels and boxes are read
        lacking: the remedy for a source without labels; if it is empty, the images' paths alone do not tell the data set
        detectors: values of faces.detector that fit, each with the pattern of paths with which it does; the first that is found counts
        test_split: the pattern of paths with which the data set has a test split of its own; empty if it never has
        choices: images that some leave out
        subject: a pattern for ingest.subject, for copies that are sorted into folders of classes
    """

    title: str
    classes: tuple[str, ...]
    images: re.Pattern[str]
    labels: re.Pattern[str]
    facts: Callable[[Files], Reading]
    parsers: Mapping[re.Pattern[str], Parser]
    lacking: str = ""
    detectors: Sequence[tuple[str, Detector]] = ()
    test_split: str = ""
    choices: Sequence[Choice] = ()
    subject: str = ""

    def parser(self, path: str) -> Parser | None:
        """How a file is read, if it holds labels or boxes; None for any other file."""
        return next((parse for pattern, parse in self.parsers.items() if pattern.search(path)), None)

    def fits(self, images: Sequence[str], paths: Collection[str]) -> bool:
        """Whether the `paths` of a source, among them those of the `images`, are those of this layout."""
        num = sum(self.images.search(path) is not None for path in images)
        return num > 0 and num >= SHARE * len(images) and (bool(self.lacking) or self.has_labels(paths))

    def has_labels(self, paths: Collection[str]) -> bool:
        """Whether a source with these paths has what the layout reads labels from."""
        return any(self.labels.search(path) for path in paths)

    def applies(self, images: Sequence[str], paths: Collection[str]) -> bool:
        """Whether the layout can be read from a source with these paths, of which it may be a part."""
        return self.has_labels(paths) and any(self.images.search(path) for path in images)

    def is_official(self, paths: Collection[str]) -> bool:
        """Whether a source with these paths has a test split."""
        return bool(self.test_split) and any(re.search(self.test_split, path) for path in paths)

    def detector(self, paths: Collection[str]) -> Detector:
        """The value of faces.detector that fits the images of a source with these paths."""
        found = (detector for pattern, detector in self.detectors if any(re.search(pattern, path) for path in paths))
        return next(found, "mtcnn")
