"""Decodes names in archives that do not state their encoding. The legacy code page is estimated from all names of an archive together.

The code page with the shortest description length is chosen: in the right code page the names consist of common letters of its
language, in a wrong one of rare ideographs and symbols. The names are too few and too short for a general detector
(charset-normalizer assigns 高兴 and 悲伤 to other languages).
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from mien.ingest.sources.common_letters import JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL
from mien.ingest.sources.notices import notice

# The common letters of East Asian code pages, and the script of all others. Of equally good code pages the first is used.
_EAST_ASIAN = {"gbk": SIMPLIFIED, "cp932": JAPANESE, "cp950": TRADITIONAL, "cp949": KOREAN}
_SCRIPTS = {
    **dict.fromkeys(("cp437", "cp850", "cp1252", "cp852", "cp1250", "cp857", "cp1254", "cp775"), "LATIN"),
    **dict.fromkeys(("cp866", "cp1251", "koi8-r"), "CYRILLIC"),
    **dict.fromkeys(("cp737", "cp1253"), "GREEK"),
    **dict.fromkeys(("cp862", "cp1255"), "HEBREW"),
    **dict.fromkeys(("cp720", "cp1256"), "ARABIC"),
    "cp874": "THAI",
}
_SHOWN = {"gbk": "GBK (Chinese)", "cp932": "Shift-JIS (Japanese)", "cp950": "Big5 (Chinese)", "cp949": "EUC-KR (Korean)"}
_WESTERN = frozenset("äöüßéèêëàâáçñíóúìòùîôûåæøãõ")


def readable(names: Sequence[bytes], *, archive: str) -> list[str]:
    """Decodes the names that an archive does not mark as Unicode. One program is assumed to have written all of them.

    If the encoding had to be guessed, a notice names it.
    """
    foreign = sorted({name for name in names if not name.isascii()})
    if not foreign or _decodes(foreign, "utf-8"):
        return [name.decode("utf-8") for name in names]
    encoding = best_encoding(foreign)
    examples = ", ".join(name.decode(encoding, "backslashreplace").replace("\\", "/") for name in foreign[:2])
    notice(
        f"{len(foreign)} names in {archive} are not marked as Unicode and were read as {_SHOWN.get(encoding, encoding)}, "
        f"such as {examples}; if that is wrong, unpack the archive yourself"
    )
    return [name.decode(encoding, "backslashreplace") for name in names]


def best_encoding(raw_names: Sequence[bytes]) -> str:
    """The code page in which the names are the most plausible text. Each name must contain a character outside ASCII."""
    words = sorted({part for raw in raw_names for part in raw.split(b"/") if not part.isascii()})[:2000]
    candidates = [encoding for encoding in (*_EAST_ASIAN, *_SCRIPTS) if _decodes(raw_names, encoding)]
    return min(candidates, key=lambda encoding: sum(_bits(word.decode(encoding), encoding) for word in words), default="cp437")


def _decodes(raw_names: Sequence[bytes], encoding: str) -> bool:
    try:
        for raw in raw_names:
            raw.decode(encoding)
    except UnicodeError:
        return False
    return True


def _bits(word: str, encoding: str) -> float:
    """The approximate number of bits of the word in a code that is optimal for the language of `encoding`."""
    cost = _letter_bits if encoding in _SCRIPTS else _ideograph_bits
    latin = _SCRIPTS.get(encoding) == "LATIN"
    bits = sum(4.5 if character.isascii() else cost(character, encoding) for character in word)
    for first, second in pairwise(word):
        if first.islower() and second.isupper() and not (first.isascii() and second.isascii()):
            bits += 6  # a capital inside a word: Cyrillic text in the wrong Cyrillic code page
        if first.isupper() and second.isupper():
            bits -= 1.5  # a word all in capitals
        if not latin and first.isascii() != second.isascii() and (first if first.isascii() else second).isalpha():
            bits += 3 if encoding in _EAST_ASIAN else 8  # a Latin letter may be an ideograph's second byte; else two scripts in one word
    return bits


@lru_cache(maxsize=4096)
def _letter_bits(character: str, encoding: str) -> float:
    script = _SCRIPTS[encoding]
    if not unicodedata.name(character, "").startswith(script) or (unicodedata.category(character) == "Lo" and script == "LATIN"):
        return 15  # a symbol, a box-drawing character or another script
    if script != "LATIN":
        return 5.5 if character.islower() or character.lower() == character else 7
    return (7 if character.lower() in _WESTERN else 9) + 2 * character.isupper()


@lru_cache(maxsize=16384)
def _ideograph_bits(character: str, encoding: str) -> float:
    if character in _EAST_ASIAN[encoding]:
        return 7.5
    raw = character.encode(encoding)
    lead = raw[0]
    name = unicodedata.name(character, "")
    if encoding == "cp932":
        if name.startswith(("HIRAGANA", "KATAKANA")):
            return 6.5
        return 13 if len(raw) == 1 else 12 if 0x88 <= lead <= 0x97 else 17
    if encoding == "cp949":
        return 10.5 if name.startswith("HANGUL") and raw[-1] >= 0xA1 and lead >= 0xB0 else 18
    if encoding == "cp950":
        return 12 if 0xA4 <= lead <= 0xC6 else 17
    return 12 if 0xB0 <= lead <= 0xD7 and raw[-1] >= 0xA1 else 17
