import html
import re

import pytest
from markdown_it import MarkdownIt

from mien.core.markdown import Markdown, cell, code, escaped, markdown_table

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TEXTS = [
    *("<script>alert(1)</script>", "<!-- x", "&#60;b>", "R&D &lt;", "a <b", "< 0.001", "P(failed > right)", "> quoted"),
    *("[x](javascript:alert(1))|`**b**", "![x](y)", "[a]: https://x.y 'z'", "`` ` ``", "\\`x`", "*x*", "a**b**c", "_x_ a__b _", "~~a~~"),
    *("- x", "+ x", "1. x", "12) x", "# x", "#x", "---", "===", "* * *", "```x", "~~~", "a\\|b", "||", "\\", "$x$", "{{7*7}}", "Happy (1)"),
]


def test_columns_are_aligned_and_cells_are_those_given() -> None:
    lines = markdown_table(["model", "F1"], [["a", "0.5"], ["longer", "10.25"]])
    assert lines == ["| model  |    F1 |", "| ------ | ----: |", "| a      |   0.5 |", "| longer | 10.25 |"]
    assert markdown_table(["a", "b"], [["x", "y"]], num_left=2)[1] == "| --- | --- |"
    assert len(markdown_table(["only", "headings"], [])) == 2


@pytest.mark.parametrize("text", TEXTS)
def test_a_reader_of_markdown_shows_escaped_text_and_nothing_else(text: str) -> None:
    assert html.unescape(READER.render(escaped(text))) == f"<p>{text}</p>\n"
    shown = READER.render("\n".join(markdown_table(["a", "b"], [[cell(text), "z"]])))
    assert [html.unescape(one) for one in re.findall("<td[^>]*>(.*?)</td>", shown)] == [text, "z"]
    assert html.unescape(re.sub("</?code>", "", READER.render(code(text)))) == f"<p>{text}</p>\n"


@pytest.mark.parametrize(
    "text", ["happy", "train.weight_decay", "0.5", "−0.3 to +0.2", "-5 to 3", "Happy (1)", "überrascht", "怒り", "😀 a, b"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text and cell(text) == text


def test_what_is_markdown_already_is_not_escaped_again() -> None:
    assert escaped(escaped("<b>")) == escaped("<b>") == "&lt;b&gt;" and escaped(Markdown("*b*")) == "*b*"
    assert code("data/a.zip") == "`data/a.zip`" and "`" not in code("a|b") and code("a\nb") == "a b"
    assert escaped("a\n\n# b\x1b[31m\u202e") == r"a # b\\x1b\[31m\\u202e"
    assert "://" not in escaped("https://x.y") and "www." not in escaped("www.x.y"), "GitHub links bare addresses"
