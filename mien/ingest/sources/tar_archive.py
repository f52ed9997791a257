"""A .tar archive as a source, plain or compressed. It is read from beginning to end, and nothing is unpacked to disk."""

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Self, cast

from mien.ingest.layout import shown_path
from mien.ingest.sources.entry import Entry, UnreadableArchive, UnreadableEntry
from mien.ingest.sources.names import readable
from mien.ingest.sources.notices import notice

# tarfile raises ValueError and OverflowError if sizes or the maps of sparse files are not sensible numbers.
_BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError, OverflowError)
_NAME_HEADERS = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_MAX_NAME_HEADER_BYTES = 2**20
_CHUNK_BYTES = 2**20


class _Member(tarfile.TarInfo):
    """A member whose name header has a limited size: tarfile reads long names whole, and a tiny compressed file can declare gigabytes."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.type in _NAME_HEADERS and member.size > _MAX_NAME_HEADER_BYTES:
            raise tarfile.ReadError(f"a name of {member.size} bytes")
        return member


def tar_entries(file: IO[bytes], *, name: str) -> Iterator[Entry]:
    """Every member that is not a folder, in the archive's order. Concatenated archives (`cat a.tar b.tar`) are read one after another.

    The file is read to its last byte, because a compressed archive has its checksum there. Raises UnreadableArchive if the archive is
    truncated or damaged.
    """
    try:
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:*", tarinfo=_Member) as opened:
            stream = cast(IO[bytes], opened.fileobj)
            shown = _Names(lambda: [member.name for _, member in _members(stream, name, is_quiet=True)], name)
            for archive, member in _members(stream, name):
                if not member.isdir():
                    yield _entry(archive, member, shown.of(member.name))
    except _BROKEN as error:
        raise UnreadableArchive(f"is a damaged or incomplete tar archive ({error}); copy or download it again") from None


def _members(stream: IO[bytes], name: str, *, is_quiet: bool = False) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """The members of all archives in the decompressed stream, each with the archive that can extract it."""
    start: int | None = 0
    while start is not None:
        stream.seek(start)
        archive = tarfile.TarFile(fileobj=stream, tarinfo=_Member)
        if start and archive.firstmember is None:  # type: ignore[attr-defined]  # tarfile only raises at offset 0
            if not is_quiet:
                notice(f"{name}: the data after the end of the archive are not another archive and were left out")
            while stream.read(_CHUNK_BYTES):
                pass
            return
        for member in archive:
            yield archive, member
        start = _next_start(stream, archive.offset)


def _next_start(stream: IO[bytes], offset: int) -> int | None:
    """The offset at which the next archive begins after the zero blocks at `offset`; None if only zeros follow.

    Without the first check, the list would end silently if the archive was truncated between two members or has a damaged header.
    """
    stream.seek(offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("the end of the archive is missing")
    offset += tarfile.BLOCKSIZE
    while chunk := _read_on(stream):
        if rest := len(chunk.lstrip(b"\0")):
            begin = offset + len(chunk) - rest
            return begin - begin % tarfile.BLOCKSIZE
        offset += len(chunk)
    return None


def _read_on(stream: IO[bytes]) -> bytes:
    """The next bytes; none if what follows is not compressed data, such as a line break appended to a sound file."""
    try:
        return stream.read(_CHUNK_BYTES)
    except OSError as error:
        if str(error).startswith("Not a gzipped file"):
            return b""
        raise


class _Names:
    """Turns members' names into paths. All names are read to estimate their encoding only when the first that is not UTF-8 occurs."""

    def __init__(self, names: Callable[[], list[str]], archive: str) -> None:
        self._names, self._archive = names, archive
        self._read: dict[str, str] | None = None

    def of(self, name: str) -> str:
        """The path of a member by its name as tarfile returns it, in which bytes that are not UTF-8 are surrogates."""
        if name.isprintable() or _is_utf8(name):
            return shown_path(name)
        if self._read is None:
            foreign = [each for each in dict.fromkeys(self._names()) if not _is_utf8(each)]
            raw = [each.encode("utf-8", "surrogateescape") for each in foreign]
            self._read = dict(zip(foreign, readable(raw, archive=self._archive), strict=True))
        return shown_path(self._read.get(name, name))


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeError:
        return False
    return True


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> Entry:
    def open_member() -> IO[bytes]:
        try:
            file = archive.extractfile(member)
        except KeyError:
            raise UnreadableEntry("damaged: a hard link to a member that is not in the archive") from None
        assert file is not None, member.name
        return file

    ignored = "link" if member.issym() else None if member.isreg() or member.islnk() else "not a regular file"
    return Entry(path, open_member, member.size, ignored)
