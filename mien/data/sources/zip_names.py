"""Names in a zip archive, in whatever encoding its archiver wrote them.

A zip says of each name that it is UTF-8, or says nothing. Then it is what the archiver's system spoke: DOS code pages by the standard, in
practice also UTF-8 (macOS, Info-ZIP), GBK, Shift-JIS, Big5, EUC-KR or Windows' pages. One archiver wrote all names, so they are judged together.
"""

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence

_UTF8_FLAG, _UNICODE_PATH = 0x800, 0x7075
_KNOWN_ENOUGH = 0.5  # the least mean weight of a letter in the best encoding


def read_names(members: Sequence[zipfile.ZipInfo]) -> tuple[list[str], str | None]:
    """The members' names, with / between parts, and the encoding that was guessed for those that are not marked; None if none had to be."""
    marked = [member.orig_filename if member.flag_bits & _UTF8_FLAG else _unicode_path(member) for member in members]
    raw = [member.orig_filename.encode("cp437") for member, name in zip(members, marked, strict=True) if name is None]
    encoding = None if all(map(bytes.isascii, raw)) else guess_encoding([name for name in raw if not name.isascii()])
    names = [
        name if name is not None else member.orig_filename.encode("cp437").decode(encoding or "ascii")
        for member, name in zip(members, marked, strict=True)
    ]
    # Only now: 0x5C, the backslash of Windows, is also the second byte of letters in Shift-JIS, GBK and Big5.
    return [name.partition("\0")[0].replace("\\", "/") for name in names], encoding if encoding != "utf-8" else None


def guess_encoding(names: Sequence[bytes]) -> str:
    """The encoding in which these names, none of them ASCII alone, are most like words: UTF-8 if they are it, else the one whose letters are
    most common; cp437, which the standard names, if none is convincing."""
    if _decoded(names, "utf-8") is not None:
        return "utf-8"
    scores = {encoding: score(texts) for encoding, score in _SCORES.items() if (texts := _decoded(names, encoding)) is not None}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] >= _KNOWN_ENOUGH else "cp437"


def _decoded(names: Sequence[bytes], encoding: str) -> list[str] | None:
    try:
        return [name.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return None


def _unicode_path(member: zipfile.ZipInfo) -> str | None:
    """The name in Info-ZIP's extra field 0x7075, if it belongs to the name in the header (APPNOTE 4.6.9)."""
    at, extra = 0, member.extra
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if (
            kind == _UNICODE_PATH
            and len(field) > 5
            and struct.unpack_from("<I", field, 1)[0] == zlib.crc32(member.orig_filename.encode("cp437"))
        ):
            return field[5:].decode("utf-8", "replace")
        at += 4 + size
    return None


def _double_byte(encoding: str, first: tuple[int, int], scripts: tuple[str, ...] = ()) -> Callable[[list[str]], float]:
    """Scores texts in an Asian encoding: 1 for a letter of its own scripts, or of the rows that list the common ones; 0 for rare ideographs."""

    def weight(letter: str) -> float:
        name = unicodedata.name(letter, "")
        code = letter.encode(encoding, "replace")
        if name.startswith(scripts or ("-",)) or (len(code) == 2 and first[0] <= code[0] <= first[1]):
            return 1.0
        return 0.0 if "IDEOGRAPH" in name else -1.0

    return lambda texts: _mean([weight(letter) for text in texts for letter in text if not letter.isascii()])


def _alphabet(script: str) -> Callable[[list[str]], float]:
    """Scores texts in a European encoding: 1 for a small letter of its alphabet. Words in Latin letters are not made of accented ones alone."""

    def weight(letter: str) -> float:
        if not letter.isalpha() or not unicodedata.name(letter, "").startswith(script):
            return -1.0
        return 1.0 if letter.islower() else 0.6

    def score(texts: list[str]) -> float:
        foreign = [letter for text in texts for letter in text if not letter.isascii()]
        num_plain = sum(letter.isascii() and letter.isalpha() for text in texts for letter in text)
        return _mean(list(map(weight, foreign))) - (1.0 if script == "LATIN" and len(foreign) > num_plain else 0.0)

    return score


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


# In the order of preference where they score alike: Chinese is seldom made of the rows alone that hold Hangul in EUC-KR. The ranges are the
# first bytes of the rows of KS X 1001's Hangul, and of level 1 of GB 2312, JIS X 0208 and Big5.
_SCORES: dict[str, Callable[[list[str]], float]] = {
    "cp949": _double_byte("euc_kr", (0xB0, 0xC8)),
    "gb18030": _double_byte("gb2312", (0xB0, 0xD7)),
    "cp932": _double_byte("cp932", (0x88, 0x97), ("HIRAGANA", "KATAKANA")),
    "cp950": _double_byte("cp950", (0xA4, 0xC6)),
    "cp437": _alphabet("LATIN"),
    "cp850": _alphabet("LATIN"),
    "cp1252": _alphabet("LATIN"),
    "cp866": _alphabet("CYRILLIC"),
    "cp1251": _alphabet("CYRILLIC"),
}
