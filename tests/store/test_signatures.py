"""The first bytes tell the kind, for every format that convert decodes, and a text that begins alike is none."""

import pytest

from mien.store.signatures import DECODABLE, HEAD_BYTES, signature
from tests.convert.pictures import saved, smooth


@pytest.mark.parametrize("kind", DECODABLE)
def test_every_decodable_format_is_known(kind: str) -> None:
    image = smooth().quantize(16) if kind == "GIF" else smooth()
    assert signature(saved(image, "JPEG2000" if kind == "JPEG 2000" else kind)[:HEAD_BYTES]) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypXXXX\0\0\0\0XXXXavif", "AVIF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", "camera raw"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42heic", None),  # a film; what follows its list of brands is no brand
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", None),
        (b"BMW, Audi and other makes of cars", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"%PDF-1.7", None),
        (b"", None),
        (b"\xff\xd8", None),
    ],
)
def test_others(head: bytes, kind: str | None) -> None:
    assert signature(head) == kind
