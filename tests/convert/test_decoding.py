"""Every format gives the same upright sRGB picture; what is damaged is rejected with a reason, never shown half."""

import io
import itertools
import struct
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from mien.convert.decoding import REASONS, Undecodable, decode
from tests.convert.pictures import difference, noisy, pixels, saved, smooth

LOSSLESS = [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("BMP", {}), ("WEBP", {"lossless": True})]
LOSSY = [
    ("JPEG", {"quality": 95}),
    ("JPEG", {"quality": 95, "progressive": True}),
    ("WEBP", {"quality": 95}),
    ("AVIF", {"quality": 95}),
    ("HEIF", {"quality": 95}),
]


def picture_of(content: bytes) -> Image.Image:
    decoded = decode(content, max_megapixels=100)
    assert decoded.image.mode == "RGB"
    return decoded.image


def reason_of(content: bytes, *, max_megapixels: float = 100) -> str:
    with pytest.raises(Undecodable) as caught:
        decode(content, max_megapixels=max_megapixels)
    assert caught.value.reason in REASONS and "0x" not in caught.value.detail
    return caught.value.reason


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_lossless_formats_give_the_very_pixels(kind: str, options: dict[str, object]) -> None:
    assert difference(picture_of(saved(noisy(), kind, **options)), noisy()) == 0


@pytest.mark.parametrize(("kind", "options"), LOSSY)
def test_lossy_formats_give_nearly_the_pixels(kind: str, options: dict[str, object]) -> None:
    decoded = decode(saved(smooth(), kind, **options), max_megapixels=1)
    assert difference(decoded.image, smooth()) < 4 and decoded.source_format == kind


# What each orientation does to the stored picture, written with arrays and so independently of Pillow.
SHOWN = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_orientation_is_applied_exactly_once(kind: str, orientation: int) -> None:
    stored = smooth()
    exif = Image.Exif()
    exif[274] = orientation
    options = {} if kind in ("PNG", "TIFF") else {"quality": 95}
    shown = Image.fromarray(np.ascontiguousarray(SHOWN[orientation](np.asarray(stored))))
    # As bytes: given the object, pillow-heif would write the tag but not the turn that HEIF goes by.
    assert difference(picture_of(saved(stored, kind, exif=exif.tobytes(), **options)), shown) < 4


def test_heic_without_turn_box_ignores_a_stale_exif_turn() -> None:
    """In HEIF the container's `irot` and `imir` count, and the tag is only a note (MIAF, ISO/IEC 23000-22)."""
    exif = Image.Exif()
    exif[274] = 6
    content = saved(smooth(), "HEIF", quality=95, exif=exif)
    assert b"irot" not in content
    assert difference(picture_of(content), smooth()) < 4


def test_orientation_in_broken_exif_loses_no_picture() -> None:
    for exif in (b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(3)):
        assert difference(picture_of(saved(smooth(), "JPEG", exif=exif, quality=95)), smooth()) < 4


def test_transparency_lies_over_white() -> None:
    rgba = smooth().convert("RGBA")
    rgba.putalpha(Image.linear_gradient("L").resize(rgba.size))
    expected = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    for kind, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        assert difference(picture_of(saved(rgba, kind, **options)), expected) < 0.6
    assert difference(picture_of(saved(rgba, "HEIF", quality=95)), expected) < 5
    grey = rgba.convert("LA")
    assert (
        difference(
            picture_of(saved(grey, "PNG")),
            Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), grey.convert("RGBA")).convert("RGB"),
        )
        < 0.6
    )


def test_palettes_and_their_transparent_colour() -> None:
    palette = smooth().quantize(16)
    assert difference(picture_of(saved(palette, "PNG")), palette.convert("RGB")) == 0
    assert difference(picture_of(saved(palette, "GIF")), palette.convert("RGB")) == 0
    index = palette.getpixel((0, 0))
    shown = pixels(picture_of(saved(palette, "PNG", transparency=index)))
    mask = np.asarray(palette) == index
    assert mask.any() and (shown[mask] == 255).all() and np.array_equal(shown[~mask], pixels(palette.convert("RGB"))[~mask])
    colour = smooth().getpixel((0, 0))
    assert picture_of(saved(smooth(), "PNG", transparency=colour)).getpixel((0, 0)) == (255, 255, 255)


