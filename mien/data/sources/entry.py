"""One file of a source, and reading it: whatever is wrong with it becomes a reason in its row, never an exception."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from mien.data.signatures import HEAD_BYTES, signature
from mien.data.sources.junk import not_an_image_reason, system_file_reason

MAX_FILE_BYTES = 2**30


class UnreadableEntry(Exception):
    """A source's own word on why one entry cannot be read: 'kind' or 'kind: detail'."""


@dataclass(frozen=True)
class Entry:
    """A file as its source lists it, still unread. `ignored` and `error` may be known beforehand."""

    path: str
    open: Callable[[], IO[bytes]]
    size_bytes: int | None = None
    ignored: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class FoundFile:
    """A file after reading: exactly one of `content`, `ignored` and `error` is there."""

    path: str
    size_bytes: int | None
    content: bytes | None = None
    ignored: str | None = None
    error: str | None = None


def read_entry(entry: Entry) -> FoundFile:
    """The file's content if it is, or by its name should be, an image; else why it is ignored or cannot be read."""
    ignored = entry.ignored or system_file_reason(entry.path)
    if ignored == "hidden file" and _is_image(entry):
        ignored = "hidden image"  # still hidden, as by Android's bin, but its owner may want to see it counted
    if ignored or entry.error:
        return FoundFile(entry.path, entry.size_bytes, ignored=ignored, error=None if ignored else entry.error)
    try:
        with entry.open() as file:
            head = file.read(HEAD_BYTES)
            if not signature(head) and (ignored := not_an_image_reason(entry.path)):
                return FoundFile(entry.path, entry.size_bytes, ignored=ignored)
            content = head + file.read(MAX_FILE_BYTES - len(head) + 1)
    except Exception as error:  # sources are other people's files: decompressors raise more kinds than they document
        return FoundFile(entry.path, entry.size_bytes, error=error_reason(error))
    if len(content) > MAX_FILE_BYTES:
        return FoundFile(entry.path, entry.size_bytes, error=f"too large: more than {MAX_FILE_BYTES // 2**20} MiB")
    return FoundFile(entry.path, len(content), content=content)


def _is_image(entry: Entry) -> bool:
    try:
        with entry.open() as file:
            return signature(file.read(HEAD_BYTES)) is not None
    except Exception:
        return False


def error_reason(error: Exception) -> str:
    """'kind' or 'kind: detail', where the kind is one of few and is what counts go by."""
    if isinstance(error, UnreadableEntry):
        return str(error)
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return "encrypted"
    if isinstance(error, NotImplementedError):
        return "unsupported compression"
    if isinstance(error, zipfile.BadZipFile | tarfile.TarError | zlib.error | lzma.LZMAError | EOFError):
        return f"damaged: {error}"
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"unreadable: {detail}"
