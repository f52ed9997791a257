"""Kinds of files beside the usual ones: decoded to the very picture, or named in the reason; cut ones are rejected."""

import io
import struct
import warnings

import pytest
from PIL import Image, TiffImagePlugin

from mien.convert.decoding import Undecodable, decode
from mien.ingest.sources.junk import IMAGE_SUFFIXES, not_an_image_reason, system_file_reason
from tests.convert.pictures import difference, noisy, outcome, saved, smooth

DRAWN = {
    "PPM": (noisy(), saved(noisy(), "PPM")),
    "PGM": (noisy().convert("L"), saved(noisy().convert("L"), "PPM")),
    "PBM": (noisy().convert("1"), saved(noisy().convert("1"), "PPM")),
    "PCX": (noisy(), saved(noisy(), "PCX")),
    "PCX grey": (noisy().convert("L"), saved(noisy().convert("L"), "PCX")),
    "TGA": (noisy(), saved(noisy(), "TGA")),
    "TGA runs": (noisy(), saved(noisy(), "TGA", compression="tga_rle")),
    "TGA 1": (noisy(), saved(noisy(), "TGA")[:-26]),
    "TGA palette": (noisy().quantize(64), saved(noisy().quantize(64), "TGA")),
    "ICO": (noisy(64, 64), saved(noisy(64, 64), "ICO", sizes=[(16, 16), (64, 64)])),
    "ICO bitmap": (noisy(64, 64), saved(noisy(64, 64), "ICO", sizes=[(64, 64)], bitmap_format="bmp")),
    "JPEG 2000": (noisy(), saved(noisy(), "JPEG2000")),
    "JPEG 2000 codestream": (noisy(), saved(noisy(), "JPEG2000", no_jp2=True)),
    "JPEG 2000 grey": (noisy().convert("L"), saved(noisy().convert("L"), "JPEG2000")),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_very_pixels_and_nothing_of_a_cut_file(name: str) -> None:
    picture, content = DRAWN[name]
    assert difference(outcome(content), picture.convert("RGB")) == 0
    for cut in range(30, len(content) - 40, len(content) // 12):
        shown = outcome(content[:cut])
        assert shown in ("truncated", "corrupt", "not_an_image") or (name == "PCX grey" and difference(shown, picture.convert("RGB")) == 0)


def test_a_profile_in_jpeg_2000_is_read() -> None:
    from PIL import ImageCms

    from mien.convert.decoding.boxes import profile_of_jp2

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colr = struct.pack(">I4s", 11 + len(profile), b"colr") + b"\2\0\0" + profile
    content = b"\0\0\0\x0cjP  \r\n\x87\n" + struct.pack(">I4s", 8 + len(colr), b"jp2h") + colr
    assert profile_of_jp2(content) == profile and profile_of_jp2(saved(noisy(), "JPEG2000")) is None


def test_looking_for_the_kind_of_a_damaged_tiff_warns_of_nothing() -> None:
    content = saved(smooth(), "TIFF")
    at = content.index(struct.pack("<HH", 258, 3)) + 4  # BitsPerSample: as many as no file holds
    damaged = content[:at] + struct.pack("<I", 2**31 - 1) + content[at + 4 :]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert outcome(damaged) in ("corrupt", "truncated", "unsupported")
    assert not seen


@pytest.mark.parametrize("kind", ["BMP", "TGA"])
def test_an_alpha_channel_that_was_never_filled_is_none(kind: str) -> None:
    rgba = smooth().convert("RGBA")
    rgba.putalpha(0)
    assert difference(outcome(saved(rgba, kind)), smooth()) == 0
    rgba.putalpha(255)
    assert difference(outcome(saved(rgba, kind)), smooth()) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\x0a" + bytes(60), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "JPEG XL"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- " + b"made by hand " * 30 + b"-->\n<svg/>", "SVG"),
        (b"P7\nWIDTH 4\nHEIGHT 4\n", "PAM"),
        (b"PF\n4 4\n-1.0\n" + bytes(192), "PFM"),
        (b"gimp xcf v011\0" + bytes(60), "GIMP"),
        (b"v/1\1" + bytes(60), "OpenEXR"),
        (b"qoif" + bytes(60), "QOI"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(60), "camera raw"),
    ],
)
def test_what_is_not_decoded_is_named(content: bytes, words: str) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(content, max_megapixels=1)
    assert (caught.value.reason, caught.value.detail) == ("unsupported", words)


@pytest.mark.parametrize(
    "content",
    [
        b"P1 is the first participant of the study, P2 the second",
        b"<!DOCTYPE html><html><body><svg></svg></body></html>",
        b"<?xml version='1.0'?><plist/>",
        b"\0\0\1\0\x10\0 none of an icon's entries" + bytes(50),
        b"\0\0\2\0" + bytes(100),
    ],
)
def test_what_only_begins_alike_is_no_image(content: bytes) -> None:
    assert outcome(content) == "not_an_image"


def test_names_of_images_and_of_documents() -> None:
    for name in ("a.PGM", "b.ppm", "c.ico", "d.TGA", "e.pcx", "f.svg", "g.jxl", "h.j2k"):
        assert not_an_image_reason(name) is None
    assert {"pdf", "docx", "eps", "txt", "mov"}.isdisjoint(IMAGE_SUFFIXES)
    assert system_file_reason("happy/.IMG_1.HEIC.icloud") == "cloud placeholder"


def pages(*pages: tuple[Image.Image, int]) -> bytes:
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file, True) as writer:
        for image, kind in pages:
            image.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    return file.getvalue()


def test_the_first_page_at_full_resolution_is_taken() -> None:
    preview, mask = (smooth(24, 16), 1), (smooth().convert("L"), 4)
    assert difference(outcome(pages(preview, (smooth(), 0), (noisy(), 0))), smooth()) == 0
    assert difference(outcome(pages(preview, mask, (smooth(), 2))), smooth()) == 0
    assert outcome(pages(preview, preview)) == "unsupported"
    assert outcome(saved(smooth(), "TIFF", tiffinfo={50706: b"\1\4\0\0"})) == "unsupported"  # DNG
