"""One file of a source, and reading it: whatever is wrong with it becomes a reason in its row, never an exception."""

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mien.ingest.sources.junk import not_an_image_reason, system_file_reason
from mien.ingest.sources.unpacking_limit import Allowance, UnpacksTooLarge
from mien.store.signatures import HEAD_BYTES, signature

_BLOCK_BYTES = 2**20


class UnreadableEntry(Exception):
    """A source's own word on why one entry cannot be read: 'kind' or 'kind: detail'."""


class UnreadableArchive(Exception):
    """Why an archive or table cannot be read as a whole, and the remedy: what follows its name in a sentence, such as 'is empty; …'."""


@dataclass(frozen=True)
class Entry:
    """A file as its source lists it, still unread. `ignored` and `error` may be known beforehand; `place` is its path on disk, if it has one;
    `allowance` is what the archive that it lies in may still unpack to."""

    path: str
    open: Callable[[], IO[bytes]]
    size_bytes: int | None = None
    ignored: str | None = None
    error: str | None = None
    place: Path | None = None
    allowance: Allowance | None = None


@dataclass(frozen=True)
class FoundFile:
    """A file after reading: exactly one of `content`, `ignored` and `error` is there."""

    path: str
    size_bytes: int | None
    content: bytes | None = None
    ignored: str | None = None
    error: str | None = None


def read_entry(entry: Entry, *, max_bytes: int) -> FoundFile:
    """The file's content if it is, or by its name should be, an image of at most `max_bytes`; else why it is ignored or cannot be read.

    No more than `max_bytes` are held in memory, whatever an archive claims or unpacks to.
    """
    if aside := set_aside(entry):
        return aside
    try:
        with entry.open() as file:
            head = file.read(HEAD_BYTES)
            if not signature(head) and (ignored := not_an_image_reason(entry.path)):
                return FoundFile(entry.path, entry.size_bytes, ignored=ignored)
            content = None if (entry.size_bytes or 0) > max_bytes else _rest(head, file, max_bytes=max_bytes)
        if entry.allowance and content is not None:
            entry.allowance.take(len(content))
    except Exception as error:  # sources are other people's files: decompressors raise more kinds than they document
        return FoundFile(entry.path, entry.size_bytes, error=error_reason(error))
    if content is None:
        return FoundFile(entry.path, entry.size_bytes, error=f"too large: more than {max_bytes // 2**20} MiB (ingest.max_file_mb)")
    return FoundFile(entry.path, len(content), content=content)


def set_aside(entry: Entry) -> FoundFile | None:
    """An entry that is not to be read, with the reason that its source, its path or its first bytes give; None for the others."""
    ignored = entry.ignored or system_file_reason(entry.path)
    if ignored == "hidden file" and _is_image(entry):
        ignored = "hidden image"  # still hidden, as by Android's bin, but its owner may want to see it counted
    if ignored or entry.error:
        return FoundFile(entry.path, entry.size_bytes, ignored=ignored, error=None if ignored else entry.error)
    return None


def _rest(head: bytes, file: IO[bytes], *, max_bytes: int) -> bytes | None:
    """All of a file whose first bytes were read, to its end, where archives compare checksums; None if it is larger than `max_bytes`."""
    content = io.BytesIO()  # gives its bytes away without a copy
    content.write(head)
    while block := file.read(_BLOCK_BYTES):
        if content.tell() + len(block) > max_bytes:
            return None
        content.write(block)
    return content.getvalue()


def _is_image(entry: Entry) -> bool:
    try:
        with entry.open() as file:
            return signature(file.read(HEAD_BYTES)) is not None
    except Exception:
        return False


def error_reason(error: Exception) -> str:
    """'kind' or 'kind: detail', where the kind is one of few and is what counts go by."""
    if isinstance(error, UnreadableEntry | UnpacksTooLarge):
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
