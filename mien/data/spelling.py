"""How label spellings are compared: 'FEAR ', 'fears_2' and 'Fear' are one spelling, 'unhappy' is not 'happy'."""

import re
import unicodedata


def fold(text: str) -> str:
    """The spelling without case, spaces, punctuation and trailing counters, in Unicode NFKC: 'Happy (1)' gives 'happy'."""
    letters = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
    return re.sub(r"\s*\d+$", "", letters).replace(" ", "") or letters.replace(" ", "")
