"""The cases after public problem reports that concern one picture each: what is kept, as which picture, and why the others are not."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.config.sections.convert import ConvertParams
from mien.convert.decoding import Undecodable, decode
from mien.ingest.sources.entry import Entry, read_entry
from mien.store.encoding import encode, reduced, stored_image

# Mean absolute difference in levels of a stored picture to the drawn one: what JPEG, HEVC and AV1 leave together.
NEARLY = 2.0

KEPT = "kept"
# Case, and what becomes of its files; those not named are kept.
OUTCOMES: dict[str, dict[str, str]] = {
    "01-png-large-text": {},
    "03-png-bad-ancillary-crc": {},
    "04-png-gama-only": {},
    "06-png-16bit": {},
    "07-12bit-in-16bit": {"sad/b.tif": "unsupported"},  # nothing in it says that it has 12 bits
    "08-png-trns": {},
    "09-apng": {},
    "10-png-cgbi": {"happy/a.png": "unsupported"},
    "11-hdr-pq": {},
    "12-heic-nclx-p3": {},
    "13-heic-exif-turn": {},
    "14-alpha": {},
    "15-heic-burst-primary": {},
    "16-heic-10bit": {},
    "17-heic-size-mismatch": {"happy/a.heic": "corrupt"},
    "18-avif-turn": {},
    "19-avif-animated": {},
    "20-jpeg-no-eoi": {},
    "21-jpeg-leading-bytes": {},
    "22-motion-photo": {},
    "23-mpo": {},
    "24-jpeg-exif-turn-thumb": {},
    "25-cmyk": {},
    "26-jpeg-rgb": {},
    "27-jpeg-progressive-cut": {"happy/a.jpg": "truncated"},
    "29-tiff-multipage": {},
    "30-tiff-16bit-rgb": {},
    "33-tiff-planar": {},
    "35-bmp32-zero-alpha": {},
    "36-pgm-ppm": {},
    "37-jp2-ico-tga-jxl-svg": {"happy/d.jxl": "unsupported", "happy/e.svg": "unsupported", "happy/f.pdf": "not an image"},
    "38-gif-webp-anim": {},
    "39-108mp": {},
    "41-not-photos": {
        "happy/.IMG_1.HEIC.icloud": "cloud placeholder",
        "happy/IMG_2.AAE": "not an image",
        "happy/IMG_2.MOV": "not an image",
        "happy/clip.heic": "not_an_image",
        "happy/empty.png": "empty",
        "happy/html.jpg": "not_an_image",
        "happy/lfs.jpg": "not_an_image",
    },
    "90-damaged": {
        "happy/m0_207_hole.heic": "corrupt",
        "happy/m1_128_ints.jpg": "corrupt",
        "happy/m1_359_flip.jpg": "corrupt",
        "happy/m2_289_ints.jpg": "corrupt",
        "happy/m2_469_hole.webp": "corrupt",
        "happy/m3_263_headflip.jpg": "corrupt",
    },
}


def outcome(path: Path, name: str) -> Image.Image | str:
    """The picture as convert stores it with its default parameters, or the reason why there is none."""
    params = ConvertParams()
    found = read_entry(Entry(name, lambda: path.open("rb")), max_bytes=2**30)
    if found.content is None:
        return str(found.ignored or found.error)
    try:
        decoded = decode(found.content, max_megapixels=params.max_megapixels)
    except Undecodable as error:
        return error.reason
    return stored_image(encode(reduced(decoded.image, max_side_px=params.max_side_px), jpeg_quality=params.jpeg_quality))


@pytest.mark.parametrize("case", OUTCOMES)
def test_each_file_of_a_case_ends_as_it_should(case: str, cases: Path) -> None:
    source = cases / case / "src"
    files = sorted(path for path in source.rglob("*") if path.is_file())
    names = [path.relative_to(source).as_posix() for path in files]
    assert files and set(OUTCOMES[case]) <= set(names)
    for path, name in zip(files, names, strict=True):
        shown = outcome(path, name)
        found = shown if isinstance(shown, str) else KEPT
        assert found == OUTCOMES[case].get(name, KEPT), name
        expected = cases / case / "expected" / f"{name.replace('/', '__')}.png"
        if not isinstance(shown, str) and expected.exists():
            with Image.open(expected) as drawn:
                right = np.asarray(drawn.convert("RGB")).astype(int)
            assert shown.size == drawn.size, name
            assert abs(np.asarray(shown).astype(int) - right).mean() < NEARLY, name
