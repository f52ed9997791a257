"""Reads members of a zip that are compressed with bzip2, block by block, with little memory.

zipfile decompresses 4096 compressed bytes at once. They become at most 4 MB with deflate and about 30 MB with LZMA, but up to 5 GB with
bzip2.
"""

import bz2
import copy
import io
import zipfile
import zlib
from typing import IO, Any


def open_bzip2(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """The member's content as a file.

    Reading raises BadZipFile at the end if the checksum is wrong, and EOFError or OSError if the data are truncated or damaged.
    """
    packed: Any = copy.copy(member)
    packed.compress_type, packed.file_size, packed.CRC = zipfile.ZIP_STORED, member.compress_size, None
    return io.BufferedReader(_Checked(bz2.BZ2File(archive.open(packed)), member))


class _Checked(io.RawIOBase):
    """Reads exactly as many bytes as the member has, and compares their checksum at the end."""

    def __init__(self, file: IO[bytes], member: zipfile.ZipInfo) -> None:
        self._file, self._left, self._crc, self._member = file, member.file_size, 0, member

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        data = self._file.read(min(len(buffer), self._left))
        if not data:
            raise EOFError("the data end before the size that the directory gives")
        self._left, self._crc = self._left - len(data), zlib.crc32(data, self._crc)
        if not self._left and self._crc != self._member.CRC:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {self._member.filename!r}")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
