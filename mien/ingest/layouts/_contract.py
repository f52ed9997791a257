"""What a layout is, and what it says of an image."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels of the upright image"""

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
    """The facts by path, and lines to print. An image without facts keeps the label of its folder if that is a class."""

    by_path: Mapping[str, Facts]
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Choice:
    """Images that some users want to leave out: a pattern for ingest.skip, and what the images are."""

    skip: str
    what: str


def _no_parser(path: str) -> Parser | None:
    return None


def _complete(images: Sequence[str], others: Collection[str]) -> str:
    return ""


def _searched(images: Sequence[str], others: Collection[str]) -> Literal["mtcnn", "given", "none"]:
    return "mtcnn"


@dataclass(frozen=True)
class Layout:
    """One layout of one data set.

    Args:
        title: the data set and how the layout is known, for messages
        classes: the labels that it gives, sorted
        fits: whether the paths of the images and of the other files are those of this layout
        facts: what it says of the images
        parser: how a file with labels is read, by its path; None for any other file
        lacks: which files are missing, as a sentence with the remedy; empty if it can be read
        detector: the value of faces.detector that fits its images
        is_official: whether it has a test split
        choices: images that some leave out
    """

    title: str
    classes: tuple[str, ...]
    fits: Callable[[Sequence[str], Collection[str]], bool]
    facts: Callable[[Files], Reading]
    parser: Callable[[str], Parser | None] = _no_parser
    lacks: Callable[[Sequence[str], Collection[str]], str] = _complete
    detector: Callable[[Sequence[str], Collection[str]], Literal["mtcnn", "given", "none"]] = _searched
    is_official: bool = False
    choices: Sequence[Choice] = ()
