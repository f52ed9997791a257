"""What several layouts need to read lists of labels."""

from collections.abc import Collection, Iterator, Mapping
from typing import IO

from mien.config.faults import short
from mien.core.errors import SourceError
from mien.core.plural import plural
from mien.core.printable import one_line

SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
EIGHT = ("angry", "contempt", *SEVEN[1:])
_MOST_CHARACTERS = 2**16  # of a line; a line of AffectNet, with its 68 landmarks, has about 1,300


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def lines_of(file: IO[bytes], path: str) -> Iterator[tuple[int, str]]:
    """The number and the text of each line that is not blank. Raises SourceError if the file is no UTF-8 text."""
    number = 0
    while line := file.readline(_MOST_CHARACTERS + 1):
        number += 1
        if len(line) > _MOST_CHARACTERS:
            raise broken(path, f"line {number} has more than {_MOST_CHARACTERS} characters")
        try:
            text = line.decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise broken(path, f"line {number} is not UTF-8 ({error.reason})") from None
        if text:
            yield number, text


def broken(path: str, what: str) -> SourceError:
    """The error for a file with labels that cannot be right."""
    return SourceError(f"ingest.source: {one_line(path)}: {what}; copy or download the file again, or correct it")


def label_by_code(labels: Mapping[int, str], text: str, *, path: str, at: str) -> str:
    """The label of a code, which may be written as a decimal number. Raises SourceError if it is none of the codes."""
    try:
        code = float(text)
    except ValueError:
        code = float("nan")
    if code not in labels:
        raise broken(path, f"{at} has the label {short(text.strip())}; the labels are the numbers {min(labels)} to {max(labels)}")
    return labels[int(code)]


def once(found: dict[str, str], name: str, label: str, *, path: str, number: int) -> None:
    """Adds a label. Raises SourceError if the name already has another one."""
    if found.setdefault(name, label) != label:
        raise broken(path, f"line {number} names {one_line(name)} a second time, with another label")


def require_all(listed: Collection[str], there: Collection[str], *, where: str, what: str = "image") -> None:
    """Raises SourceError if one of the `listed` names is not `there`: the copy of the data set is damaged or incomplete."""
    if missing := sorted(set(listed) - set(there)):
        raise SourceError(
            f"ingest.source: {where} names {plural(len(missing), what)} that the source does not have, such as {one_line(missing[0])} "
            f"(of {len(listed)}); complete the source, or take these lines out of the list"
        )
