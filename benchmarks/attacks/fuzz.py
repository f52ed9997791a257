"""Archives changed by seed where their readers trust them: a zip's directories, a tar's headers, the stream of a compressed tar."""

import tarfile

import numpy as np

from benchmarks.attacks.containers import tarred, with_checksum, zipped
from benchmarks.attacks.mutations import MUTATIONS
from benchmarks.attacks.photographs import drawn

Generator = np.random.Generator
_MODES = {"tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


def files(num: int = 6) -> list[tuple[str, bytes]]:
    """Photographs, a note and an archive in the archive."""
    photos = [(f"{'happy' if number % 2 else 'sad'}/{number}.png", drawn("PNG", number, size_px=32)) for number in range(num)]
    return [*photos, ("notes/read me.txt", b"nothing"), ("more.zip", zipped(photos[:2]))]


def fuzzed_zip(content: bytes, generator: Generator) -> bytes:
    """One to six bytes of the central directory and its end changed, or these cut, or another mutation of them."""
    start = content.index(b"PK\1\2")
    body, directory = content[:start], content[start:]
    if generator.random() < 0.7:
        changed = bytearray(directory)
        for at in generator.integers(0, len(changed), generator.integers(1, 7)):
            changed[at] = int(generator.choice([0, 1, 0x7F, 0x80, 0xFF, generator.integers(256)]))
        return body + bytes(changed)
    return body + MUTATIONS[str(generator.choice(list(MUTATIONS)))](directory, generator)


def fuzzed_tar(content: bytes, generator: Generator) -> bytes:
    """One to four bytes of one header changed, its checksum made right in two of three cases, so that the header is believed."""
    at = tarfile.BLOCKSIZE * int(generator.choice(_header_blocks(content)))
    changed = bytearray(content)
    for offset in generator.integers(0, 512, generator.integers(1, 5)):
        changed[at + offset] = int(generator.choice([0, 0x20, 0x2D, 0x37, 0x53, 0x78, 0x80, 0xFF, generator.integers(256)]))
    if generator.random() < 0.5:
        changed[at + 156] = int(generator.choice(list(b"01234567DKLSVxgX")))
    if generator.random() < 0.67:
        with_checksum(changed, at)
    return bytes(changed)


def _header_blocks(content: bytes) -> list[int]:
    return [index for index in range(len(content) // 512) if content[512 * index + 257 : 512 * index + 262] == b"ustar"]


def fuzzed_stream(kind: str, generator: Generator) -> bytes:
    """A compressed tar cut or changed anywhere."""
    content = tarred(files(3), mode=_MODES[kind])
    return MUTATIONS[str(generator.choice(["cut", "bit_flips", "byte_run", "zero_hole", "header_bytes", "swapped"]))](content, generator)
