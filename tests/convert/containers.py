"""PNG and TIFF files put together by hand, for what Pillow does not write; and light as the standards define it."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]


def chunk(name: bytes, data: bytes, *, sound: bool = True) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ (not sound))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """The PNG with chunks after its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def png_of(levels: NDArray[np.uint16]) -> bytes:
    """A PNG of 16 bits: grey (H × W), grey with alpha, colours, or colours with alpha."""
    colour_type = {2: 0, 3: {2: 4, 3: 2, 4: 6}.get(levels.shape[-1])}[levels.ndim]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff_of(levels: NDArray[np.generic], *, photometric: int = 1, order: str = "<", deflated: bool = False, **tags: int) -> bytes:
    """A TIFF of one strip, with the sample format of the array's type. `tags`: further ones of 16 bits, such as t281=4095."""
    planes = 1 if levels.ndim == 2 else levels.shape[2]
    data = levels.astype(levels.dtype.newbyteorder(order)).tobytes()
    data = zlib.compress(data) if deflated else data
    bits, kind = 8 * levels.dtype.itemsize, {"u": 1, "i": 2, "f": 3}[levels.dtype.kind]
    height, width = levels.shape[:2]
    entries: dict[int, tuple[str, list[int]]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * planes),
        259: ("H", [8 if deflated else 1]),
        262: ("H", [photometric]),
        273: ("I", [0]),
        277: ("H", [planes]),
        278: ("I", [height]),
        279: ("I", [len(data)]),
        339: ("H", [kind] * planes),
        **{int(name[1:]): ("H", [value] * (planes if name != "t254" else 1)) for name, value in tags.items()},
    }
    room = 8 + 2 + 12 * len(entries) + 4
    beside = sum(2 * len(values) for _, values in entries.values() if len(values) > 2)
    entries[273] = ("I", [room + beside])
    directory, values_beside = b"", b""
    for tag, (letter, values) in sorted(entries.items()):
        packed = struct.pack(order + letter * len(values), *values)
        directory += struct.pack(order + "HHI", tag, {"H": 3, "I": 4}[letter], len(values))
        directory += packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", room + len(values_beside))
        values_beside += packed if len(packed) > 4 else b""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, len(entries))
    return start + directory + bytes(4) + values_beside + data


def srgb_light(levels: Levels) -> Levels:
    """IEC 61966-2-1."""
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def srgb_levels(light: Levels) -> Levels:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def bt709_levels(light: Levels) -> Levels:
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 1e-9) ** 0.45 - 0.099)


def pq_levels(light: Levels) -> Levels:
    """SMPTE ST 2084; a light of 1 is 203 cd/m²."""
    power = (light * 203 / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg_levels(light: Levels) -> Levels:
    """BT.2100, on a display of 1000 cd/m²; a light of 1 is 203 cd/m²."""
    display = light * 0.203
    luminance = np.maximum(display @ [0.2627, 0.6780, 0.0593], 1e-9)
    scene = display * (luminance ** (1 / 1.2 - 1))[..., None]
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


# Light of sRGB's primaries to that of others, as BT.2087 and Apple's documentation print them.
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
TO_P3 = np.array([[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]])
