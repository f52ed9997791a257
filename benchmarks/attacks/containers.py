"""Archives put together for the campaign: zips and tars of given files, and their hostile relatives that no library writes."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence

Files = Sequence[tuple[str, bytes]]


def zipped(files: Files, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip; equal names may repeat."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(raw_name(name), content)
    return buffer.getvalue()


def raw_name(name: str) -> zipfile.ZipInfo:
    """An entry of the very name, which zipfile would cut at NUL and part at backslashes."""
    entry = zipfile.ZipInfo("x", date_time=(2024, 1, 1, 0, 0, 0))
    entry.filename, entry.compress_type = name, zipfile.ZIP_DEFLATED
    return entry


def tarred(files: Files, *, mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar, with mode w:gz, w:bz2 or w:xz a compressed one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A tar of members as they are given, whatever their headers claim."""
    blocks = b"".join(
        member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape") + content + bytes(-len(content) % tarfile.BLOCKSIZE)
        for member, content in members
    )
    return blocks + bytes(2 * tarfile.BLOCKSIZE)


def tar_header(field: slice, value: bytes, content: bytes) -> bytes:
    """A tar of one file happy/0.png with a field of its header overwritten and the checksum made right again."""
    member = tarfile.TarInfo("happy/0.png")
    member.size = len(content)
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[field] = value
    with_checksum(block)
    return bytes(block) + content + bytes(-len(content) % tarfile.BLOCKSIZE) + bytes(2 * tarfile.BLOCKSIZE)


def with_checksum(block: bytearray, at: int = 0) -> None:
    """Makes the checksum of the tar header that begins at `at` right."""
    block[at + 148 : at + 156] = b" " * 8
    total = sum(block[at : at + tarfile.BLOCKSIZE])
    block[at + 148 : at + 156] = f"{total:06o}\0 ".encode()


def sparse_tar(size_bytes: int) -> bytes:
    """A tar of one old GNU sparse file of 512 bytes of data that unpacks to `size_bytes`."""
    member = tarfile.TarInfo("happy/sparse.jpg")
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = f"{512:011o}\0".encode()
    block[156:157] = b"S"
    block[386:410] = f"{size_bytes - 512:011o}\0".encode() + f"{512:011o}\0".encode()
    block[483:495] = f"{size_bytes:011o}\0".encode()
    with_checksum(block)
    return bytes(block) + b"\xff\xd8\xff\xe0" + bytes(508) + bytes(2 * tarfile.BLOCKSIZE)


def overlapping_zip(content: bytes, num: int) -> bytes:
    """A zip whose directory names one member `num` times."""
    packed = zlib.compress(content, 9)[2:-4]
    crc, name = zlib.crc32(content), b"happy/0000000.jpg"
    sizes = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 0x21, crc, len(packed), len(content), len(name), 0)
    body = b"PK\3\4" + sizes + name + packed
    directory = b"".join(b"PK\1\2" + struct.pack("<H", 20) + sizes + bytes(10) + struct.pack("<L", 0) + name for _ in range(num))
    return body + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, num, num, len(directory), len(body), 0)
