"""benchmarks/printed against the text of the papers, which lies beside the repository."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.printed.report import REPORT
from benchmarks.printed.tables import CLASSES, FERPLUS, read_rows
from mien.sanitise.votes import decide


@pytest.fixture(scope="module")
def papers(real_data: Path) -> Path:
    """The folder with the text of the papers."""
    folder = real_data.parent / "papers"
    if not folder.is_dir():
        pytest.skip("the papers are not here")
    return folder


def test_every_row_of_the_seven_tables_is_in_the_file(papers: Path) -> None:
    text = (papers / "rebalanced_attention_consistency.txt").read_text(encoding="utf-8")
    printed = [re.findall(r"(?<=\t)\d+\.\d\d\b", line)[-9:] for line in text.splitlines() if len(re.findall(r"\t\d+\.\d\d\b", line)) >= 9]
    ours = [[*(row.recalls[name] for name in CLASSES), f"{row.overall:.2f}", f"{row.mean:.2f}"] for row in read_rows()]
    assert len(printed) == 51
    assert ours == printed


def test_the_classification_report_is_that_of_the_paper(papers: Path) -> None:
    text = (papers / "spatial_attention_efficientnet_b0.txt").read_text(encoding="utf-8")
    for name, row in REPORT.items():
        assert f"{name}\t{row.precision:.2f}\t{row.recall:.2f}\t{row.f1:.2f}\t{row.images}\n" in text


def test_the_test_images_of_ferplus_are_counted_from_its_votes(real_data: Path) -> None:
    with (real_data / "fer2013.ferplus.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = list(rows[0])[3:]
    counted = {"Training": Counter[str](), "PublicTest": Counter[str](), "PrivateTest": Counter[str]()}
    for row in rows:
        counted[row["usage"]].update([decide({label: int(row[label]) for label in labels}).label or "none"])
    assert {name: counted["PrivateTest"][name] for name in CLASSES} == FERPLUS
    assert sum(counted["Training"][name] for name in CLASSES) == 24_940  # docs/papers.md, figure 5
