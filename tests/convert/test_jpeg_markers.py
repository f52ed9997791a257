"""The layout of JPEGs: whole files of every kind have no fault, and a byte that no encoder writes is one."""

import itertools

import numpy as np
import pytest
from PIL import Image

from mien.convert.jpeg_markers import layout
from tests.convert.pictures import noisy, saved, smooth

KINDS = {
    "baseline": {},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 2},
    "progressive restarts": {"progressive": True, "restart_marker_rows": 1},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_whole_files_have_no_fault(kind: str, mode: str) -> None:
    thumbnail = saved(noisy(32, 32), "JPEG")
    flat = Image.new("RGB", (300, 200), "white")
    for picture, quality in itertools.product((noisy(), smooth(), flat, noisy(7, 5)), (20, 95, 100)):
        content = saved(picture.convert(mode), "JPEG", quality=quality, exif=b"Exif\0\0" + thumbnail, **KINDS[kind])
        for trailer in (b"", b"trailing bytes \xff\xe0\xff\xd8, as phones add them"):
            found = layout(content + trailer)
            assert found is not None and found.fault is None and not found.scans_missing
            assert found.end == len(content) - 2 and found.progressive == kind.startswith("progressive")
            assert found.scans[-1][1] == found.end and (len(found.scans) > 1) == found.progressive
        unended = layout(content[:-2])
        assert unended is not None and unended.end is None and not unended.scans_missing


@pytest.mark.parametrize("kind", KINDS)
def test_a_marker_inside_the_data_is_foreign_but_the_end_mark_and_fillers_are_not(kind: str) -> None:
    content = saved(noisy(), "JPEG", quality=90, **KINDS[kind])
    whole = layout(content)
    assert whole is not None
    begin, end = max(whole.scans, key=lambda scan: scan[1] - scan[0])
    at = next(at for at in range((begin + end) // 2, end) if 0xFF not in content[at - 1 : at + 2])

    def fault(code: int) -> str | None:
        found = layout(content[:at] + bytes((0xFF, code)) + content[at + 2 :])
        assert found is not None
        return found.fault

    foreign = set(range(0x01, 0xFF)) - {0xD9}
    # Such a marker is a segment's start if its two bytes of length, by chance, lead to the next marker: here they do not.
    assert {code for code in foreign if fault(code) is None} == set()
    assert fault(0xD9) is None and fault(0x00) is None
    assert layout(content[:at] + b"\xff" * 3 + b"\x00" + content[at:]).fault is None  # type: ignore[union-attr]


def test_restart_markers_come_in_turn() -> None:
    content = bytearray(saved(noisy(), "JPEG", restart_marker_blocks=1))
    second = content.index(b"\xff\xd1")
    content[second + 1] = 0xD2
    found = layout(bytes(content))
    assert found is not None and found.fault == f"a foreign marker 0xFFD2 at byte {second}"


def test_a_hole_of_zeros_is_a_fault_unless_zeros_may_end_blocks() -> None:
    content = saved(noisy(), "JPEG", quality=90)
    at = len(content) - 400
    found = layout(content[:at] + bytes(40) + content[at + 40 :])
    assert found is not None and found.fault is not None and "hole" in found.fault
    flat = saved(Image.new("RGB", (600, 600), "white"), "JPEG", optimize=True)
    assert bytes(100) in flat
    found = layout(flat)
    assert found is not None and found.fault is None


def test_scans_that_refine_are_missed() -> None:
    content = saved(noisy(), "JPEG", progressive=True)
    whole = layout(content)
    assert whole is not None and len(whole.scans) == 10  # as libjpeg's standard script has them
    for _, end in whole.scans[:-1]:
        for cut in (content[:end], content[:end] + b"\xff\xd9"):
            found = layout(cut)
            assert found is not None and found.fault is None and found.scans_missing


def test_random_bytes_and_cuts_raise_nothing() -> None:
    generator = np.random.default_rng(0)
    content = saved(noisy(32, 32), "JPEG", progressive=True)
    for cut in range(0, len(content), 3):
        layout(content[:cut])
    for _ in range(300):
        damaged = bytearray(content)
        for at in generator.integers(2, 700, 5):
            damaged[at] = int(generator.choice([0, 1, 2, 255, 0xC2, 0xC4, 0xDA, 0xDD]))
        layout(bytes(damaged))
        layout(b"\xff\xd8" + generator.bytes(200))
