"""Text without the characters that steer what shows it."""

import sys
import unicodedata

from mien.core.printable import one_line, printable


def test_every_control_character_of_unicode_is_written_out() -> None:
    for number in range(sys.maxunicode + 1):
        one = chr(number)
        if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(one) in ("LRE", "RLE", "LRO", "RLO", "PDF"):
            assert one_line(one).isascii() and one_line(one).isprintable(), hex(number)
            assert one_line(one).encode("ascii").decode("unicode_escape") == one


def test_names_of_all_scripts_stay_as_they_are() -> None:
    for text in ("Happy (1)", "überrascht_2", "怒り", "שמח", "خوش\u200cحال", "👩\u200d🎤", "a\u00a0b", "C:\\\\x"):
        assert one_line(text) == printable(text) == text


def test_only_one_line_escapes_breaks() -> None:
    assert printable("a\n\tb\r") == "a\n\tb\\r" and one_line("a\n\tb\r") == "a\\n\\tb\\r"
