"""Archives and tables made to do harm: names that lead elsewhere, bombs, lying headers. Each is small; what it claims is not."""

import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

from benchmarks.attacks import containers
from benchmarks.attacks.photographs import drawn

NAMES = (
    "../../outside/happy/1.png",
    "/outside/happy/1.png",
    "C:\\outside\\happy\\1.png",
    "..\\..\\outside\\1.png",
    "\\\\server\\share\\happy\\1.png",
    "happy/a\0.png",
    "happy/\x1b[2J\x07.png",
    "happy/a\nb\r.png",
    "happy/\u202egnp.exe",
    "happy/" + "n" * 5000 + ".png",
    "/".join(["d"] * 2000) + "/1.png",
    "happy/.",
    "..",
    "",
    " ",
    "happy//./..//1.png",
    "=cmd|' /C calc'!A0/1.png",
    "<script>alert(1)</script>/1.png",
    "happy/CON.png",
    "happy/\ud800.png".encode("utf-8", "surrogatepass").decode("latin-1"),
)
_ZEROS = 200 * 2**20


def archives() -> dict[str, Callable[[], bytes]]:
    """Makers of hostile archives by file name."""
    png = drawn("PNG", 0, size_px=48)
    named = [(name, png) for name in NAMES]
    bomb = b"\xff\xd8\xff\xe0" + bytes(_ZEROS)

    def compressed_tar(mode: str) -> bytes:
        return containers.tarred([("happy/bomb.jpg", bomb), ("happy/1.png", png)], mode=mode)

    def nested_bomb() -> bytes:
        inner = containers.zipped([(f"happy/{number}.jpg", bytes(20 * 2**20)) for number in range(4)])
        return containers.zipped([("happy/1.png", png), *((f"{number}.zip", inner) for number in range(4))])

    def onion() -> bytes:
        content = containers.zipped([("happy/1.png", png)])
        for number in range(12):
            content = containers.zipped([(f"{number}.zip", content), (f"happy/{number}.png", png)])
        return content

    def pax(**headers: str) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            member = tarfile.TarInfo("happy/0.png")
            member.size, member.pax_headers = len(png), {key.replace("_", "."): value for key, value in headers.items()}
            archive.addfile(member, io.BytesIO(png))
        return buffer.getvalue()

    def special(kind: bytes, target: str) -> bytes:
        member = tarfile.TarInfo("happy/0.png")
        member.type, member.linkname = kind, target
        photo = tarfile.TarInfo("happy/1.png")
        photo.size = len(png)
        return containers.tar_of((member, b""), (photo, png))

    return {
        "names.zip": lambda: containers.zipped(named),
        "names.tar": lambda: containers.tarred(named),
        "names-gnu.tar": lambda: containers.tarred(named, form=tarfile.GNU_FORMAT),
        "equal names.zip": lambda: containers.zipped([("happy/1.png", png)] * 3000),
        "many empty files.zip": lambda: containers.zipped([("happy/1.png", png), *((f"sad/{number}.jpg", b"") for number in range(5000))]),
        "bomb.zip": lambda: containers.zipped([("happy/bomb.jpg", bomb), ("happy/1.png", png)]),
        "bomb of lzma.zip": lambda: _with_method([("happy/bomb.jpg", bomb), ("happy/1.png", png)], zipfile.ZIP_LZMA),
        "bomb of bzip2.zip": lambda: _with_method([("happy/bomb.jpg", bomb), ("happy/1.png", png)], zipfile.ZIP_BZIP2),
        "bomb.tar.gz": lambda: compressed_tar("w:gz"),
        "bomb.tar.bz2": lambda: compressed_tar("w:bz2"),
        "bomb.tar.xz": lambda: compressed_tar("w:xz"),
        "bombs in a zip.zip": nested_bomb,
        "onion.zip": onion,
        "overlapping.zip": lambda: containers.overlapping_zip(png * 500, 2000),
        "sparse.tar": lambda: containers.sparse_tar(7 * 2**30),
        "sparse map.tar": lambda: pax(
            **{"GNU_sparse_major": "0", "GNU_sparse_minor": "1", "GNU_sparse_size": "1", "GNU_sparse_map": "a,b"}
        ),
        "sparse size.tar": lambda: pax(**{"GNU_sparse_major": "1", "GNU_sparse_minor": "0", "GNU_sparse_realsize": "-7"}),
        "pax size.tar": lambda: pax(size="99999999999999999999"),
        "pax size of words.tar": lambda: pax(size="many"),
        "pax negative size.tar": lambda: pax(size="-512"),
        "pax path.tar": lambda: pax(path="../../outside/1.png"),
        "pax times.tar": lambda: pax(mtime="nan", uid="-1", gid="1e400"),
        "negative size.tar": lambda: containers.tar_header(slice(124, 136), b"\xff" * 12, png),
        "huge size.tar": lambda: containers.tar_header(slice(124, 136), b"\x80" + b"\x7f" * 11, png),
        "octal of words.tar": lambda: containers.tar_header(slice(124, 136), b"many words!\0", png),
        "hard link outside.tar": lambda: special(tarfile.LNKTYPE, "../../../etc/hostname"),
        "hard link to itself.tar": lambda: special(tarfile.LNKTYPE, "happy/0.png"),
        "soft link outside.tar": lambda: special(tarfile.SYMTYPE, "/etc/hostname"),
        "device.tar": lambda: special(tarfile.CHRTYPE, ""),
        "pipe.tar": lambda: special(tarfile.FIFOTYPE, ""),
        "long name.tar": lambda: containers.tar_header(slice(156, 157), b"L", b"n" * 2000),
        "pax of noise.tar": lambda: containers.tar_header(slice(156, 157), b"x", b"999999999999 path=a\n-5 b=c\nno length"),
        "xz that claims memory.tar.xz": lambda: lzma.compress(png, preset=9) + bytes(1024),
        "end mark alone.zip": lambda: b"PK\5\6" + bytes(18),
        "end mark of ones.zip": lambda: b"PK\5\6" + b"\xff" * 18,
        "comment.zip": lambda: containers.zipped([("happy/1.png", png)])[:-2] + b"\xff\xff" + b"PK\5\6" * 9000,
    }


