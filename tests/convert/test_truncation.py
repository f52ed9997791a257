"""Pictures whose data do not end where they do are found out, and sound pictures of every kind are not suspected."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from benchmarks.attacks.damage import campaign, drawn
from mien.convert.decoding import Undecodable, decode
from mien.convert.truncation import SPARE_BYTES, JpegFile, webp_misfit
from tests.convert.pictures import noisy, saved, smooth


def misfit(content: bytes) -> tuple[str, str] | None:
    file = JpegFile(content)
    with Image.open(file) as image:
        return file.load(image)


def sound_pictures(side_px: int) -> list[Image.Image]:
    """Flat, smooth, grainy and hard ones, and one that is flat but for its middle."""
    generator = np.random.default_rng(side_px)
    flats = [Image.new("RGB", (side_px, side_px), (level,) * 3) for level in (0, 127, 128, 255)]
    hard = Image.fromarray((generator.integers(0, 2, (side_px, side_px, 3)) * 255).astype(np.uint8))
    island = Image.new("RGB", (side_px, side_px), "white")
    island.paste(noisy(side_px // 3 + 1, side_px // 3 + 1), (side_px // 3, side_px // 3))
    return [*flats, smooth(side_px, side_px), noisy(side_px, side_px), hard, island]


@pytest.mark.parametrize("side_px", [1, 8, 33, 120])
def test_sound_jpegs_are_not_suspected_with_and_without_end_mark(side_px: int) -> None:
    options = ({}, {"optimize": True}, {"progressive": True}, {"restart_marker_blocks": 3})
    for picture, mode, quality, option in itertools.product(sound_pictures(side_px), ("RGB", "L", "CMYK"), (30, 100), options):
        content = saved(picture.convert(mode), "JPEG", quality=quality, **option)
        assert misfit(content) is None and misfit(content[:-2]) is None


@pytest.mark.parametrize("side_px", [1, 16, 120])
def test_sound_webps_are_not_suspected(side_px: int) -> None:
    for picture, quality, option in itertools.product(
        sound_pictures(side_px), (5, 100), ({"method": 0}, {"method": 4}, {"lossless": True})
    ):
        content = saved(picture, "WEBP", quality=quality, **option)
        assert webp_misfit(content, picture) is None
        frames = saved(picture, "WEBP", quality=quality, save_all=True, append_images=[smooth(side_px, side_px, seed=9)], **option)
        assert webp_misfit(frames, picture) is None


def test_spare_bytes_before_the_end_mark_are_taken_up_to_a_bound() -> None:
    content = saved(noisy(), "JPEG", quality=90)
    for count in range(SPARE_BYTES + 1):
        assert misfit(content[:-2] + b"\x55" * count + content[-2:]) is None
    for count in (SPARE_BYTES + 16, 300):  # libjpeg reads a few bytes ahead
        assert misfit(content[:-2] + b"\x55" * count + content[-2:]) == ("corrupt", "the picture ends before its data")
    assert misfit(content[:-2] + b"\xff" * 400 + bytes(400) + content[-2:]) is None  # padding, of which no data can be made


def test_a_jpeg_without_its_end_mark_is_kept_only_whole() -> None:
    content = saved(noisy(), "JPEG", quality=90)
    with Image.open(io.BytesIO(content)) as image:
        assert decode(content[:-2], max_megapixels=1).image.tobytes() == image.tobytes()
    for missing in range(3, 40):
        with pytest.raises(Undecodable, match="end before the picture"):
            decode(content[:-missing], max_megapixels=1)


def test_a_scan_cut_short_in_the_middle_of_a_progressive_jpeg_is_found() -> None:
    content = saved(noisy(), "JPEG", progressive=True)
    scans = JpegFile(content)._layout.scans
    for begin, end in scans:
        if end - begin > 60:
            assert misfit(content[: (begin + end) // 2] + content[end:]) == ("truncated", "the picture data end before the picture")


def test_a_reduced_scale_changes_no_verdict() -> None:
    cornered = noisy(203, 101)
    cornered.paste((128, 128, 128), (100, 50, 203, 101))
    progressive = saved(noisy(203, 101), "JPEG", progressive=True)
    first_end = JpegFile(progressive)._layout.scans[0][1]
    for whole, damaged in (
        (content := saved(cornered, "JPEG", quality=90), content[:-600] + b"\xff\xd9"),
        (content := saved(noisy(203, 101), "JPEG"), content[:-600]),
        (progressive, progressive[: first_end - 40] + progressive[first_end:]),
    ):
        for content, expected in ((whole, None), (whole[:-2], None), (damaged, "truncated")):
            file = JpegFile(content)
            with Image.open(file) as image:
                image.draft("RGB", (25, 12))
                found = file.load(image)
            assert image.width < 203 and (found and found[0]) == expected


def test_damage_of_every_kind_is_found_in_most_drawn_pictures() -> None:
    """The campaign of benchmarks/attacks/damage.py, small. What H.265 makes of changed bytes shows in the pixels alone."""
    fates = campaign(list(drawn(22, size_px=96)), rounds=2, seed=1)
    stored = {(kind, name) for kind, name, outcome in fates if outcome == "stored"}
    assert not {name for _, name in stored} & {"zero_hole", "cut"}
    assert ("JPEG", "foreign_marker") not in stored and "PNG" not in {kind for kind, _ in stored}
    for kind, share in (("JPEG", 0.2), ("WEBP", 0.4)):  # of the changed bytes, those that put the code out of step
        rejected, kept = (fates[kind, "flipped_bytes", outcome] for outcome in ("rejected", "stored"))
        assert rejected > share * (rejected + kept)
