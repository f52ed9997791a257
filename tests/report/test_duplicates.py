"""What the page says of duplicates and scenes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from mien.config.params import load_params
from mien.core import paths
from mien.report.page.index import duplicates
from mien.report.page.site import index_page
from mien.report.run_facts import read_run
from mien.store.tables import PAIRS, read_table
from tests.report.fabricated import fabricate
from tests.report.facts import make_params
from tests.report.markup import Element, Page

FILES = {
    # path: label, fate, reason, nearest twin
    "test/a": ("sad", "kept", "test", "train/b"),
    "train/b": ("sad", "leak", "in the test split", "test/a"),
    "train/c": ("sad", "leak", "in the test split", "train/b"),  # of the same group, but measured against b
    "x": ("Fear", "quarantined", "conflict", "y"),
    "y": ("fear", "quarantined", "conflict", "x"),
    "z": ("happy", "quarantined", "conflict", "y"),
}
Shown = Callable[..., Element]


def test_examples_are_the_pairs_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame(
        [(path, path.upper(), label, fate, reason, None, twin, "near", 0.9, 0.9) for path, (label, fate, reason, twin) in FILES.items()],
        columns=["path", "sample_id", "label_raw", "fate", "reason", "detail", "twin_path", "kind", "correlation", "agreement"],
    )
    counted = ("groups", "largest_group", "groups_in_train_and_test", "test_files_with_twin_in_train")
    facts: Any = SimpleNamespace(
        duplicates=table[["path", "sample_id", "twin_path", "kind", "correlation", "agreement"]],
        pairs=pd.DataFrame(columns=PAIRS.names),
        fates=table[["path", "fate", "reason", "detail"]],
        files=table[["path", "label_raw"]],
        counts={
            "dedup": {**dict.fromkeys((*counted, "scenes", "files_in_scenes", "largest_scene"), 2), "files_by_kind": {}},
            "sanitise": {"removed": {}, "kept": {}, "test_flags": {}, "near_copies_kept": 0},
            "split": {},
        },
        params=make_params("split: {method: official}\n"),
        called={path: path for path in FILES},
    )
    monkeypatch.setattr(duplicates, "stored_thumbnails", lambda *_: {})
    shown = duplicates.view(facts, sprites=duplicates.Sprites(budget_bytes=0))  # type: ignore[attr-defined]
    assert [[file["name"] for file in pair.files] for pair in shown["leaks"]] == [["test/a", "train/b"]]
    assert [{file["label"].lower() for file in pair.files} for pair in shown["conflicts"]] == [{"fear", "happy"}]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The section on duplicates of a run, with these changes of counts (by stage) and of parameters (by section)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)

    def section(
        *, official: bool = False, counts: dict[str, dict[str, Any]] | None = None, params: dict[str, dict[str, Any]] | None = None
    ) -> Element:
        fabricate(("only",), explained=False, doubted=False, official=official, names="original")
        facts = read_run(load_params())
        changed = {name: getattr(facts.params, name).model_copy(update=values) for name, values in (params or {}).items()}
        facts = replace(
            facts,
            params=facts.params.model_copy(update=changed),
            counts={stage: values | (counts or {}).get(stage, {}) for stage, values in facts.counts.items()},
        )
        (tmp_path / "page.html").write_text(index_page(facts), encoding="utf-8")
        page = Page(tmp_path / "page.html")
        assert not page.faults
        return next(element for element in page.all("section") if element.attributes["id"] == "duplicates")

    return section


def words(element: Element) -> str:
    return " ".join(element.all_text().split())


def found(element: Element, kind: str) -> list[Element]:
    own = [element] if kind in element.attributes.get("class", "").split() else []
    return own + [one for child in element.children for one in found(child, kind)]


def test_the_scenes_nearest_to_the_threshold_are_shown_with_their_labels(shown: Shown) -> None:
    section = shown()
    assert "4 scenes of several exposures hold 8 files, the largest 2." in words(section)
    examples = [shot for shot in found(section, "shot") if words(shot).startswith("scene:") or " scene: agreement" in words(shot)]
    pairs = read_table(paths.PAIRS, PAIRS)
    nearest = pairs[pairs["relation"] == "scene"].sort_values("agreement", ascending=False).head(3)
    assert len(examples) == 3
    for shot, pair in zip(examples, nearest.to_dict("records"), strict=True):
        assert f"agreement {pair['agreement']:.3f}, correlation 0.950" in words(shot) and words(shot).count("Smile <i>") == 2
        assert {label.removeprefix("file ").rpartition(",")[0] for label in labels(shot)} == {pair["path"], pair["other_path"]}


def labels(element: Element) -> list[str]:
    own = [element.attributes["aria-label"]] if "aria-label" in element.attributes else []
    return own + [one for child in element.children for one in labels(child)]


def test_copies_are_shown_by_agreement(shown: Shown) -> None:
    texts = [words(shot) for shot in found(shown(), "shot")]
    assert sum("near: agreement 0.912" in text for text in texts) == 1
    assert not any("exact:" in text or "bits apart" in text for text in texts)


def test_a_set_without_scenes_says_nothing_of_them(shown: Shown) -> None:
    headings = [child.text for child in shown(counts={"dedup": {"scenes": 0}}).children if child.tag == "h3"]
    assert "Pairs classified as the same picture" in headings and not any("Scenes" in heading for heading in headings)
    assert any("Scenes" in child.text for child in shown().children)


def test_what_the_split_does_with_scenes(shown: Shown) -> None:
    assert "The split keeps 8 images together with other images of the same scene." in words(shown())
    official = words(shown(official=True))
    assert "Images of one scene are kept together in either training or validation" in official
    assert "1 image of training and validation shows a scene of the test split." in official
    assert "They may be in several splits" in words(shown(params={"split": {"keep_together": "picture"}}))


def test_scenes_let_go_are_a_warning(shown: Shown) -> None:
    assert "could not be kept together" not in words(shown())
    (note,) = found(shown(counts={"split": {"scenes_let_go": {"scenes": 1, "images": 77}}}), "warn")
    (strong,) = [child for child in note.children if child.tag == "strong"]
    assert strong.text == "1 scene with 77 images could not be kept together"


def test_the_lead_says_which_copies_stay(shown: Shown) -> None:
    keeps, drops = "near and mirrored copies with the same label are all kept", "Of each group with the same label, one file is kept"
    kept = words(shown())
    assert keeps in kept and drops not in kept and "No group is in two splits" in kept
    dropped = words(shown(params={"labels": {"near_copies": "drop"}}))
    assert drops in dropped and keeps not in dropped
    assert "Neither training nor validation contains a picture of the test split" in words(shown(official=True))


def test_cautions_are_a_note_and_warnings_stand_out(shown: Shown) -> None:
    assert not found(shown(counts={"sanitise": {"removed": {}}}), "note")
    (note,) = found(shown(counts={"sanitise": {"removed": {}, "near_copies_kept": 12}}), "note")
    assert words(note).startswith("12 near copies under one label stay in the data") and "warn" not in note.attributes["class"]
    (note,) = found(shown(counts={"sanitise": {"removed": {"quarantined": {"conflict": 60}}}}), "warn")
    (strong,) = [child for paragraph in note.children for child in paragraph.children]
    assert strong.tag == "strong" and strong.text.startswith("Warning: 60 of 150 files") and strong.text.endswith("min_agreement.")
    assert [code.text for code in strong.children] == ["mien pairs"]