def _with_method(files: containers.Files, method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def pixel_tables() -> dict[str, bytes]:
    """Hostile relatives of fer2013.csv, by file name."""
    row = b"3," + b" ".join([b"7"] * 2304) + b",Training\n"
    head = b"emotion,pixels,Usage\n"
    return {
        "endless line.csv": head + row + bytes(60 * 2**20),
        "huge cell.csv": head + row + b"3," + b"1 " * 20_000_000 + b",Training\n",
        "large square.csv": head + row + b"3," + b"1 " * 4_000_000 + b",Training\n",
        "never closed.csv": head + row + b'3,"' + b"1 " * 20_000,
        "zeros.csv": head + row + bytes(5000) + b"\n" + row,
        "no pixels.csv": b"emotion,Usage\n3,Training\n",
        "no emotion.csv": b"pixels\n" + row,
        "header alone.csv": head,
        "columns twice.csv": b"emotion,pixels,emotion,pixels\n3,1,4,2\n" + row,
        "many columns.csv": head + row.rstrip() + b"," * 200_000 + b"\n",
        "words.csv": head + b"3,one two three,Training\n" + row,
        "huge numbers.csv": head + b"3," + b"9" * 6000 + b",Training\n3,nan inf -1 1e999,Training\n1e308,1,x\nnan,1,x\ninf,1,x\n" + row,
        "usages.csv": head + row.replace(b"Training", b"../../outside") + row.replace(b"Training", b"\x1b[2J\xff\xfe"),
        "utf-16.csv": (head + row).decode().encode("utf-16"),
        "line ends.csv": (head + row + row).replace(b"\n", b"\r"),
        "codes.csv": head + b"".join(b"%d,0 1 2 3,\n" % code for code in range(-300, 3000)) + row,
    }


def user_tables(key: str) -> dict[str, bytes]:
    """Hostile tables that a person could name at ingest.metadata (key `path`) or labels.corrections (key `sample_id`), by what they are."""
    head = f"{key},decision,subject\n".encode()
    return {
        "huge cell": head + b"a," + b"x" * 300_000 + b",s\n",
        "zeros": head + b"a\0,keep\0,s\n" + bytes(3000),
        "no key": b"decision,subject\nkeep,s\n",
        "empty": b"",
        "columns twice": f"{key},{key}\na,b\n".encode(),
        "ragged": head + b"a,keep\nb,keep,s,t\n",
        "never closed": head + b'"a,keep,s\n' * 3,
        "latin": head + b"\xe9,keep,s\n",
        "utf-16": head.decode().encode("utf-16"),
        "control characters": f"{key}\x1b[2J,decision\n".encode() + b"a\x1b]0;x\x07\n\n\r,b\n",
        "long header": f"{key},{','.join(f'c{number}' for number in range(50_000))}\n".encode(),
        "said twice": head + b"happy/1.png,happy,a\nhappy/1.png,sad,b\n",
        "line ends in cells": head + b'"a\nb",keep,s\n"a\nb","d\nrop",s\n',
        "elsewhere": head + b"../../outside/1.png,keep,s\n/etc/passwd,keep,s\n",
    }
