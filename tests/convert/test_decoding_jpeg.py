"""JPEG without its end mark, in parts, after text, and very large: whole pictures are kept, others are not."""

import struct

import numpy as np
import pytest
from PIL import Image

from mien.convert.decoding import Undecodable, decode
from tests.convert.pictures import difference, noisy, outcome, saved, smooth

WAYS: dict[str, dict[str, object]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 3},
    "restarts by row": {"restart_marker_rows": 1, "subsampling": 2},
}
TAILS = {
    "nothing": b"",
    "zeros": bytes(300),
    "ones": b"\xff" * 300,
    "text": b"a trailer of words, as some programs append it\r\n" * 8,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_without_its_end_mark_a_whole_picture_is_kept_and_a_cut_one_is_not(way: str, mode: str) -> None:
    for draw in (noisy, smooth):
        content = saved(draw(150, 100).convert(mode), "JPEG", quality=90, **WAYS[way])
        whole = outcome(content)
        for name, tail in TAILS.items():
            assert difference(outcome(content[:-2] + tail), whole) == 0, name
        assert difference(outcome(content[:-1]), whole) == 0
        generator = np.random.default_rng(7)
        tails = [*TAILS.values(), generator.integers(0, 255, 9000).astype(np.uint8).tobytes()]  # without marks
        for cut in (*range(len(content) // 3, len(content) - 30, len(content) // 9), len(content) - 12):
            for tail in tails:
                assert outcome(content[:cut] + tail) in ("truncated", "corrupt"), (cut, tail[:4])


def test_a_progressive_picture_without_its_last_scans_is_rejected() -> None:
    content = saved(noisy(150, 100), "JPEG", quality=90, progressive=True)
    scans = [at for at in range(len(content)) if content[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 5
    for cut in (*scans[1:], *range(scans[0] + 20, scans[-1], 97)):
        assert outcome(content[:cut] + b"\xff\xd9") in ("truncated", "corrupt")


def test_text_before_a_picture_is_passed_over() -> None:
    content = saved(smooth(), "JPEG", quality=95)
    warning = b"<br />\n<b>Warning</b>:  Undefined index in /var/www/upload.php on line 3<br />\n"
    for text in (b"\r\n", b"\n\n", b"\xef\xbb\xbf", warning, b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"):
        for picture in (content, saved(smooth(), "PNG")):
            assert difference(outcome(text + picture), outcome(picture)) == 0
    for text in (b"%PDF-1.7 ", b"\0\1\2", b"x" * 5000):
        assert outcome(text + content) == "not_an_image"


def test_a_very_large_jpeg_is_decoded_at_half_its_size() -> None:
    content = saved(smooth(250, 161), "JPEG", quality=95)
    decoded = decode(content, max_megapixels=0.02)
    assert decoded.image.size == (125, 81)
    assert difference(decoded.image, smooth(250, 161).resize((125, 81), Image.Resampling.BOX)) < 3
    assert decode(content, max_megapixels=0.1).image.size == (250, 161)
    exif = Image.Exif()
    exif[274] = 6
    assert decode(saved(smooth(250, 161), "JPEG", exif=exif), max_megapixels=0.02).image.size == (81, 125)


def test_bombs_stay_out() -> None:
    def reason(content: bytes) -> str:
        with pytest.raises(Undecodable) as caught:
            decode(content, max_megapixels=0.02)
        return caught.value.reason

    assert reason(saved(smooth(350, 250), "JPEG")) == "too_large"  # more than four times the limit
    assert reason(saved(smooth(250, 161), "JPEG", progressive=True)) == "too_large"  # all its coefficients are kept in memory
    assert reason(saved(smooth(250, 161), "PNG")) == "too_large"
    icon = bytearray(saved(smooth(64, 64), "ICO", sizes=[(64, 64)], bitmap_format="bmp"))
    (at,) = struct.unpack_from("<I", icon, 18)
    icon[at + 4 : at + 12] = struct.pack("<ii", 40_000, 80_000)
    assert reason(bytes(icon)) == "too_large"
    png = saved(smooth(250, 161), "PNG")
    assert reason(b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, len(png), 22) + png) == "too_large"
