"""`mien pairs` as a user runs it, and which pairs it chooses."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mien.cli.app import app
from mien.config.sections.dedup import DedupParams
from mien.config.sections.labels import LabelParams
from mien.config.spelling import families
from mien.core import paths
from mien.pairs.choosing import is_outdated, labelled, nearest
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FILES, IMAGES, PAIRS, write_table
from tests.least import MODELS
from tests.report.fabricated.pictures import encoded, face
from tests.report.markup import Element, Page
from tests.surroundings import Outcome, run_here

ROOT = Path(__file__).parents[2]
DEFAULT = DedupParams().min_agreement
LABELS = {"a": "Happy", "b": "happy (2)", "c": "Sad", "d": "Fear", "e": None, "f": "Joy", "g": "<b>Zzz</b>"}
FAMILIES = families(label for label in LABELS.values() if label)
# path, other path, relation, correlation, agreement
ROWS = [
    ("a", "b", "near", 0.95, 0.99),
    ("a", "c", "near", 0.91, 0.91),
    ("a", "g", "near", 0.91, 0.94),
    ("b", "d", "mirrored", 0.97, 0.97),
    ("a", "d", "scene", 0.80, 0.60),
    ("a", "e", "scene", 0.80, 0.83),
    ("a", "f", "scene", 0.72, 0.92),
    ("b", "c", "scene", 0.80, 0.87),
]


def table(rows: list[tuple[Any, ...]] = ROWS) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["path", "other_path", "relation", "correlation", "agreement"])
    pairs = zip(frame["path"], frame["other_path"], strict=True)
    disputed = [
        None not in (one, other) and FAMILIES[str(one)] != FAMILIES[str(other)] for one, other in ((LABELS[a], LABELS[b]) for a, b in pairs)
    ]
    return frame.assign(sample_id=frame["path"].map(name), other_id=frame["other_path"].map(name), distance=4, disputed=disputed)


def name(path: str) -> str:
    return path.replace("g", "0") + "0" * 63


def mien(folder: Path, *arguments: str) -> Outcome:
    return run_here(app, "pairs", *arguments, root=folder)


def words(element: Element) -> str:
    return " ".join(element.all_text().split())


def shots(page: Page) -> dict[tuple[str, ...], str]:
    """The text of each pair on a page, by the paths in it."""
    found = {}
    for shot in page.all("li"):
        if shot.attributes.get("class") == "shot":
            files = [child for child in shot.children if child.attributes.get("class") == "file"]
            found[tuple(words(file) for file in files)] = words(shot)
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(
        f"labels: {{classes: [happy, sad, fear], aliases: {{happy: [joy]}}}}\n{MODELS}\n",
        encoding="utf-8",
    )
    files = pd.DataFrame({"path": list(LABELS), "label_raw": list(LABELS.values()), "sample_id": [name(path) for path in LABELS]})
    write_table(tmp_path / paths.FILES, files.reindex(columns=FILES.names), FILES)
    write_table(tmp_path / paths.PAIRS, table(), PAIRS)
    for digit in DIGITS:
        rows = [
            {**dict.fromkeys(IMAGES.names), "sample_id": name(path), "image": encoded(face(place), "JPEG")}
            for place, path in enumerate(LABELS)
            if name(path).startswith(digit)
        ]
        write_shard(tmp_path / paths.IMAGES, digit, pa.Table.from_pylist(rows, schema=IMAGES), IMAGES)
    return tmp_path


def test_every_pair_is_shown_by_relation_and_the_line_says_how_many(workspace: Path) -> None:
    done = mien(workspace)
    assert (done.code, done.err) == (0, "")
    assert done.out == "pairs: 3 near, 1 mirrored, 4 scene; all of them are in .mien/pairs.html\n"
    page = Page(workspace / ".mien/pairs.html")
    assert not page.faults and [section.attributes["id"] for section in page.all("section")] == ["near", "mirrored", "scene"]
    # The nearest to 0.84 first, or to 0.9 under different spellings.
    assert list(shots(page)) == [("a", "c"), ("a", "g"), ("a", "b"), ("b", "d"), ("a", "e"), ("a", "f"), ("b", "c"), ("a", "d")]
    first = shots(page)["a", "c"]
    assert "0.910" in first and "correlation 0.910" in first and "different labels" in first
    assert "different labels" not in shots(page)["a", "b"]
    assert [pair for pair, text in shots(page).items() if "correlation too low for a copy" in text] == [("a", "f")]


def test_the_page_is_complete_in_itself_and_shows_both_pictures(workspace: Path) -> None:
    mien(workspace)
    page = Page(workspace / ".mien/pairs.html")
    shown = [element.attributes["href"].removeprefix("#") for element in page.all("use")]
    symbols = {element.attributes["id"] for element in page.all("symbol")}
    assert len(shown) == 2 * len(ROWS) and set(shown) == symbols and len(symbols) == len(LABELS)
    assert all(image.attributes["href"].startswith("data:image/webp") for image in page.all("image"))
    assert "src" not in {key for element in page.elements for key in element.attributes}
    assert not page.all("b"), "labels are text"
    assert "<b>Zzz</b>" in shots(page)["a", "g"]


def test_of_a_mirrored_pair_the_second_is_shown_mirrored(workspace: Path) -> None:
    mien(workspace)
    page = Page(workspace / ".mien/pairs.html")
    flipped = [element for element in page.all("svg") if "flipped" in element.attributes.get("class", "")]
    assert [element.attributes["aria-label"] for element in flipped] == ["file d, label Fear, shown mirrored"]
    assert [pair for pair, text in shots(page).items() if "shown mirrored" in text] == [("b", "d")]
    assert ".flipped { transform: scaleX(-1); }" in page.all("style")[0].text


def test_each_relation_says_which_parameter_to_move_and_where(workspace: Path) -> None:
    mien(workspace)
    page = Page(workspace / ".mien/pairs.html")
    note = {
        section.attributes["id"]: next(child for child in section.children if child.attributes.get("class") == "note")
        for section in page.all("section")
    }
    for relation, verb in (("near", "raise"), ("mirrored", "raise"), ("scene", "lower")):
        assert note[relation].children[0].text == "dedup.min_agreement" and f"{verb}  (now {DEFAULT:g})" in note[relation].text
    assert "Under different labels, 0.9 is needed." in note["near"].all_text()
    assert "0.11 under different labels" in note["mirrored"].all_text() and "0.06 under different labels" in note["scene"].all_text()
    assert [code.text for code in note["scene"].children] == ["dedup.min_agreement", "dedup.min_correlation", "dedup.scene_correlation"]


def test_only_pairs_under_different_labels(workspace: Path) -> None:
    done = mien(workspace, "--conflicts", "--out", "here/page.html")
    assert done.out == "pairs under different labels: 2 near, 1 mirrored, 2 scene; all of them are in here/page.html\n"
    assert not (workspace / ".mien").exists()
    # Happy and happy (2), Joy (an alias) and Happy are one label; a file without label differs from none.
    assert set(shots(Page(workspace / "here/page.html"))) == {("a", "c"), ("a", "g"), ("b", "d"), ("a", "d"), ("b", "c")}


def test_no_conflicts_is_a_sentence(workspace: Path) -> None:
    write_table(workspace / paths.PAIRS, table(ROWS[:1]), PAIRS)
    done = mien(workspace, "--conflicts")
    assert (done.code, done.err) == (0, "")
    assert done.out == "pairs: no pair in data/pairs.parquet is under different labels, of 1 in all\n"
    assert not (workspace / ".mien").exists()


def test_no_pairs_is_a_sentence(workspace: Path) -> None:
    write_table(workspace / paths.PAIRS, table([]), PAIRS)
    done = mien(workspace)
    assert (done.code, done.err) == (0, "")
    assert done.out == "pairs: data/pairs.parquet has no pairs: no two different pictures look alike\n"
    assert not (workspace / ".mien").exists()


def test_a_missing_table_is_a_line_and_exit_code_2(workspace: Path) -> None:
    (workspace / paths.PAIRS).unlink()
    done = mien(workspace)
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: data/pairs.parquet is missing; run `dvc repro dedup` to make it (or `dvc pull` to fetch it)\n"


def test_fewer_are_the_nearest_of_each_relation(workspace: Path) -> None:
    done = mien(workspace, "--num", "4")
    assert done.out.endswith(f"; the 4 nearest to dedup.min_agreement ({DEFAULT:g}) are in .mien/pairs.html\n")
    page = Page(workspace / ".mien/pairs.html")
    assert list(shots(page)) == [("a", "c"), ("a", "g"), ("b", "d"), ("a", "e")]
    assert "The 2 that agree least are shown" in page.text
    assert mien(workspace, "--num", "0").code == 2


@pytest.mark.parametrize("num", [1, 3, 5, 9, 40, 100])
def test_relations_share_alike_and_leave_what_they_lack_to_others(num: int) -> None:
    sizes = {"near": 3, "mirrored": 0, "scene": 40}
    rows = [
        ("a", "b", relation, 0.9, 0.85 + (0.001 if relation == "near" else -0.001) * place)
        for relation, size in sizes.items()
        for place in range(size)
    ]
    chosen = nearest(table(rows), num=num, min_agreement=0.85)
    assert len(chosen) == min(num, 43)
    numbers = chosen["relation"].value_counts()
    assert numbers.get("near", 0) == min(3, (num + 1) // 2)
    for relation, own in chosen.groupby("relation"):
        others = table(rows)[lambda every, relation=relation: every["relation"] == relation]
        assert sorted((own["agreement"] - 0.85).abs()) == sorted((others["agreement"] - 0.85).abs())[: len(own)]


def test_a_pair_differs_only_if_both_labels_are_known() -> None:
    files = pd.DataFrame({"path": list(LABELS), "label_raw": list(LABELS.values())})
    params = LabelParams(classes=("happy", "sad", "fear"), aliases={"happy": ("joy",)})
    found = labelled(table(), files, params)
    assert dict(zip(zip(found["path"], found["other_path"], strict=True), found["differ"], strict=True)) == {
        ("a", "b"): False, ("a", "c"): True, ("a", "g"): True, ("b", "d"): True, ("a", "d"): True, ("a", "e"): False, ("a", "f"): False,
        ("b", "c"): True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "outdated"),
    [({}, False), ({"min_agreement": 0.87}, True), ({"min_agreement": 0.82}, True), ({"scene_correlation": 0.73}, True),
        ({"min_correlation": 0.71}, True), ({"min_agreement": 0.849}, False), ({"min_agreement": 0.851}, True)],
)  # fmt: skip
def test_a_table_of_other_parameters_is_noticed(change: dict[str, float], outdated: bool) -> None:
    assert is_outdated(table(), DedupParams(**change)) is outdated


def test_mirrored_pairs_need_more() -> None:
    mirrored = [("a", "b", "mirrored", 0.97, 0.93)]
    assert not is_outdated(table(mirrored), DedupParams(min_agreement=0.88))
    assert is_outdated(table(mirrored), DedupParams(min_agreement=0.89))


def test_pairs_under_different_spellings_need_more() -> None:
    for relation, least in (("near", 0.87), ("mirrored", 0.82)):
        disputed = [("b", "d", relation, 0.97, 0.93)]
        assert not is_outdated(table(disputed), DedupParams(min_agreement=least))
        assert is_outdated(table(disputed), DedupParams(min_agreement=least + 0.01))
    assert not is_outdated(table([("b", "d", "scene", 0.97, 0.93)]), DedupParams(min_agreement=0.88))


def test_a_page_of_other_parameters_says_so(workspace: Path) -> None:
    mien(workspace)
    assert "was made with other parameters" not in Page(workspace / ".mien/pairs.html").text
    with (workspace / "params.yaml").open("a", encoding="utf-8") as file:
        file.write("dedup: {min_agreement: 0.95}\n")
    mien(workspace)
    assert "was made with other parameters" in Page(workspace / ".mien/pairs.html").text


def test_the_same_tables_give_the_same_page(workspace: Path) -> None:
    mien(workspace)
    before = (workspace / ".mien/pairs.html").read_bytes()
    write_table(workspace / paths.PAIRS, table(ROWS[::-1]), PAIRS)
    mien(workspace)
    assert (workspace / ".mien/pairs.html").read_bytes() == before
