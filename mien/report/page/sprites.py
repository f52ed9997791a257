"""The images of one page. Each image is embedded once, as a data URI inside an SVG symbol, even if the page shows it several times."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from mien.store.encoding import stored_image, stored_size_px
from mien.store.thumbnails import webp

STEPS = ((96, 72), (80, 66), (64, 60), (48, 55), (40, 45))
"""Longest side (pixels) and WebP quality; a page uses the first pair with which its images fit into the budget."""


@dataclass(frozen=True)
class Symbol:
    """An image as it is embedded in the page."""

    name: str
    uri: str
    width_px: int
    height_px: int


class Sprites:
    """Collects the images of a page and gives each one a name, by which templates refer to it."""

    def __init__(self, *, budget_bytes: int) -> None:
        self._names: dict[bytes, str] = {}
        self._budget_bytes = budget_bytes

    def add(self, content: bytes | None) -> str | None:
        """Add an encoded image, in any format that Pillow reads, and return its name; None if `content` is None."""
        if content is None:
            return None
        return self._names.setdefault(content, f"p{len(self._names)}")

    def add_from(self, pictures: Mapping[str, bytes], key: str | None) -> str | None:
        """Add the image `pictures[key]` and return its name; None if there is no such key."""
        return self.add(pictures.get(key)) if key else None

    def symbols(self) -> list[Symbol]:
        """Return every image once. As Base64 they fit into the budget together, unless they exceed it even at the smallest of STEPS."""
        found = [content if _is_webp(content) else _reduced(content, *STEPS[0]) for content in self._names]
        for side_px, quality in STEPS[1:]:
            if _num_characters(found) <= self._budget_bytes:
                break
            found = [_reduced(content, side_px, quality) for content in self._names]
        return [_symbol(name, content) for name, content in zip(self._names.values(), found, strict=True)]


def _symbol(name: str, content: bytes) -> Symbol:
    width_px, height_px = stored_size_px(content)
    return Symbol(name, f"data:image/webp;base64,{base64.b64encode(content).decode()}", width_px, height_px)


def _reduced(content: bytes, side_px: int, quality: int) -> bytes:
    return webp(stored_image(content), max_px=side_px, quality=quality)


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _num_characters(contents: list[bytes]) -> int:
    return sum((len(content) + 2) // 3 * 4 for content in contents)
