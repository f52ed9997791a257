"""The Data Docs of Great Expectations show texts from the data as text."""

import re
from pathlib import Path

import pandas as pd

from mien.validate.expectations import check
from mien.validate.statements import Suite, one_of
from tests.report.fabricated.hostile import HTML


def test_tags_in_words_and_values_are_none_in_the_docs(tmp_path: Path) -> None:
    table = pd.DataFrame({"path": [f"{text}{k}" for k, text in enumerate(HTML)], "label": HTML})
    (verdict,) = check(
        [Suite("files", table, ["path"], [one_of("every label is <i>one</i>", "label", ["<u>a</u>", HTML[0]])])], docs=tmp_path / "docs"
    )
    assert not verdict.holds and f"{len(HTML) - 1} of {len(HTML)} rows break it" in verdict.observed, "a class with a tag is still found"
    assert HTML[1] in verdict.observed, "the terminal shows what is there"
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "docs").rglob("*.html")]
    assert any("lt;i>one" in page for page in pages)
    assert not [page for page in pages if re.search(r"<i>one|<u>a</u>|<script>alert\(|<img src=x|<iframe/src|<b>b", page)]
