"""Errors and remarks of the rooms that prepare the main source, in the words of a further test set: not ingest.source, but
testsets.NAME.source.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mien.config.sections.faces import FaceParams
from mien.config.sections.testsets import ExternalSetParams
from mien.core.errors import LabelError, SourceError


def _key(section: str, names: Iterable[str]) -> re.Pattern[str]:
    """Finds a key of a section, but neither a file such as faces.zip nor a part of a path."""
    return re.compile(rf"(?<![\w./]){section}\.(?=(?:{'|'.join(names)})\b)")


_WORDS = (
    (re.compile(r"\bsplit\.method: official\b"), "use: test"),
    (re.compile(r"\bsplit\.method: stratified\b"), "use: all"),
    (_key("ingest", ExternalSetParams.model_fields), ""),
    (_key("faces", FaceParams.model_fields), "faces."),
    (_key("labels", ["aliases"]), ""),
)
"""keys of the main source, and what stands for them below testsets.NAME"""


def as_testset(text: str, name: str) -> str:
    """The text with the keys of the test set `name` in place of those of the main source that they stand for."""
    for pattern, own in _WORDS:
        text = pattern.sub(f"testsets.{name}.{own}", text)
    return text


@contextmanager
def errors_of(name: str) -> Iterator[None]:
    """Raises errors about a source and its labels with the keys of the test set `name`."""
    try:
        yield
    except (SourceError, LabelError) as error:
        kind = SourceError if isinstance(error, SourceError) else LabelError
        raise kind(as_testset(str(error), name)) from error
