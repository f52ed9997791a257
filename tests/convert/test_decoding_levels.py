"""Levels of more than 8 bits: their white is told by the file or by evidence, and where it is not, the picture is rejected."""

import numpy as np
import pytest

from mien.convert.decoding import Undecodable, decode
from tests.convert.containers import chunk, png_of, tiff_of, with_chunks
from tests.convert.pictures import difference, pixels, saved, smooth

COLOURS = np.asarray(smooth()).astype(np.uint16)
GREY = np.asarray(smooth().convert("L")).astype(np.uint16)
GREY_PICTURE = smooth().convert("L").convert("RGB")


def result(content: bytes) -> object:
    try:
        return decode(content, max_megapixels=1).image
    except Undecodable as error:
        return error.reason


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("is_colour", [False, True])
def test_declared_bits_at_the_lower_end_are_spread(bits: int, is_colour: bool) -> None:
    levels, expected = (COLOURS, smooth()) if is_colour else (GREY, GREY_PICTURE)
    low = levels << (bits - 8)
    declared = chunk(b"sBIT", bytes([bits] * (3 if is_colour else 1)))
    assert difference(result(with_chunks(png_of(low), declared)), expected) < 1
    assert difference(result(tiff_of(low, photometric=2 if is_colour else 1, t281=2**bits - 1)), expected) < 1


def test_declared_bits_at_the_upper_end_stay() -> None:
    twelve = GREY.astype(np.uint32) * 4095 // 255
    spread = (twelve << 4 | twelve >> 8).astype(np.uint16)
    declared = chunk(b"sBIT", b"\x0c")
    assert difference(result(with_chunks(png_of(spread), declared)), GREY_PICTURE) < 1
    dim = (spread // 2 & 0xFFF0).astype(np.uint16)  # a dark picture by the rules: no brighter than without the chunk
    assert difference(result(with_chunks(png_of(dim), declared)), result(png_of(dim))) == 0


def test_a_dark_picture_of_16_bits_is_not_brightened() -> None:
    dark = GREY * 50  # a fifth of the range
    for content in (png_of(dark), tiff_of(dark)):
        assert abs(pixels(result(content)).mean() - dark.mean() / 257) < 0.6
    colours = png_of(COLOURS * 40)
    assert abs(pixels(result(colours)).mean() - (COLOURS * 40).mean() / 257) < 0.6


def test_levels_that_end_at_the_white_of_fewer_bits_are_of_those() -> None:
    clipped = np.minimum(GREY.astype(np.uint16) * 24, 4095)
    assert (clipped == 4095).any()
    expected = (clipped / 4095 * 255).round()
    assert abs(pixels(result(png_of(clipped)))[..., 0] - expected).max() <= 1


def test_nearly_black_without_a_word_is_rejected() -> None:
    for levels, photometric in ((GREY * 16, 1), (COLOURS * 15, 2)):
        assert result(tiff_of(levels, photometric=photometric)) == "unsupported"
        assert result(png_of(levels)) == "unsupported"
    black = np.zeros((64, 96), np.uint16)
    assert pixels(result(png_of(black))).max() == 0  # which is blank, and not undecodable


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_signed_numbers_and_floats_are_right_or_rejected(order: str, deflated: bool) -> None:
    def of(levels: np.ndarray) -> object:
        return result(tiff_of(levels, order=order, deflated=deflated))

    grey = GREY.astype(np.int64)
    for levels in ((grey * 128).astype(np.int16), grey.astype(np.int16), (grey * 257).astype(np.int32), (grey // 2).astype(np.int8)):
        assert difference(of(levels), GREY_PICTURE) < 1
    for levels in ((grey - 128).astype(np.int8), (grey * 256 - 32768).astype(np.int16), (grey - 90).astype(np.int32)):
        assert of(levels) == "unsupported"
    share = (grey / 255).astype(np.float32)
    for floats in (share, share * np.float32(255), share * np.float32(65535)):
        assert difference(of(floats), GREY_PICTURE) == 0
    overshot = share + np.where(share > 0.7, 0.2, -0.01).astype(np.float32)
    assert difference(of((overshot / overshot.max() * 1.03).astype(np.float32)), of(overshot / overshot.max())) < 8  # as resizing leaves it
    holed = share.copy()
    for value in (np.nan, np.inf, -np.inf):
        holed[3, 5] = value
        assert of(holed) == "unsupported"
    assert of(share * 2 - 1) == "unsupported" and of(share * 4) == "unsupported"
    for unknown in (share.astype(np.float64), share.astype(np.float16)):
        assert of(unknown) == "unsupported"


def test_unsigned_numbers_of_32_bits_keep_their_upper_half() -> None:
    assert difference(result(tiff_of(GREY.astype(np.uint32) * 16843009)), GREY_PICTURE) == 0


def test_pgm_and_ppm_of_any_highest_level() -> None:
    for highest in (100, 255, 1023, 4095, 65535):
        kind = np.uint8 if highest < 256 else ">u2"
        grey = (GREY.astype(np.uint32) * highest // 255).astype(kind).tobytes()
        colours = (COLOURS.astype(np.uint32) * highest // 255).astype(kind).tobytes()
        header = f"\n# drawn\n96 64\n{highest}\n".encode()
        for content, expected in ((b"P5" + header + grey, GREY_PICTURE), (b"P6" + header + colours, smooth())):
            assert difference(result(content), expected) < 1.6
            assert result(content[:-1]) == "truncated"
    dark = b"P5\n96 64\n65535\n" + (GREY // 2).astype(">u2").tobytes()
    assert pixels(result(dark)).max() == 0  # the file says where white is
    plain = b"P3\n96 64\n255\n" + b" ".join(b"%d" % level for level in COLOURS.ravel())
    assert difference(result(plain), smooth()) == 0
    floats = b"Pf\n96 64\n-1.0\n" + (GREY[::-1] / 255).astype("<f4").tobytes()
    assert difference(result(floats), GREY_PICTURE) == 0
    assert difference(result(saved(smooth().convert("1"), "PPM")), smooth().convert("1").convert("RGB")) == 0
