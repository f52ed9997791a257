"""A run whose names, labels and columns hold HTML, Markdown, escape codes and formulas: nothing that is made of it obeys them."""

import io
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from mien.cli.app import app
from mien.config.params import load_params
from mien.core import paths
from mien.core.printable import one_line
from mien.pairs.writing import write_page
from mien.store.tables import FATES, read_table
from stages import report
from tests.report.fabricated import fabricate
from tests.report.fabricated.hostile import CONTROLS, FORMULAS, SOURCE, STRINGS, poison, texts_of
from tests.report.markup import Page
from tests.surroundings import run_here

ROOT = Path(__file__).parents[2]
OWN_TAGS = {
    "a",
    "body",
    "br",
    "button",
    "caption",
    "circle",
    "code",
    "dd",
    "desc",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
} | {
    *(
        "footer",
        "g",
        "h1",
        "h2",
        "h3",
        "h4",
        "head",
        "header",
        "html",
        "i",
        "image",
        "li",
        "line",
        "link",
        "main",
        "meta",
        "nav",
        "ol",
        "p",
    ),
    *("path", "rect", "script", "section", "small", "span", "strong", "style", "summary", "svg", "symbol", "table", "tbody", "td", "text"),
    *("tfoot", "th", "thead", "title", "tr", "ul", "use", "wbr", "b", "bdi"),
}


@pytest.fixture(scope="module", params=["original", "hashed"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """How files are called, the folder of the run, and the names of its files; the report is made, and the page of pairs too."""
    root = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("MIEN_TRACKING", "off")
        patch.delenv("DVC_ROOT", raising=False)
        fabricate(names=request.param, official=True)
        named = poison()
        report.main()
        write_page(load_params(), num=60, is_conflicts=False, out=Path("pairs") / "pairs.html")
        yield request.param, root, named


Run = tuple[str, Path, tuple[str, ...]]


def steering(text: str) -> set[str]:
    """Control characters and directional ones, as Unicode's own database classes them."""
    return {
        one
        for one in text
        if one not in "\n\t"
        and (unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") or "\u202a" <= one <= "\u202e" or "\u2066" <= one <= "\u2069")
    }


def test_pages_have_the_elements_that_they_always_have(run: Run) -> None:
    _, root, _ = run
    for path in [*(root / paths.REPORT).rglob("*.html"), root / "pairs" / "pairs.html"]:
        page = Page(path)
        assert not page.faults and len(page.all("script")) == 1 and not page.all("img", "iframe")
        assert {element.tag for element in page.elements} <= OWN_TAGS
        for element in page.elements:
            assert not [name for name in element.attributes if name.startswith("on")]
            assert not element.attributes.get("href", "").lower().startswith(("javascript:", "http"))
        assert not steering(path.read_text(encoding="utf-8"))


def test_pages_say_what_was_there(run: Run) -> None:
    _, root, _ = run
    slices = Page(root / paths.REPORT / "models" / "good.html").text
    for text in STRINGS:
        shown = " ".join(one_line(text).split()) if text not in FORMULAS[-3:] else text.strip()
        assert shown.replace("_", " ") in slices, text


class Rendered(HTMLParser):
    """What a reader of Markdown makes of a card: its elements, and the addresses that it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.num_cells: list[int] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src")}
        if tag == "tr":
            self.num_cells.append(0)
        self.num_cells[-1:] = [self.num_cells[-1] + 1] if tag in ("td", "th") else self.num_cells[-1:]

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(path: Path) -> tuple[dict[str, object], Rendered]:
    """The front matter and the rest of a card."""
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return YAML(typ="safe", pure=True).load(front), Rendered(reader.render(text))


def test_cards_have_the_elements_and_links_that_they_always_have(run: Run) -> None:
    names, root, _ = run
    own = {"h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "ul", "li", "em", "strong", "blockquote"}
    for path in (root / paths.REPORT / "cards").iterdir():
        front, card = rendered(path)
        assert card.tags <= own | {"a"} and card.addresses <= {"data-card.md"}, path
        text = path.read_text(encoding="utf-8")
        assert not steering(text) and not steering(str(front)) and "\t" not in text
        assert not re.search(r"<[a-zA-Z/!?]|\]\((?!data-card)", text.split("```")[0])
    front, card = rendered(root / paths.REPORT / "cards" / "data-card.md")
    shown = " ".join(card.text.split())
    for text in STRINGS:
        spaced = re.sub(r"[\n\r\t\u2028]+", " ", text)
        assert " ".join(one_line(spaced).split()) in shown, text
    if names == "original":
        assert front["pretty_name"] == "<script>alert(1)<\\x1b[31m> [x](javascript:y)|.zip" and str(front["pretty_name"]) in shown
    else:
        assert re.fullmatch("zip archive [0-9a-f]{12}", str(front["pretty_name"])) and str(front["pretty_name"]) in shown


def test_tables_for_people_hold_no_formula_and_no_control_character(run: Run) -> None:
    _, root, _ = run
    for path in [*(root / "metrics" / "evaluate").glob("*.slices.csv"), root / paths.DOUBTS / "queue.csv"]:
        text = path.read_text(encoding="utf-8")
        assert not steering(text) and "\t" not in text
        assert not re.search(r"(?:^|,)\"?[=+\-@\t\uff1d](?!\d+(?:\.\d+)?(?:,|$))", text, re.MULTILINE)


def test_no_path_of_the_machine_is_in_the_report(run: Run) -> None:
    _, root, _ = run
    for path, text in texts_of(root / paths.REPORT):
        assert not [part for part in ("anna.person", "/home", str(root), SOURCE.split("/")[1]) if part in text.replace("home=", "")], path


def test_hashed_names_leave_no_name_in_the_report(run: Run) -> None:
    names, root, named = run
    text = "".join(Page(path).text for path in (root / paths.REPORT).rglob("*.html"))
    text += "".join(rendered(path)[1].text for path in (root / paths.REPORT / "cards").iterdir())
    found = [path for path in named if any(one in text for one in (path, one_line(path), one_line(path).removeprefix("photos/")))]
    assert (len(found) > 20) == (names == "original") and bool(found) == (names == "original")
    assert "subject" not in text or not re.search(r"subject\d", text)


def test_the_terminal_gets_no_control_character(run: Run) -> None:
    _, root, _ = run
    fates = read_table(root / paths.FATES, FATES)
    everything = run_here(app, "where", "*", root=root)
    assert everything.code == 0 and len(everything.out.splitlines()) == len(fates)
    assert not steering(everything.out) and "\\x1b[31m" in everything.out and "\\u202e" in everything.out
    missing = run_here(app, "where", CONTROLS[0], root=root)
    assert missing.code == 2 and not steering(missing.err) and "\\x1b[31m" in missing.err


def test_yaml_reads_back_every_string() -> None:
    from huggingface_hub import CardData

    from mien.report.cards.rendering import yaml_front

    for text in STRINGS:
        front = yaml_front(CardData(pretty_name=text, list=[text]), comment="# nothing\n")
        found = YAML(typ="safe", pure=True).load(io.StringIO(front.split("---\n")[1]))
        assert not steering(front) and found["pretty_name"] == found["list"][0]
        assert unicodedata.normalize("NFC", found["pretty_name"]) in (text, one_line(text), text.replace("\t", "\\t")) or "\n" in text
