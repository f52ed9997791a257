"""PNG: what stands beside the pixels costs no picture, and no memory."""

import resource
import zlib

import pytest
from PIL import Image, ImageCms

from mien.convert.decoding import Undecodable, decode
from mien.convert.decoding.png import read_png
from tests.convert.containers import chunk, with_chunks
from tests.convert.pictures import difference, saved, smooth

PLAIN = saved(smooth(), "PNG")
BOMB = zlib.compress(bytes(200 * 2**20), 9)


def shown(content: bytes) -> Image.Image:
    return decode(content, max_megapixels=1).image


BESIDE = {
    "zTXt": chunk(b"zTXt", b"workflow\0\0" + BOMB),
    "iTXt": chunk(b"iTXt", b"parameters\0\1\0\0\0" + BOMB),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB),
    "profile": chunk(b"iCCP", b"made up\0\0" + BOMB),
    "much text": b"".join(chunk(b"tEXt", b"part\0" + bytes(70_000)) for _ in range(1000)),
    "not text": chunk(b"tEXt", b"\xff\xfe\0\x80\x81"),
    "private": chunk(b"prVt", bytes(3 * 2**20)),
    "short gAMA": chunk(b"gAMA", b"\0"),
    "short cHRM": chunk(b"cHRM", b"\0"),
    "short tRNS": chunk(b"tRNS", b"\0"),
    "short pHYs": chunk(b"pHYs", b""),
    "profile of another method": chunk(b"iCCP", b"made up\0\7garbage"),
    **{
        f"checksum of {name}": chunk(name.encode(), bytes(9), sound=False)
        for name in ("pHYs", "tRNS", "gAMA", "eXIf", "tEXt", "prVt", "tIME")
    },
}


@pytest.mark.parametrize("name", BESIDE)
def test_chunks_beside_the_picture_cost_no_picture(name: str) -> None:
    for content in (with_chunks(PLAIN, BESIDE[name]), PLAIN[:-12] + BESIDE[name] + PLAIN[-12:]):
        assert difference(shown(content), smooth()) == 0


def test_bombs_are_not_unpacked() -> None:
    shown(PLAIN)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("zTXt", "iTXt", "XMP", "profile"):
        shown(with_chunks(PLAIN, BESIDE[name]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB; unpacked they would be 800 MiB


def test_a_large_profile_and_one_with_a_wrong_checksum_are_applied() -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {bytes(profile[i : i + 4]): int.from_bytes(profile[i + 4 : i + 8], "big") for i in range(132, 132 + 12 * profile[131], 12)}
    red, green = at[b"rXYZ"], at[b"gXYZ"]
    profile[red : red + 20], profile[green : green + 20] = profile[green : green + 20], profile[red : red + 20]
    odd = bytes(profile).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    expected = Image.merge("RGB", [smooth().getchannel(band) for band in "GRB"])
    for data, sound in ((odd + bytes(3 * 2**20), True), (odd, False)):
        content = with_chunks(PLAIN, chunk(b"iCCP", b"odd\0\0" + zlib.compress(data), sound=sound))
        assert difference(shown(content), expected) < 5


def test_an_orientation_in_long_xmp_is_found() -> None:
    xmp = b'<x tiff:Orientation="3"/>' + b" " * 2 * 2**20
    turned = smooth().transpose(Image.Transpose.ROTATE_180)
    for data in (b"XML:com.adobe.xmp\0\0\0\0\0" + xmp, b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)):
        assert difference(shown(with_chunks(PLAIN, chunk(b"iTXt", data))), turned) == 0


def test_the_file_is_copied_only_where_it_must_be() -> None:
    assert read_png(PLAIN).content is PLAIN
    assert len(read_png(with_chunks(PLAIN, BESIDE["much text"])).content) == len(PLAIN)


def test_apples_variant_is_named() -> None:
    with pytest.raises(Undecodable) as caught:
        shown(PLAIN[:8] + chunk(b"CgBI", b"\x50\0\x20\2") + PLAIN[8:])
    assert caught.value.reason == "unsupported" and "CgBI" in caught.value.detail


def test_damage_to_the_picture_itself_is_still_found() -> None:
    damaged = bytearray(with_chunks(PLAIN, BESIDE["checksum of pHYs"]))
    damaged[-40] ^= 1
    with pytest.raises(Undecodable) as caught:
        shown(bytes(damaged))
    assert caught.value.reason == "corrupt"
