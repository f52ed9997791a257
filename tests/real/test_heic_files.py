"""Real HEIC, HEIF and AVIF files from phones and cameras, against what was found of each by hand (LISTING.csv)."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mien.convert.decoding import Undecodable, decode

# Files that a plain open and load takes without a word although pictures of them are missing, and the like.
EXPECTED_REASONS = {
    "truncated.heic": "truncated",
    "200MP.heic": "too_large",
    "empty.heic": "empty",
    "NullPointerException.HeifPictureHandler.processBox.heif": "truncated",
}


def listing(real_data: Path) -> list[dict[str, str]]:
    with (real_data / "heic" / "LISTING.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_decodes_or_is_rejected_as_listed(real_data: Path) -> None:
    rows = listing(real_data)
    assert len(rows) > 40
    wrong = []
    for row in rows:
        name = Path(row["path"]).name
        try:
            image = decode((real_data / "heic" / row["path"]).read_bytes(), max_megapixels=100).image
            outcome = f"{image.width}x{image.height}"
        except Undecodable as error:
            outcome = error.reason
        expected = EXPECTED_REASONS.get(name, row["size"] if row["decode"] == "ok" else None)
        fits = outcome == expected or (expected is None and outcome in ("corrupt", "truncated", "not_an_image"))
        if not fits:
            wrong.append((name, expected, outcome))
    assert not wrong


@pytest.mark.parametrize("name", ["IMG_1034.heic", "Issue 437 (dotnet).heic"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_phones_heic_cut_short_is_rejected(name: str, share: float, real_data: Path) -> None:
    """Its tiles come one after the other: libheif fills the missing ones with a flat colour and says nothing."""
    content = (real_data / "heic" / "metadata-extractor-images" / "heic" / name).read_bytes()
    with pytest.raises(Undecodable) as caught:
        decode(content[: int(share * len(content))], max_megapixels=100)
    assert caught.value.reason == "truncated"
    with pytest.raises(Undecodable) as caught:
        decode(content[: int(share * len(content))].ljust(len(content), b"\0"), max_megapixels=100)
    assert caught.value.reason == "truncated"


def test_ten_and_twelve_bits_give_the_picture_of_eight(real_data: Path) -> None:
    folder = real_data / "heic" / "pillow_heif" / "heif"

    def levels(name: str) -> np.ndarray:
        return np.asarray(decode((folder / name).read_bytes(), max_megapixels=1).image).astype(int)

    for kind in ("RGB", "L", "RGBA"):
        eight = levels(f"{kind}_8__128x128.heif")
        if kind != "L":
            eight = eight.swapaxes(0, 1)  # so its maker drew the gradients
        for bits in (10, 12):
            assert abs(levels(f"{kind}_{bits}__128x128.heif") - eight).mean() < 3, (kind, bits)
