"""The pages as text: whole, self-contained, escaped, and without anything that a run lacks."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from mien.config.params import load_params
from mien.report.page.site import index_page
from mien.report.run_facts import read_run
from stages import report
from tests.report.fabricated import HOSTILE, fabricate
from tests.report.markup import Page

PAGES = ("index.html", "models/good.html", "models/poor.html")
OTHERS = [("bare", "index.html"), ("bare", "models/only.html"), ("mixed", "index.html"), ("mixed", "models/pair.html")]


@pytest.fixture(scope="module", params=[("full", name) for name in PAGES] + OTHERS)
def page(request: pytest.FixtureRequest) -> Page:
    folder, name = request.param
    return Page(request.getfixturevalue(folder) / name)


def test_tags_close_in_the_order_they_were_opened(page: Page) -> None:
    assert not page.faults


def test_ids_are_unique_and_references_to_them_exist(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    ids = set(page.ids)
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(element.attributes.get(name, "").split()) <= ids
        if element.tag == "use":
            assert element.attributes["href"].removeprefix("#") in ids


def test_every_link_leads_somewhere(page: Page) -> None:
    for element in page.all("a"):
        file, _, place = element.attributes["href"].partition("#")
        target = page.path.parent / file if file else page.path
        assert target.is_file(), element.attributes["href"]
        assert element.all_text().strip()
        if place:
            assert place in Page(target).ids


def test_nothing_is_loaded_from_elsewhere(page: Page) -> None:
    for element in page.elements:
        assert "src" not in element.attributes and "srcset" not in element.attributes
        href = element.attributes.get("href", "")
        assert element.tag == "a" or href.startswith(("#", "data:")) or "href" not in element.attributes, href
    sheet = page.all("style")[0].text
    assert "url(" not in sheet and "@import" not in sheet
    assert "default-src 'none'" in [meta.attributes.get("content", "") for meta in page.all("meta")][-1]


def test_pictures_are_in_the_page_once_and_described_wherever_they_are_shown(page: Page) -> None:
    uris = [element.attributes["href"] for element in page.all("image")]
    assert len(uris) == len(set(uris))
    for element in page.all("svg"):
        if element.attributes.get("aria-hidden") != "true":
            named = element.attributes.get("aria-label") or element.attributes.get("aria-labelledby")
            assert element.attributes["role"] == "img" and named
    assert not page.all("img")


def test_landmarks_headings_and_tables(page: Page) -> None:
    assert [len(page.all(tag)) for tag in ("main", "h1", "header", "nav", "footer", "title")][:3] == [1, 1, 1]
    levels = [int(element.tag[1]) for element in page.all("h1", "h2", "h3", "h4") if element.within("main")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for section in page.all("section"):
        assert any(child.tag == "p" for child in section.children), "every section says what it shows"
    for table in page.all("table"):
        assert [child.tag for child in table.children][:2] == ["caption", "thead"]
    assert all(header.attributes.get("scope") for header in page.all("th"))


def test_rows_have_as_many_cells_as_headers(page: Page) -> None:
    for table in page.all("table"):
        width = {
            sum(int(cell.attributes.get("colspan", 1)) for cell in row.children)
            for part in table.children
            if part.tag in ("thead", "tbody", "tfoot")
            for row in part.children
        }
        assert len(width) == 1, (table.children[0].text, width)


def test_names_from_the_data_are_text_and_never_markup(full: Path) -> None:
    for name in PAGES:
        page = Page(full / name)
        assert len(page.all("script")) == 1 and "alert(" not in page.all("script")[0].text
        assert not page.all("i", "x", "angry") or all("style" in element.attributes for element in page.all("i"))
    assert HOSTILE not in Page(full / "index.html").text, "files are called by their contents"
    assert "Smile <i>" in Page(full / "index.html").text
    assert "source <x>" in Page(full / "models/good.html").text


def test_what_a_run_lacks_is_left_out(bare: Path, full: Path) -> None:
    def sections(path: Path) -> list[str]:
        return [element.attributes["id"] for element in Page(path).all("section")]

    everything, least = sections(full / "index.html"), sections(bare / "index.html")
    assert [name for name in everything if name not in least] == ["differences", "robustness", "doubts"]
    everything, least = sections(full / "models/good.html"), sections(bare / "models/only.html")
    assert [name for name in everything if name not in least] == [
        "seeds",
        "corruptions",
        "claims",
        "gallery",
        "mirrored",
        "epochs",
        "failures",
    ]
    assert "mirrored" not in sections(full / "models/poor.html")
    text = "".join(path.read_text() for path in bare.rglob("*.html"))
    assert not re.search(r"\b(nan|None|NaN|Undefined)\b", Page(bare / "index.html").text + Page(bare / "models/only.html").text)
    assert "undefined" not in text.replace("is undefined", "")


def test_figures_are_those_of_the_evaluation(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(full.parents[1])
    facts = read_run(load_params())
    text = Page(full / "index.html").text
    for model, evaluation in facts.evaluations.items():
        assert f"{evaluation['all']['macro_f1']:.3f}" in text
        own = Page(full / f"models/{model}.html").text
        assert f"{evaluation['clean']['macro_f1']:.3f}" in own
        for row in evaluation["all"]["per_class"].values():
            assert f"{row['recall']:.3f}" in own and f"{row['f1']:.3f}" in own
    found = len(facts.files)
    assert "Conserved:" in text and f" {found} files = " in text


def test_the_same_run_gives_the_same_bytes(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(full.parents[1])
    before = {path: path.read_bytes() for path in sorted(full.rglob("*.*"))}
    report.main()
    assert {path: path.read_bytes() for path in sorted(full.rglob("*.*"))} == before
    assert {path.name for path in before} == {"index.html", "good.html", "poor.html", "good.md", "poor.md", "data-card.md"}


def test_a_lost_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate()
    facts = read_run(load_params())
    facts.fates.drop(index=3, inplace=True)
    assert "Not conserved" in index_page(facts)


def test_an_ensemble_is_a_row_with_a_page_of_its_own_and_no_training(mixed: Path) -> None:
    index, own = Page(mixed / "index.html"), Page(mixed / "models" / "pair.html")
    linked = {element.attributes["href"] for element in index.all("a")}
    assert "models/pair.html" in linked and "cards/pair.md" not in linked and not (mixed / "cards" / "pair.md").exists()
    text = (mixed / "index.html").read_text()
    assert "trained, each tested once; also 1 ensemble and 2 exports" in text and "Evaluation of 2 models" in text
    assert "ensemble pair" in text and "poor, good" in text, "among the facts of the run"
    shown = (mixed / "models" / "pair.html").read_text()
    assert "An ensemble: the mean of the calibrated probabilities of poor, good. It was not trained." in shown
    assert {"metrics", "members", "confusion", "per-class", "calibration", "slices"} <= set(own.ids)
    assert not {"curves", "training", "claims", "failures", "gallery"} & set(own.ids)
    members = [element.attributes["href"] for element in own.all("a") if element.attributes["href"] in ("poor.html", "good.html")]
    assert {"poor.html", "good.html"} <= set(members)
    assert "members" not in Page(mixed / "models" / "good.html").ids


def test_an_export_is_a_row_with_a_page_of_its_own_beside_its_model(mixed: Path) -> None:
    index = Page(mixed / "index.html")
    linked = {element.attributes["href"] for element in index.all("a")}
    assert {"models/good_int8.html", "models/good_fp16.html"} <= linked and not (mixed / "cards" / "good_int8.md").exists()
    text = (mixed / "index.html").read_text()
    assert "export good_int8" in text and "good in int8" in text and "that of ONNX Runtime" in text
    shown = (mixed / "models" / "good_int8.html").read_text()
    assert "An export: good as an ONNX file in int8, run by ONNX Runtime. It was not trained by itself." in shown
    own = Page(mixed / "models" / "good_int8.html")
    assert {"metrics", "exports", "confusion", "per-class", "calibration", "slices"} <= set(own.ids)
    assert not {"curves", "training", "claims", "failures", "gallery", "members", "seeds"} & set(own.ids)
    assert "90.0 %" in shown.replace("\u202f", " ") and "the share of 30 test images" in shown.replace("\u202f", " ")
    for page in ("good", "good_fp16", "good_int8"):
        known = Page(mixed / "models" / f"{page}.html")
        assert "exports" in known.ids and {"good.html", "good_fp16.html", "good_int8.html"} <= {
            a.attributes["href"] for a in known.all("a")
        }
    assert not {"exports"} & {*Page(mixed / "models" / "poor.html").ids, *Page(mixed / "models" / "pair.html").ids}
