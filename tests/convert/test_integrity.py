"""The structure checks by themselves: what they find in whole files, in damaged ones and in hostile ones."""

import struct
import time

import numpy as np
import pytest

from mien.convert.integrity import damage_in
from tests.convert.pictures import noisy, saved


def box(name: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), name) + payload


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG"])
def test_whole_files_are_sound_and_trailing_bytes_do_not_matter(kind: str) -> None:
    content = saved(noisy(), kind)
    assert damage_in(content, kind) is None
    assert damage_in(content + b"a trailer as phones append it", kind) is None


@pytest.mark.parametrize("version", [0, 1, 2])
def test_an_item_outside_the_file_is_missing_in_every_version_of_the_box(version: int) -> None:
    def file(length: int) -> bytes:
        item, count = (">I", ">I") if version == 2 else (">H", ">H")
        method = b"" if version == 0 else struct.pack(">H", 0)
        location = struct.pack(item, 1) + method + struct.pack(">HHII", 0, 1, 100, length)
        iloc = box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0]), struct.pack(count, 1), location)
        return (box(b"ftyp", b"heic", bytes(4)) + box(b"meta", bytes(4), iloc)).ljust(200, b"\1")

    assert damage_in(file(100), "HEIF") is None
    assert damage_in(file(101), "HEIF") == ("truncated", "item 1 ends 1 bytes after the file")


def test_a_changed_bit_in_a_png_is_found_wherever_it_is() -> None:
    content = saved(noisy(), "PNG")
    start = content.index(b"IDAT") + 4
    for at in range(start, len(content) - 16, 997):
        damaged = bytearray(content)
        damaged[at] ^= 1
        assert damage_in(bytes(damaged), "PNG") == ("corrupt", "a checksum of the chunk IDAT is wrong")


def test_hostile_boxes_cost_no_time() -> None:
    header = box(b"ftyp", b"heic", bytes(4))
    endless = bytes([2, 0, 0, 0, 0, 0]) + struct.pack(">I", 2**32 - 1) + (struct.pack(">IHHH", 1, 0, 0, 65535) * 5000)
    far = bytes([0, 0, 0, 0, 0x44, 0]) + struct.pack(">H", 65535)
    generator = np.random.default_rng(5)
    began = time.process_time()
    for iloc in (endless, far, *(generator.bytes(2000) for _ in range(50))):
        damage_in(header + box(b"meta", bytes(4), box(b"iloc", iloc)), "HEIF")
        damage_in(header + box(b"meta", bytes(4), struct.pack(">I4sQ", 1, b"iloc", 2**60) + iloc), "HEIF")
    assert time.process_time() - began < 2
