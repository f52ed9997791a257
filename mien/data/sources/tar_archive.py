"""A .tar archive, plain or compressed, read from front to back; nothing is unpacked to disk."""

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from mien.data.sources.entry import Entry, UnreadableArchive, UnreadableEntry
from mien.data.sources.layout import shown_path
from mien.data.sources.notices import notice

# ValueError and OverflowError are what tarfile itself raises at sizes and maps of sparse files that are no sensible numbers.
_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError, OverflowError)


def tar_entries(file: IO[bytes], *, name: str) -> Iterator[Entry]:
    """Every member that is no folder, in the archive's order; also of archives that were written one behind the other (`cat a.tar b.tar`).

    Read to its last byte, because the checksum of a compressed archive stands there. Raises UnreadableArchive where it breaks off or is damaged.
    """
    try:
        with tarfile.open(fileobj=file, mode="r:*") as archive:
            yield from _members(archive)
            at: int | None = _end(archive)
            while at is not None:
                assert archive.fileobj is not None
                archive.fileobj.seek(at)
                following = tarfile.TarFile(fileobj=archive.fileobj)
                if following.firstmember is None:  # type: ignore[attr-defined] # tarfile refuses what is no header only at a file's beginning
                    notice(f"{name}: what follows the end of the archive is no further archive and was left out")
                    _read_out(archive.fileobj.read)
                    return
                yield from _members(following)
                at = _end(following)
    except _BROKEN as error:
        raise UnreadableArchive(f"is a damaged or incomplete tar archive ({error}); copy or download it again") from None


def _members(archive: tarfile.TarFile) -> Iterator[Entry]:
    for member in archive:
        if not member.isdir():
            yield _entry(archive, member)


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    def open_member() -> IO[bytes]:
        try:
            file = archive.extractfile(member)
        except KeyError:
            raise UnreadableEntry("damaged: a hard link to a member that is not in the archive") from None
        assert file is not None, member.name
        return file

    ignored = "link" if member.issym() else None if member.isreg() or member.islnk() else "not a regular file"
    return Entry(shown_path(member.name), open_member, member.size, ignored)


def _end(archive: tarfile.TarFile) -> int | None:
    """Where, past the zeros that end an archive, something else begins; None at the file's end.

    Without the first zeros an archive cut between two members, or a damaged header, would silently end the list there.
    """
    file = archive.fileobj
    assert file is not None
    file.seek(archive.offset)
    zeros = bytes(tarfile.BLOCKSIZE)
    if file.read(tarfile.BLOCKSIZE) != zeros:
        raise tarfile.ReadError("the end of the archive is missing")
    at = archive.offset + tarfile.BLOCKSIZE
    while block := file.read(tarfile.BLOCKSIZE):
        if block.strip(b"\0"):
            return at
        at += len(block)
    return None


def _read_out(read: Callable[[int], bytes]) -> None:
    while read(2**20):
        pass
