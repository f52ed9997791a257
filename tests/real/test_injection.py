"""The archive of case 91: labels, names and columns that hold HTML, Markdown, escape codes and formulas, through the data stages."""

import re
import unicodedata
from pathlib import Path

import pytest

from mien.cli.where import where
from mien.config.params import load_params
from mien.core import paths
from mien.pairs.writing import write_page
from mien.store.tables import FILES, read_table
from stages import align, convert, dedup, ingest, sanitise, split
from tests.report.markup import Page

CASE = Path(__file__).parents[2].parent / "shared" / "cases" / "91-archives"
PARAMS = """
ingest: {{source: {case}/inj.zip, metadata: {case}/inj.metadata.csv}}
labels:
  aliases: {{angry: [anger, angry faces], fear: [fears], happy: [hapiness], sad: [sadness], surprise: [suprise, surprised]}}
  corrections: corrections.csv
models:
  tiny: {{backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy, input_px: 32}}
"""


@pytest.mark.skipif(not CASE.is_dir(), reason="the cases are not here")
def test_the_data_stages_show_hostile_names_and_obey_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    paths.PARAMS.write_text(PARAMS.format(case=CASE))
    Path("corrections.csv").write_text("sample_id,decision\n")
    Path("votes.csv").write_text("path\n")
    for stage in (ingest, convert, dedup, sanitise, align, split):
        stage.main()
    where("*")
    said = capsys.readouterr().out
    assert not [one for one in said if one != "\n" and unicodedata.category(one) in ("Cc", "Zl", "Zp")]
    assert "unknown label '\\x1b[31mred'" in said and "/\\x1b[31mred" in said and "<script>alert(9)<script>" in said
    write_page(load_params(), num=60, is_conflicts=False, out=Path("pairs.html"))
    page = Page(Path("pairs.html"))
    assert not page.faults and len(page.all("script")) == 1 and not page.all("img")
    assert re.search(r"<script>alert\(1\)<|onerror=alert", page.text)
    found = read_table(paths.FILES, FILES)
    for path in paths.METRICS.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in found["path"] if name.rsplit("/", 1)[-1] in text], "counts name no file"
        assert str(CASE) not in text and "\x1b" not in text and "subj" not in text.replace("subject", "")
