"""Compares label spellings: 'FEAR ', 'fears_2' and 'Fear' are one label, 'unhappy' is not 'happy', and 'AU1' is not 'AU12'.

A number may be a counter ('happy (1)', 'fears_2', '01_happy') or part of the label ('class001', 'AU12', '7'). These rules handle both:

1. First a spelling is compared with its digits. If it equals a class or an alias, ignoring case, spaces and punctuation, it has that class.
2. A number in parentheses at the end is a counter: 'class001 (2)' is looked up as 'class001'.
3. Any other number at the end or at the beginning is a counter only if the rest is a class or an alias, does not itself begin or end with a
   number, and no other class has a numbered spelling of the rest. So 'happy2' is happy. With the aliases AU1 and AU2, 'AU12' is unknown;
   'emotion_3' is unknown if emotion is an alias of neutral and emotion_1 an alias of happy.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

_COPY = re.compile(r"\s*\(\s*\d+\s*\)\s*$")
_END, _BEGINNING = re.compile(r"\s*\d+$"), re.compile(r"^\d+\s*")


def fold(text: str) -> str:
    """The spelling without case, spaces and punctuation, in Unicode NFKC: 'Happy (1)' gives 'happy1'."""
    return _words(text).replace(" ", "")


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _without_copy(text: str) -> str:
    return _COPY.sub("", unicodedata.normalize("NFKC", text))


def _without_number(text: str) -> list[str]:
    """The folded text without the number at its end, and without the number at its beginning; each only if a word remains."""
    words = _words(text)
    left = [pattern.sub("", words).replace(" ", "") for pattern in (_END, _BEGINNING) if pattern.search(words)]
    return [stem for stem in left if stem and not (stem[0].isdigit() or stem[-1].isdigit())]


class Spellings:
    """The classes and their aliases; looks up spellings by the rules of this module."""

    def __init__(self, classes: Iterable[str] = (), aliases: Mapping[str, Iterable[str]] | None = None) -> None:
        self._given = [(name, spelling) for name in classes for spelling in (name, *(aliases or {}).get(name, ()))]
        self._found: dict[str, str | None] = {}

    @cached_property
    def by_folded(self) -> dict[str, str]:
        """The class of every class name and alias, by folded spelling."""
        return {fold(spelling): name for name, spelling in self._given}

    @cached_property
    def words(self) -> list[str]:
        """Every class name and alias as lower-case words without punctuation: 'angry faces'."""
        return [_words(spelling) for _, spelling in self._given]

    @cached_property
    def _numbered(self) -> dict[str, set[str]]:
        """The classes that have a numbered spelling, by the spelling without the number."""
        found = defaultdict(set)
        for name, spelling in self._given:
            for stem in _without_number(spelling):
                found[stem].add(name)
        return found

    def class_of(self, text: str | None) -> str | None:
        """The class of a spelling, or None if it matches no class."""
        if text is None:
            return None
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def _look_up(self, text: str) -> str | None:
        if name := self.by_folded.get(fold(text)):
            return name
        uncounted = _without_copy(text)
        if uncounted != text and (name := self._unless_numbered(fold(uncounted))):
            return name
        return next((name for stem in _without_number(uncounted) if (name := self._unless_numbered(stem))), None)

    def _unless_numbered(self, stem: str) -> str | None:
        name = self.by_folded.get(stem)
        return name if name and self._numbered.get(stem, set()) <= {name} else None

    def is_counted(self, text: str | None) -> bool:
        """Whether a spelling matches a class only because its number was taken for a counter."""
        return text is not None and self.class_of(text) is not None and fold(text) not in self.by_folded


def families(spellings: Iterable[str]) -> dict[str, str]:
    """A name for each spelling, which is equal for spellings of the same label; for use where the classes are not known.

    Here a number is a counter if the spelling without it also occurs; a number in parentheses always is.
    """
    folded = {spelling: fold(_without_copy(spelling)) or fold(spelling) for spelling in spellings}
    there = set(folded.values())
    return {
        spelling: next((stem for stem in _without_number(_without_copy(spelling)) if stem in there), name)
        for spelling, name in folded.items()
    }
