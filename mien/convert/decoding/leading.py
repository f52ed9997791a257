"""Removes text before an image, as left by faulty upload scripts: a line break, a byte order mark, a warning, or an HTTP header."""

import re

from mien.store.signatures import HEAD_BYTES, signature

_SPACE = b"\xef\xbb\xbf \t\r\n"
# Matches text that is followed by a JPEG or PNG. Documents that contain images are excluded by their own first characters.
_PICTURE_AFTER_TEXT = re.compile(rb"(?![%{])(?:\xef\xbb\xbf)?[\t\r\n -~]{1,4096}?(?=\xff\xd8\xff|\x89PNG\r\n\x1a\n)")


def without_leading_text(content: bytes) -> bytes:
    """Returns the content (which does not begin like an image) from the first byte of its image on; unchanged if there is no image."""
    stripped = content.lstrip(_SPACE) if content[:1] in (b"\xef", b" ", b"\t", b"\r", b"\n") else content
    if stripped is not content and signature(stripped[:HEAD_BYTES]):
        return stripped
    match = _PICTURE_AFTER_TEXT.match(content)
    return content[match.end() :] if match else content
