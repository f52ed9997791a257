"""The parts of the pages about further test sets."""

from pathlib import Path

import pytest

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json
from mien.report.page.formats import figure, signed
from mien.report.page.index import testsets as part
from mien.report.page.model import across
from mien.report.run_facts import read_run
from tests.report.fabricated import fabricate
from tests.report.markup import Page


def test_the_matrix_has_every_trained_model_and_every_test_set(mixed: Path) -> None:
    index, text = Page(mixed / "index.html"), (mixed / "index.html").read_text()
    assert "testsets" in index.ids and {"models/good.html#across", "models/poor.html#across"} <= {
        a.attributes["href"] for a in index.all("a")
    }
    for model in ("good", "poor"):
        for testset in ("web", "campus"):
            document = read_json(mixed.parents[1] / paths.crossevaluation(testset, model))
            assert figure(document["all"]["macro_f1"]) in text
            assert signed(document["against_own"]["difference"]["macro_f1"]["value"]) in text
    shown = text.partition('id="testsets"')[2].partition("</section>")[0]
    assert "contempt &lt;x&gt; (2)" in shown and "picture of the training split: 3" in shown
    assert "<td>sad</td>" in shown and "<td>none</td>" in shown, "classes that a data set lacks"
    assert "pair" not in shown and "good_int8" not in shown, "ensembles and exports are not tested there"
    assert "/secret" not in text


def test_the_page_of_a_model_compares_its_test_sets_with_its_own_test_split(mixed: Path) -> None:
    own, text = Page(mixed / "models" / "good.html"), (mixed / "models" / "good.html").read_text()
    assert "across" in own.ids and "across" not in Page(mixed / "models" / "pair.html").ids
    shown = text.partition('id="across"')[2].partition("</section>")[0]
    assert "choosing only among its classes" in shown and shown.count("Confusion matrix on") >= 2 and "sad (absent)" in shown
    document = read_json(mixed.parents[1] / paths.crossevaluation("campus", "good"))
    for value in (document["restricted"]["macro_f1"], document["calibration"]["after"]["ece"]):
        assert figure(value) in shown


def test_without_a_test_set_there_is_no_part_and_with_one_its_files_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fabricate(testsets=("web",), seeds=(42, 1))
    facts = read_run(load_params())
    view, one = part.view(facts), across.view(facts, model="good")
    assert view is not None and one is not None and one["seeds"].keys() == {"web"}
    assert [row["model"] for row in view["rows"]] == facts.trained
    counted = view["sets"][0]
    assert counted["images"] + counted["num_seen"] + counted["num_others"] == counted["files"]
    paths.crossevaluation("web", "poor").unlink()
    with pytest.raises(TableError, match=r"run `dvc repro crosseval@poor-web`"):
        read_run(load_params())
    fabricate()
    facts = read_run(load_params())
    assert part.view(facts) is None and across.view(facts, model="good") is None
