"""Colours named by numbers: whatever the encoding, the decoded picture is the one that was encoded."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from mien.convert.decoding import Undecodable, decode
from mien.convert.decoding.named_colours import colours_by_number
from tests.convert.containers import (
    TO_BT2020,
    TO_P3,
    Levels,
    bt709_levels,
    chunk,
    hlg_levels,
    png_of,
    pq_levels,
    srgb_levels,
    srgb_light,
    tiff_of,
    with_chunks,
)
from tests.convert.pictures import difference, pixels, saved, smooth

LIGHT = srgb_light(np.asarray(smooth()) / 255)
NAMED: dict[str, tuple[int, int, Levels]] = {
    "PQ": (9, 16, pq_levels(LIGHT @ TO_BT2020.T)),
    "HLG": (9, 18, hlg_levels(LIGHT @ TO_BT2020.T)),
    "P3": (12, 13, srgb_levels(LIGHT @ TO_P3.T)),
    "BT.2020": (9, 14, bt709_levels(LIGHT @ TO_BT2020.T)),
    "BT.709": (1, 1, bt709_levels(LIGHT)),
    "gamma 2.2": (1, 4, LIGHT ** (1 / 2.2)),
    "linear": (1, 8, LIGHT),
    "sRGB": (1, 13, srgb_levels(LIGHT)),
}


def eight(levels: Levels) -> Image.Image:
    return Image.fromarray(np.rint(levels.clip(0, 1) * 255).astype(np.uint8))


def sixteen(levels: Levels) -> bytes:
    return png_of(np.rint(levels.clip(0, 1) * 65535).astype(np.uint16))


def shown(content: bytes) -> Image.Image:
    return decode(content, max_megapixels=1).image


def cicp(png: bytes, primaries: int, transfer: int, *, is_full: bool = True) -> bytes:
    return with_chunks(png, chunk(b"cICP", bytes([primaries, transfer, 0, is_full])))


def as_avif(levels: Levels, primaries: int, transfer: int) -> bytes:
    content = saved(eight(levels), "AVIF", quality=100, subsampling="4:4:4")
    at = content.index(b"nclx") + 4
    return content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :]


def as_heif(levels: Levels, primaries: int, transfer: int) -> bytes:
    options = {"color_primaries": primaries, "transfer_characteristics": transfer, "matrix_coefficients": 0}
    return saved(eight(levels), "HEIF", quality=-1, chroma=444, **options)


@pytest.mark.parametrize("name", NAMED)
def test_png_of_16_bits_gives_the_very_picture(name: str) -> None:
    primaries, transfer, levels = NAMED[name]
    assert difference(shown(cicp(sixteen(levels), primaries, transfer)), smooth()) < 0.1


@pytest.mark.parametrize("write", [as_avif, as_heif], ids=["AVIF", "HEIF"])
@pytest.mark.parametrize("name", NAMED)
def test_nclx_is_read_from_the_container(name: str, write: Callable[..., bytes]) -> None:
    primaries, transfer, levels = NAMED[name]
    assert difference(shown(write(levels, primaries, transfer)), smooth()) < (4 if name == "linear" or write is as_avif else 1.5)


def test_levels_as_in_video_are_spread() -> None:
    narrow = (16 + 219 * srgb_levels(LIGHT)) / 255
    assert difference(shown(cicp(sixteen(narrow), 1, 13, is_full=False)), smooth()) < 0.6


def test_light_beyond_white_is_drawn_in_and_keeps_its_order_and_hue() -> None:
    ramp = np.linspace(0, 1, 256)[None, :, None] ** 2 * np.array([1.0, 0.5, 0.25]) * 4 * np.ones((64, 1, 1))
    levels = pixels(shown(cicp(sixteen(pq_levels(ramp @ TO_BT2020.T)), 9, 16)))[0]
    assert (np.diff(levels, axis=0) >= -1).all() and (np.diff(levels[::8], axis=0) >= 0).all() and levels[-1, 0] == 255
    light = srgb_light(levels[50:] / 255)
    assert np.allclose(light[:, 1] / light[:, 0], 0.5, atol=0.02) and np.allclose(light[:, 2] / light[:, 0], 0.25, atol=0.02)
    dark = ramp[0, :, 0] < 0.2
    assert abs(levels[dark] - 255 * srgb_levels(ramp[0, dark])).max() <= 2  # what is dark enough keeps its tones


def test_an_hdr_profile_by_name_and_by_tag() -> None:
    levels = NAMED["PQ"][2]
    named = with_chunks(sixteen(levels), chunk(b"iCCP", b"ITUR_2100_PQ_FULL\0\0not even a profile"))
    assert difference(shown(named), smooth()) < 0.1
    tag = b"cicp" + struct.pack(">II", 144, 12)
    profile = bytes(128) + struct.pack(">I", 1) + tag + b"cicp" + bytes(4) + bytes([9, 16, 0, 1])
    assert difference(shown(saved(eight(levels), "PNG", icc_profile=profile)), smooth()) < 1.5


def test_grey_of_16_bits_by_name() -> None:
    grey = np.asarray(smooth().convert("L")) / 255
    linear = png_of(np.rint(srgb_light(grey) * 65535).astype(np.uint16))
    expected = smooth().convert("L").convert("RGB")
    assert difference(shown(cicp(linear, 1, 8)), expected) < 0.1
    assert difference(shown(with_chunks(linear, chunk(b"gAMA", struct.pack(">I", 100_000)))), expected) < 0.1


def test_gamma_and_chromaticities_of_a_png() -> None:
    def gamma(value: int) -> bytes:
        return chunk(b"gAMA", struct.pack(">I", value))

    p3 = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
    plain = saved(smooth(), "PNG")
    assert difference(shown(with_chunks(sixteen(LIGHT), gamma(100_000))), smooth()) < 0.1
    assert difference(shown(with_chunks(sixteen(LIGHT ** (1 / 1.8)), gamma(55_556))), smooth()) < 0.1
    assert difference(shown(with_chunks(sixteen((LIGHT @ TO_P3.T) ** (1 / 2.2)), gamma(45_455), p3)), smooth()) < 0.2
    for chunks in (
        [gamma(45_455)],
        [gamma(0)],
        [gamma(100_000), chunk(b"sRGB", b"\0")],  # the more exact word counts
        [chunk(b"cHRM", bytes(32))],
        [gamma(100_000)[:-1] + b"\xaa"],  # a wrong checksum
        [chunk(b"cICP", bytes([1, 13, 0, 1])), gamma(100_000)],
        [chunk(b"cICP", bytes([2, 2, 0, 1]))],
    ):
        assert difference(shown(with_chunks(plain, *chunks)), smooth()) == 0


def test_transparency_stays_over_white() -> None:
    alpha = np.rint(np.linspace(0, 65535, 96)).astype(np.uint16) * np.ones((64, 1), np.uint16)
    levels = np.dstack([np.rint(NAMED["PQ"][2].clip(0, 1) * 65535).astype(np.uint16), alpha])
    rgba = smooth().convert("RGBA")
    rgba.putalpha(Image.fromarray((alpha >> 8).astype(np.uint8)))
    expected = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    assert difference(shown(cicp(png_of(levels), 9, 16)), expected) < 0.6


def test_unknown_colours_are_rejected_with_their_numbers() -> None:
    with pytest.raises(Undecodable) as caught:
        shown(cicp(saved(smooth(), "PNG"), 1, 9))
    assert caught.value.reason == "unsupported" and "transfer 9" in caught.value.detail
    assert colours_by_number(1, 13) is None and colours_by_number(2, 2) is None and colours_by_number(0, 255) is None


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiffs_with_white_at_zero(order: str, deflated: bool) -> None:
    grey = np.asarray(smooth().convert("L"))
    expected = smooth().convert("L").convert("RGB")
    for levels in (255 - grey, 65535 - grey.astype(np.uint16) * 257, (1 - grey / 255).astype(np.float32)):
        assert difference(shown(tiff_of(levels, photometric=0, order=order, deflated=deflated)), expected) == 0
