"""Describes files that cannot be a source, each with the remedy."""

from pathlib import Path

from mien.ingest.sources.split_archives import SPANNED_FIRST, is_named_as_part, split_archive
from mien.store.pointers import LFS, PULL, stands_in
from mien.store.signatures import HEAD_BYTES, signature

_UNPACK = "unpack it, and set ingest.source to the folder with the photographs"
_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": f"is a 7z archive, which cannot be read; {_UNPACK}",
    b"Rar!\x1a\x07": f"is a RAR archive, which cannot be read; {_UNPACK}",
    b"\x28\xb5\x2f\xfd": f"is compressed with Zstandard, which cannot be read; {_UNPACK}",
}
_GZIP = b"\x1f\x8b"
_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def other_kind(source: Path) -> str | None:
    """Why a file that is neither tar nor zip cannot be a source, as text that continues a sentence after the file's name.

    None if the file may be a table, which the reader of tables then checks.
    """
    name = source.name.lower()
    with source.open("rb") as file:
        head = file.read(4096)
    if is_named_as_part(name) or head.startswith(SPANNED_FIRST):
        return str(split_archive(source.name))
    for beginning, told in _ARCHIVES.items():
        if head.startswith(beginning):
            return told
    if instead := stands_in(head):
        remedy = PULL if instead == LFS else "download it again, and log in if the download page asks for it"
        return f"is a {instead} in place of the file; {remedy}"
    if kind := signature(head[:HEAD_BYTES]):
        return f"is a single {kind} image; put the images into one folder per expression, and set ingest.source to their parent folder"
    if head.startswith(_GZIP) and not name.endswith((".tar.gz", ".tgz", ".csv.gz")):
        return "is a single compressed file; unpack it (`gunzip`), and set ingest.source to the result"
    if name.endswith(_ENDINGS):
        return "is not a readable archive; it is damaged or incomplete: copy or download it again"
    if name.endswith((".csv", ".tsv", ".csv.gz")):
        return None
    return f"is not a folder, .zip, .tar(.gz) or pixel .csv; {_UNPACK}"
