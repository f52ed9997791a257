"""Reads the text, profile and colour chunks of a PNG, so that a fault in one of them does not cause a sound image to be rejected.

Pillow refuses the whole file if any chunk has a wrong checksum, or if text or a profile exceeds 1 MiB. Pillow therefore decodes the
pixels from a copy of the file that contains only the chunks it needs. Source: PNG, third edition (W3C, 2025).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mien.convert.decoding.reasons import Undecodable

# With only these chunks (and their minimum lengths) Pillow decodes the same pixels; all others are text, further frames, or read below.
_FOR_PILLOW = {b"IHDR": 13, b"PLTE": 0, b"IDAT": 0, b"IEND": 0, b"tRNS": 0, b"eXIf": 0, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9}
# Keywords of text that may contain an orientation, besides eXIf; Pillow looks for it in `info` under these names.
_TEXT = {b"XML:com.adobe.xmp", b"Raw profile type exif", b"Raw profile type APP1", b"exif"}
# A profile with this name means BT.2020 with PQ, whatever its content (W3C, Using the ITU BT.2100 PQ EOTF with PNG).
_PQ_PROFILE = b"ITUR_2100_PQ_FULL\0"
# The largest profiles and the longest XMP of real files have a tenth of this size; a decompression bomb expands a thousandfold.
_MAX_UNPACKED_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Png:
    """The parts of a PNG: `content` for Pillow to decode, `info` to add to the image's info, and the values of the colour chunks."""

    content: bytes
    bit_depth: int
    info: dict[str, Any] = field(default_factory=dict)
    significant_bits: int | None = None
    cicp: tuple[int, int, bool] | None = None  # primaries and transfer by their numbers in ITU-T H.273, and whether black is 16 of 255
    is_srgb: bool = False
    gamma: float | None = None  # exponent of the encoding, about 0.45 in most pictures
    chromaticities: tuple[float, ...] | None = None  # x and y of white, red, green, blue


class _Chunk(NamedTuple):
    """One chunk. `data` is empty for critical chunks and further frames."""

    name: bytes
    data: bytes
    start: int
    end: int
    is_sound: bool


def read_png(content: bytes) -> Png:
    """Reads the parts of a PNG. Raises Undecodable for Apple's variant, whose pixels other decoders show in wrong colours."""
    said: dict[bytes, bytes] = {}
    parts = [(0, 8)]  # parts of the file that are given to Pillow
    info: dict[str, Any] = {}
    for chunk in _chunks(content):
        if chunk.name == b"CgBI":
            raise Undecodable("unsupported", "PNG in Apple's variant for apps (CgBI)")
        if chunk.is_sound and chunk.name in _FOR_PILLOW and not _is_short(chunk, content):
            parts.append((chunk.start, chunk.end))
        if chunk.name in (b"IDAT", b"fdAT"):
            continue
        if chunk.name == b"iCCP" and b"iCCP" not in said:  # its zlib stream has a checksum of its own
            said[b"iCCP"] = chunk.data
            if profile := _unpacked(chunk.data.partition(b"\0")[2][1:]):
                info["icc_profile"] = profile
        elif chunk.is_sound and chunk.name in (b"tEXt", b"zTXt", b"iTXt"):
            info.update(_orientation_text(chunk))
        elif chunk.is_sound:
            said.setdefault(chunk.name, chunk.data)
    if b"cICP" in said:
        info.pop("icc_profile", None)
    slim = content if sum(end - start for start, end in parts) == len(content) else b"".join(content[start:end] for start, end in parts)
    return Png(slim, content[24] if len(content) > 24 else 0, info, **_colours(said))


def _chunks(content: bytes) -> Iterator[_Chunk]:
    """The chunks of a PNG, which consists of 8 bytes, then chunks of length, name, data, and CRC-32 of name and data.

    A truncated chunk is the last one and counts as sound. Checksums of image data are not compared here, because `integrity` compares
    them and comparing them twice would take too long.
    """
    view, at = memoryview(content), 8
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at) if at + 12 <= len(content) else (0, b"")
        end = at + 12 + length
        if end > len(content):
            yield _Chunk(b"IDAT", b"", at, len(content), True)
            return
        if name in (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"fdAT"):
            yield _Chunk(name, b"", at, end, True)
        else:
            is_sound = zlib.crc32(view[at + 4 : end - 4]) == struct.unpack_from(">I", content, end - 4)[0]
            yield _Chunk(name, content[at + 8 : end - 4], at, end, is_sound)
        at = end
        if name == b"IEND":
            return


def _is_short(chunk: _Chunk, content: bytes) -> bool:
    """Whether a chunk is shorter than it must be. Pillow refuses files with such chunks, whereas other decoders ignore the chunks."""
    needed = _FOR_PILLOW[chunk.name] if chunk.name != b"tRNS" else {0: 2, 2: 6}.get(content[25], 0)
    return chunk.end - chunk.start - 12 < needed


def _colours(said: dict[bytes, bytes]) -> dict[str, Any]:
    """The fields of Png given by the colour chunks, in the specification's order of precedence: cICP, iCCP, sRGB, gAMA and cHRM."""
    found: dict[str, Any] = {}
    if said.get(b"sBIT"):
        found["significant_bits"] = max(said[b"sBIT"])
    if len(said.get(b"cICP", b"")) == 4:
        primaries, transfer, _, is_full = said[b"cICP"]
        return {**found, "cicp": (primaries, transfer, not is_full)}
    if said.get(b"iCCP", b"").startswith(_PQ_PROFILE):
        return {**found, "cicp": (9, 16, False)}
    if b"iCCP" in said or b"sRGB" in said:
        return {**found, "is_srgb": b"sRGB" in said}
    if len(said.get(b"gAMA", b"")) == 4 and (gamma := int.from_bytes(said[b"gAMA"], "big")):
        found["gamma"] = gamma / 100_000
    if len(said.get(b"cHRM", b"")) == 32:
        found["chromaticities"] = tuple(value / 100_000 for value in struct.unpack(">8I", said[b"cHRM"]))
    return found


def _orientation_text(chunk: _Chunk) -> dict[str, str]:
    """Keyword and text of a chunk that may contain an orientation; empty for other text, which is not decompressed."""
    keyword, _, rest = chunk.data.partition(b"\0")
    if keyword not in _TEXT:
        return {}
    text: bytes | None = rest
    if chunk.name == b"zTXt":
        text = _unpacked(rest[1:])
    elif chunk.name == b"iTXt":
        text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        text = _unpacked(text) if rest[:1] == b"\1" else text
    encoding = "utf-8" if chunk.name == b"iTXt" else "latin-1"
    return {keyword.decode("latin-1"): text.decode(encoding, "replace")} if text else {}


def _unpacked(data: bytes) -> bytes | None:
    """The decompressed data; None if the stream is broken or its content exceeds _MAX_UNPACKED_BYTES."""
    stream = zlib.decompressobj()
    try:
        unpacked = stream.decompress(data, _MAX_UNPACKED_BYTES)
    except zlib.error:
        return None
    return unpacked if stream.eof else None
