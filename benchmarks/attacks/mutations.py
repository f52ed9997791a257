"""Ways in which a file is changed by chance or on purpose, each from its bytes and a generator of random numbers."""

import struct
from collections.abc import Callable

import numpy as np

from mien.store.signatures import HEAD_BYTES

Generator = np.random.Generator
Mutation = Callable[[bytes, Generator], bytes]
_HEADER_BYTES = 800  # where most length fields lie
_EXTREMES = (0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)


def bit_flips(content: bytes, generator: Generator) -> bytes:
    """One to sixteen bits anywhere."""
    changed = bytearray(content)
    for at in generator.integers(0, len(content), generator.integers(1, 17)):
        changed[at] ^= 1 << int(generator.integers(8))
    return bytes(changed)


def header_bytes(content: bytes, generator: Generator) -> bytes:
    """One to four bytes of the header, behind the signature."""
    changed = bytearray(content)
    last = min(len(content), _HEADER_BYTES)
    for at in generator.integers(min(HEAD_BYTES, last - 1) // 2, last, generator.integers(1, 5)):
        changed[at] = int(generator.integers(256))
    return bytes(changed)


def byte_run(content: bytes, generator: Generator) -> bytes:
    """A run of random bytes."""
    first, last = _run(content, generator)
    return content[:first] + generator.bytes(last - first) + content[last:]


def zero_hole(content: bytes, generator: Generator) -> bytes:
    """A run of zeros, as a lost sector or packet leaves it."""
    first, last = _run(content, generator)
    return content[:first] + bytes(last - first) + content[last:]


def cut(content: bytes, generator: Generator) -> bytes:
    """The end missing."""
    return content[: int(generator.integers(1, len(content)))]


def foreign_marker(content: bytes, generator: Generator) -> bytes:
    """0xFF and a byte that makes a marker of it in a JPEG or a JPEG 2000 codestream."""
    at = int(generator.integers(2, len(content) - 1))
    return content[:at] + bytes((0xFF, int(generator.integers(1, 255)))) + content[at + 2 :]


def length_field(content: bytes, generator: Generator) -> bytes:
    """Two or four bytes of the header as an extreme number, in either byte order."""
    value = int(generator.choice(_EXTREMES))
    order, short = "<>"[int(generator.integers(2))], value < 2**16 and generator.random() < 0.5
    field = struct.pack(order + ("H" if short else "I"), value)
    at = int(generator.integers(0, min(len(content), _HEADER_BYTES) - len(field)))
    return content[:at] + field + content[at + len(field) :]


def swapped(content: bytes, generator: Generator) -> bytes:
    """Two neighbouring pieces of the file in each other's place."""
    first, middle, last = sorted(generator.integers(0, len(content) + 1, 3))
    return content[:first] + content[middle:last] + content[first:middle] + content[last:]


def repeated(content: bytes, generator: Generator) -> bytes:
    """A piece of the file twice to 200 times, up to a megabyte."""
    first, last = _run(content, generator)
    times = min(int(generator.integers(1, 200)), 2**20 // (last - first) + 1)
    return content[:last] + content[first:last] * times + content[last:]


def _run(content: bytes, generator: Generator) -> tuple[int, int]:
    """Where a run of 4 bytes to a fifth of the file lies, short ones as often as long ones."""
    length = min(int(np.exp(generator.uniform(np.log(4), np.log(max(8, len(content) / 5))))), len(content) // 2)
    first = int(generator.integers(0, len(content) - length))
    return first, first + max(1, length)


MUTATIONS: dict[str, Mutation] = {
    made.__name__: made for made in (bit_flips, header_bytes, byte_run, zero_hole, cut, foreign_marker, length_field, swapped, repeated)
}
