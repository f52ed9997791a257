"""One file of a source, and how it is read: any fault of the file becomes a reason in its row, never an exception."""

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
    """Raised by a source that cannot read one entry. The text is the reason: 'kind' or 'kind: detail'."""


class UnreadableArchive(Exception):
    """An archive or table cannot be read as a whole. The text continues a sentence after its name: the reason and the remedy."""


@dataclass(frozen=True)
class Entry:
    """A file as its source lists it, before it is read.

    `ignored` and `error` are set if they are known beforehand; `place` is the file's path on disk, if it has one; `allowance` is the
    number of bytes that the archive which contains the file may still unpack to; `clip` is the path of the video of which it is `frame`.
    """

    path: str
    open: Callable[[], IO[bytes]]
    size_bytes: int | None = None
    ignored: str | None = None
    error: str | None = None
    place: Path | None = None
    allowance: Allowance | None = None
    clip: str | None = None
    frame: int | None = None


@dataclass(frozen=True)
class FoundFile:
    """A file after it was read: exactly one of `content`, `ignored` and `error` is set."""

    path: str
    size_bytes: int | None
    content: bytes | None = None
    ignored: str | None = None
    error: str | None = None


def read_entry(entry: Entry, *, max_bytes: int) -> FoundFile:
    """Reads the content of a file that is, or by its name should be, an image of at most `max_bytes`.

    For any other file, the result contains the reason why it is ignored or cannot be read. At most `max_bytes` are held in memory,
    whatever size an archive states or unpacks to.
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
    except Exception as error:  # a source can contain any file, and decompressors raise more kinds of error than they document
        return FoundFile(entry.path, entry.size_bytes, error=error_reason(error))
    if content is None:
        return FoundFile(entry.path, entry.size_bytes, error=f"too large: more than {max_bytes // 2**20} MiB (ingest.max_file_mb)")
    return FoundFile(entry.path, len(content), content=content)


def set_aside(entry: Entry) -> FoundFile | None:
    """The result for an entry that must not be read, with the reason given by its source, path or first bytes; None for all others."""
    ignored = entry.ignored or system_file_reason(entry.path)
    if ignored == "hidden file" and _is_image(entry):
        ignored = "hidden image"  # it stays ignored (Android's bin hides deleted images so), but is counted separately for its owner
    if ignored or entry.error:
        return FoundFile(entry.path, entry.size_bytes, ignored=ignored, error=None if ignored else entry.error)
    return None


def _rest(head: bytes, file: IO[bytes], *, max_bytes: int) -> bytes | None:
    """The whole content of a file whose first bytes, `head`, were read already; None if it is larger than `max_bytes`.

    The file is read to its end, because archives compare checksums there.
    """
    content = io.BytesIO()  # its getvalue makes no copy
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
    """The reason as 'kind' or 'kind: detail'. There are few kinds, and files are counted by them."""
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