def test_grey_of_any_depth() -> None:
    grey = smooth().convert("L")
    levels = np.asarray(grey)
    for deep in (
        Image.fromarray(levels.astype(np.uint16) * 257),
        Image.fromarray(levels.astype(np.int32) * 257),
        Image.fromarray(levels.astype(np.float32)),
        Image.fromarray(levels.astype(np.float32) / 255),
    ):
        assert difference(picture_of(saved(deep, "TIFF")), grey.convert("RGB")) == 0
    assert difference(picture_of(saved(Image.fromarray(levels.astype(np.uint16) * 257), "PNG")), grey.convert("RGB")) == 0
    assert difference(picture_of(saved(grey, "PNG")), grey.convert("RGB")) == 0
    black_white = grey.convert("1")
    assert difference(picture_of(saved(black_white, "PNG")), black_white.convert("RGB")) == 0


def test_cmyk_is_not_inverted() -> None:
    """Adobe's JPEGs store CMYK inverted; Pillow writes them so, too."""
    content = saved(smooth().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in content
    assert difference(picture_of(content), smooth()) < 4
    assert difference(picture_of(saved(smooth().convert("CMYK"), "TIFF")), smooth()) < 1


def wide_gamut_profile() -> bytes:
    """sRGB's profile with the colorants of red and green exchanged: an unmistakable change of colours."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {bytes(profile[i : i + 4]): i for i in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12)}
    first, second = at[b"rXYZ"] + 4, at[b"gXYZ"] + 4
    profile[first : first + 8], profile[second : second + 8] = profile[second : second + 8], profile[first : first + 8]
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_colour_profile_is_applied(kind: str) -> None:
    exchanged = Image.merge("RGB", [smooth().getchannel(band) for band in "GRB"])
    options = {} if kind in ("PNG", "TIFF") else {"quality": 95}
    content = saved(smooth(), kind, icc_profile=wide_gamut_profile(), **options)
    assert difference(picture_of(content), exchanged) < 5 < difference(picture_of(content), smooth())


def test_unusable_profiles_lose_no_picture() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (b"", b"garbage", srgb[:200], srgb):
        assert difference(picture_of(saved(smooth(), "PNG", icc_profile=profile)), smooth()) == 0
    assert difference(picture_of(saved(smooth().convert("CMYK"), "TIFF", icc_profile=srgb)), smooth()) < 1  # for other channels
    grey = smooth().convert("L")
    assert difference(picture_of(saved(grey, "PNG", icc_profile=wide_gamut_profile())), grey.convert("RGB")) < 40


def test_first_picture_of_many() -> None:
    frames = [smooth(seed=seed) for seed in range(3)]
    for kind, options in (("TIFF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("MPO", {"quality": 95})):
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert difference(picture_of(content), frames[0]) < 4
    palette = [frame.quantize(64) for frame in frames]
    assert difference(picture_of(saved(palette[0], "GIF", save_all=True, append_images=palette[1:])), palette[0].convert("RGB")) == 0
    content = saved(frames[0], "HEIF", save_all=True, append_images=frames[1:], primary_index=1, quality=95)
    assert difference(picture_of(content), frames[1]) < 4  # HEIF names its primary picture


def test_a_camera_raw_is_not_taken_for_its_preview() -> None:
    assert reason_of(saved(smooth(), "TIFF", tiffinfo={254: 1})) == "unsupported"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF", "JPEG2000", "PPM", "PCX", "TGA"])
def test_too_many_pixels_are_refused_by_the_header(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(smooth(120, 100), kind)
    assert reason_of(content, max_megapixels=0.0119) == "too_large"
    assert decode(content, max_megapixels=0.012).image.size == (120, 100)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("pixels were decoded"))
    assert reason_of(content, max_megapixels=0.0119) == "too_large"


def test_the_limit_is_ours_and_not_pillows() -> None:
    assert reason_of(saved(Image.new("1", (20_000, 20_000)), "PNG")) == "too_large"  # Pillow would raise DecompressionBombError


def test_what_is_no_image() -> None:
    assert reason_of(b"") == "empty"
    assert reason_of(b"just words, nothing to see") == "not_an_image"
    assert reason_of(bytes(1000)) == "not_an_image"
    assert reason_of(b"\x89PNG\r\n\x1a\n" + bytes(64)) == "corrupt"


ENCODED = {f"{kind} {' '.join(map(str, options))}": saved(noisy(), kind, **options) for kind, options in LOSSLESS + LOSSY}
ENCODED["GIF"] = saved(noisy().quantize(64), "GIF")
ENCODED["HEIF tiles"] = saved(noisy(256, 128), "HEIF", quality=90, tile_size=64)


@pytest.mark.parametrize("name", ENCODED)
def test_a_file_cut_anywhere_is_rejected_or_whole(name: str) -> None:
    content = ENCODED[name]
    whole, num_rejected = picture_of(content), 0
    cuts = sorted({*range(0, len(content), max(1, len(content) // 80)), *range(len(content) - 8, len(content))})
    for cut in cuts:
        try:
            shown = picture_of(content[:cut])
        except Undecodable:
            num_rejected += 1
            continue
        assert difference(shown, whole) == 0, f"cut at {cut} of {len(content)} bytes"
    assert num_rejected > 0.8 * len(cuts)


# Formats that store pixels as they are cannot tell zeros from black.
@pytest.mark.parametrize("name", [name for name in ENCODED if name not in ("BMP ", "TIFF ", "TIFF compression")])
def test_a_file_that_ends_in_zeros_is_rejected(name: str) -> None:
    content = ENCODED[name]
    for share in (0.3, 0.6, 0.9):
        kept = int(share * len(content))
        assert reason_of(content[:kept] + bytes(len(content) - kept)) in ("truncated", "corrupt")


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_cut_jpeg_with_an_end_mark_is_rejected_and_a_grey_corner_is_not(mode: str) -> None:
    content = saved(noisy().convert(mode), "JPEG", quality=90)
    for share in (0.5, 0.8, 0.95):
        assert reason_of(content[: int(share * len(content))] + b"\xff\xd9") == "truncated"
    cornered = noisy()
    cornered.paste((128, 128, 128), (48, 32, 96, 64))
    whole = saved(cornered.convert(mode), "JPEG", quality=90)
    assert picture_of(whole).size == (96, 64)
    assert picture_of(whole + b"trailing bytes, as phones add them").size == (96, 64)


def test_grey_pictures_are_not_taken_for_cut_ones() -> None:
    for mode, size, progressive in itertools.product(("RGB", "L"), ((64, 64), (50, 37)), (False, True)):
        flat = Image.new(mode, size, 128 if mode == "L" else (128, 128, 128))
        assert picture_of(saved(flat, "JPEG", progressive=progressive)).size == size


def test_random_damage_never_raises_anything_else() -> None:
    generator = np.random.default_rng(3)
    for content in ENCODED.values():
        for _ in range(12):
            damaged = np.frombuffer(content, np.uint8).copy()
            damaged[generator.integers(0, len(damaged), 6)] = generator.integers(0, 256, 6)
            with suppress(Undecodable):
                picture_of(damaged.tobytes())


def test_independent_reading_of_orientation_agrees() -> None:
    exif = Image.Exif()
    for orientation in SHOWN:
        exif[274] = orientation
        content = saved(noisy(), "PNG", exif=exif)
        with Image.open(io.BytesIO(content)) as image:
            assert difference(picture_of(content), ImageOps.exif_transpose(image)) == 0
