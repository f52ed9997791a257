"""Text before a picture, which a faulty upload script leaves: a line break, a byte order mark, a warning, a header of HTTP."""

import re

from mien.store.signatures import HEAD_BYTES, signature

_SPACE = b"\xef\xbb\xbf \t\r\n"
# A JPEG or PNG after nothing but text. Documents that hold pictures begin with a mark of their own.
_PICTURE_AFTER_TEXT = re.compile(rb"(?![%{])(?:\xef\xbb\xbf)?[\t\r\n -~]{1,4096}?(?=\xff\xd8\xff|\x89PNG\r\n\x1a\n)")


def without_leading_text(content: bytes) -> bytes:
    """The content, which has no picture's first bytes, from its picture on; as it is where none follows."""
    stripped = content.lstrip(_SPACE) if content[:1] in (b"\xef", b" ", b"\t", b"\r", b"\n") else content
    if stripped is not content and signature(stripped[:HEAD_BYTES]):
        return stripped
    match = _PICTURE_AFTER_TEXT.match(content)
    return content[match.end() :] if match else content
