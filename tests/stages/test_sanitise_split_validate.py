"""The three stages on random tables: the files they write, the conservation law, the errors, and the same bytes again."""

import hashlib
import io
import json
import shutil
import socket
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pandas as pd
import pytest
import typer.testing

from mien.core import paths
from mien.core.errors import LabelError, ValidationFailed
from mien.store.tables import FATE_NAMES, FATES, FILES, LABELS, SPLIT_NAMES, SPLITS, read_table, write_table
from stages import sanitise, split, validate
from tests.random_tables import Tables
from tests.surroundings import run_stage_here

ROOT = Path(__file__).parents[2]
OUTPUTS = [
    paths.LABELS, paths.LABELS_REMOVED, paths.SPLITS, paths.FATES, paths.QUARANTINE,
    paths.counts("sanitise"), paths.counts("split"), paths.VALIDATION,
]  # fmt: skip

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the repository's params.yaml and no corrections."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copy(ROOT / "corrections.csv", tmp_path)
    return tmp_path


def set_params(**changes: str) -> None:
    """Replaces lines `key: …` of params.yaml."""
    text = paths.PARAMS.read_text(encoding="utf-8")
    for key, value in changes.items():
        lines = [f"{line[: line.index(key)]}{key}: {value}" if line.strip().startswith(f"{key}:") else line for line in text.splitlines()]
        assert lines != text.splitlines(), key
        text = "\n".join(lines) + "\n"
    paths.PARAMS.write_text(text, encoding="utf-8")


def run_all(tables: Tables, *, official: bool = False, validated: bool = True) -> None:
    """The three stages; without `validate`, which takes longer than the others, where a test speaks of what lies before it."""
    tables.write()
    sanitise.main()
    tables.write_faces(read_table(paths.LABELS, LABELS), official=official)
    split.main()
    if validated:
        validate.main()


@pytest.mark.parametrize("method", ["stratified", "official"])
@pytest.mark.parametrize("drop", ["[]", "[fear]"])
def test_every_file_has_one_fate_and_the_counts_add_up(method: str, drop: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_params(method=method, drop=drop)
    tables = Tables(500, seed=11, num_subjects=0 if method == "official" else 80)
    run_all(tables, official=method == "official")
    fates, splits = read_table(paths.FATES, FATES), read_table(paths.SPLITS, SPLITS)
    assert sorted(fates["path"]) == sorted(tables.files["path"]) and set(fates["fate"]) <= set(FATE_NAMES)
    assert set(fates.loc[fates["fate"] == "kept", "path"]) == set(splits["path"])
    quarantine = read_table(paths.QUARANTINE, FATES)
    assert quarantine.equals(fates[fates["fate"] == "quarantined"].reset_index(drop=True))
    assert {"sanitise", "align"} == set(quarantine["stage"])
    counts = json.loads(paths.counts("split").read_text())
    assert sum(counts["fates"].values()) == counts["files"] == 500
    assert all(sum(reasons.values()) == counts["fates"][fate] for fate, reasons in counts["reasons"].items())
    assert sum(part["all"] for part in counts["splits"].values()) == counts["fates"]["kept"]
    assert all(sum(part.values()) == 2 * part["all"] for part in counts["splits"].values())
    assert counts["test_clean"] + sum(counts["test_flags"].values()) == counts["splits"]["test"]["all"]
    assert (counts["fates"]["dropped class"] > 0) == (drop == "[fear]")
    assert (counts["fates"]["leak"] > 0) == (method == "official")
    verdicts = json.loads(paths.VALIDATION.read_text())
    assert verdicts["success"] and set(verdicts["suites"]) == {"files", "labels", "splits", "class shares", "fates"}
    said = capsys.readouterr().out
    assert "unknown label 'hapy'" in said and "closest class: happy" in said
    assert f"of 500 files {counts['fates']['kept']} kept" in said and "data_docs/index.html" in said
    assert (paths.DATA_DOCS / "index.html").is_file()


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_kept_and_dropped_near_copies_account_for_the_same_files(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file has one fate under both; kept near copies lie with their best in one split; an official test split and its leaks stay."""
    tables, found = Tables(500, seed=21, copies=0.4, test=0.1), {}
    set_params(method=method)
    for near_copies in ("keep", "drop"):
        set_params(near_copies=near_copies)
        run_all(tables, official=method == "official")
        fates, splits = read_table(paths.FATES, FATES), read_table(paths.SPLITS, SPLITS)
        assert sorted(fates["path"]) == sorted(tables.files["path"])
        assert splits["split"].groupby(splits["group_id"]).nunique().eq(1).all()
        counts = json.loads(paths.counts("sanitise").read_text())
        split_counts = json.loads(paths.counts("split").read_text())
        assert json.loads(paths.VALIDATION.read_text())["success"] and sum(split_counts["fates"].values()) == 500
        copies = splits.groupby("group_id")["path"].transform("size") > 1
        assert split_counts["kept_together"]["picture"] == copies.sum()
        found[near_copies] = (fates.set_index("path"), counts, split_counts)
        said = capsys.readouterr().out
        assert f"{counts['near_copies_kept']} near copies under one label stay in the data" in said or near_copies == "drop"
    keep, drop = found["keep"], found["drop"]
    assert keep[1]["near_copies_kept"] > 30 and drop[1]["near_copies_kept"] == 0
    assert keep[1]["conflicting_groups"] == drop[1]["conflicting_groups"] > 0 and keep[1]["test_flags"] == drop[1]["test_flags"]
    assert set(keep[2]["reasons"]["duplicate"]) == {"exact", "pixel"} and set(drop[2]["reasons"]["duplicate"]) > {"exact", "pixel"}
    for fate in ("leak", "ignored", "rejected", "dropped class"):
        assert keep[2]["fates"][fate] == drop[2]["fates"][fate], fate
    conflicts = [fates.index[fates["reason"] == "conflict"].tolist() for fates, _, _ in (keep, drop)]
    assert conflicts[0] == conflicts[1] != []
    back = keep[0].index[(keep[0]["fate"] != "duplicate") & (drop[0]["fate"] == "duplicate")]
    assert len(back) == keep[1]["near_copies_kept"] and set(keep[0].loc[back, "fate"]) <= {"kept", "quarantined"}
    pixels = tables.duplicates.set_index("path")["sample_id"].map(tables.sizes.set_index("sample_id")["pixel_sha256"])
    assert pixels[back].is_unique and {"near", "mirrored"} <= set(drop[0].loc[back, "reason"])
    assert not ((keep[0]["fate"] == "duplicate") & (drop[0]["fate"] != "duplicate")).any()


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_scenes_are_kept_together_or_only_pictures_and_the_stage_says_so(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_params(method=method)
    tables = Tables(500, seed=22, scenes=0.3, num_subjects=0)
    scene_of = tables.duplicates.set_index("path")["scene_id"]
    num_parted = {}
    for together in ("scene", "picture"):
        set_params(keep_together=together)
        run_all(tables, official=method == "official")
        splits, counts = read_table(paths.SPLITS, SPLITS), json.loads(paths.counts("split").read_text())
        own = splits[splits["split"] != "test"] if method == "official" else splits
        num_parted[together] = int((own["split"].groupby(own["path"].map(scene_of)).nunique() > 1).sum())
        assert counts["scenes_let_go"] == {"scenes": 0, "images": 0}
        of_test = splits["scene_id"].isin(splits.loc[splits["split"] == "test", "scene_id"]) & (splits["split"] != "test")
        assert counts["training_images_of_test_scenes"] == of_test.sum()
        assert (of_test.sum() > 0) == (method == "official" and together == "scene")
        pictures = splits.groupby("scene_id")["group_id"].transform("nunique")
        assert counts["kept_together"]["scene"] == (pictures > 1).sum() and counts["kept_together"]["subject"] == 0
        said = capsys.readouterr().out
        scenes = f"{counts['kept_together']['scene']} images that share a scene, " if together == "scene" else ""
        assert (
            f"kept in one split: {scenes}{counts['kept_together']['picture']} images that share a picture (keep_together: {together})"
            in said
        )
        assert "warning: " not in said.split("split: kept in one split")[1]
    assert num_parted["scene"] == 0 < num_parted["picture"]


def test_a_scene_of_most_of_the_images_is_let_go_and_told() -> None:
    tables = Tables(300, seed=23, scenes=1.0)
    run_all(tables, validated=False)
    said, counts = _split_again(), json.loads(paths.counts("split").read_text())
    num = counts["fates"]["kept"]
    assert counts["scenes_let_go"] == {"scenes": 1, "images": num} and counts["kept_together"]["scene"] == 0
    assert all(counts["splits"][name]["all"] > 20 for name in ("train", "val", "test"))
    assert f"split: warning: a scene of {num} of {num} images could not be kept together" in said
    assert all(key in said for key in ("ingest.subject", "ingest.metadata", "dedup.scene_correlation", "split.keep_together: picture"))
    set_params(max_train="60")
    assert f"split: warning: a scene of {num} of {num} images" in _split_again(), "counted before thinning"
    set_params(keep_together="picture")
    assert "warning" not in _split_again()


def test_all_scenes_are_let_go_and_told_where_a_class_could_not_be_spread() -> None:
    """All of sad stands in two scenes; three splits need three."""
    tables = Tables(400, seed=24, copies=0.0, scenes=0.0, conflicts=0.0)
    sad = tables.files.loc[tables.files["label_raw"] == "sad", "path"]
    its = tables.duplicates["path"].isin(sad)
    names = sorted(tables.duplicates.loc[its, "sample_id"])[:2]
    tables.duplicates.loc[its, "scene_id"] = [names[at % 2] for at in range(its.sum())]
    run_all(tables, validated=False)
    said, counts = _split_again(), json.loads(paths.counts("split").read_text())
    assert counts["scenes_let_go"]["scenes"] == 2 and counts["scenes_let_go"]["images"] == sum(
        part["sad"] for part in counts["splits"].values()
    )
    labels = read_table(paths.LABELS, LABELS)
    faceless = read_table(paths.FACES_REMOVED, FATES)["path"]
    largest = labels.loc[(labels["label"] == "sad") & ~labels["path"].isin(faceless), "scene_id"].value_counts().max()
    assert f"split: warning: 2 scenes, the largest of {largest}, of {len(labels) - len(faceless)} images could not be" in said
    assert min(part["sad"] for part in counts["splits"].values()) > 0


def _split_again() -> str:
    """What `split` says; the tables before it are there."""
    with redirect_stdout(io.StringIO()) as said:
        split.main()
    validate.main()
    return said.getvalue()


def test_the_official_test_split_stays_whole_and_training_does_not_know_its_pictures() -> None:
    set_params(method="official")
    tables = Tables(500, seed=12)
    run_all(tables, official=True, validated=False)
    splits = read_table(paths.SPLITS, SPLITS)
    files = read_table(paths.FILES, FILES).merge(tables.duplicates[["path", "group_id"]], on="path")
    known = ~files["label_raw"].isin(["hapy", "contempt"]) & files["label_raw"].notna()
    test = splits[splits["split"] == "test"]
    assert set(test["path"]) == set(files.loc[known & (files["subset_raw"] == "test"), "path"])
    assert not set(test["group_id"]) & set(splits.loc[splits["split"] != "test", "group_id"])
    fates = read_table(paths.FATES, FATES)
    leaked = files[files["path"].isin(fates.loc[fates["fate"] == "leak", "path"])]
    assert len(leaked) and set(leaked["group_id"]) <= set(test["group_id"])
    assert {"blank", "too_small", "no_face"} & set(test["flag"].dropna())


@pytest.mark.parametrize("named", ["val", "PublicTest"])
def test_with_official_validation_both_splits_stay_whole_and_training_knows_neither(named: str) -> None:
    """The source's validation images, or if it has none, FER2013's PublicTest; the latter are no test images then."""
    set_params(method="official", near_copies="keep", val="official")
    tables = Tables(600, seed=12)
    if named == "PublicTest":
        subset = tables.files["subset_raw"].where(tables.files["subset_raw"] != "val", None)
        public = (subset == "test") & (tables.files.index % 2 == 0)
        tables.files = tables.files.assign(subset_raw=subset, part=public.map({True: "PublicTest", False: None}))
    run_all(tables, official=True)
    splits = read_table(paths.SPLITS, SPLITS).merge(tables.files[["path", "subset_raw"]], on="path")
    held_out = {"val": ["val", None], "PublicTest": ["test", "PublicTest"]}[named]
    validating = splits[splits["split"] == "val"]
    assert len(validating) and set(validating["subset_raw"]) == {held_out[0]} and set(validating["part"]) == {held_out[1]}
    assert set(splits.loc[splits["split"] == "test", "subset_raw"]) == {"test"}
    assert validating["flag"].isna().all()
    groups = {name: set(splits.loc[splits["split"] == name, "group_id"]) for name in SPLIT_NAMES}
    assert not groups["train"] & groups["val"] and not groups["train"] & groups["test"] and not groups["val"] & groups["test"]
    fates = read_table(paths.FATES, FATES)
    leaked = fates[fates["fate"] == "leak"]
    assert set(leaked["reason"]) == {"in the test split", "in the validation split"}
    assert not set(leaked["path"]) & set(splits["path"])
    files = tables.files
    its = files["subset_raw"].eq("val") if named == "val" else files["part"].eq(named)
    known = set(files.loc[its & ~files["label_raw"].isin(["hapy", "contempt"]) & files["label_raw"].notna(), "path"])
    lost = fates[fates["path"].isin(known - set(validating["path"]))]
    allowed = {"leak", "rejected", "quarantined", "duplicate"} if named == "val" else {"leak", "rejected"}
    assert set(lost["fate"]) <= allowed, "PublicTest stays whole but for copies of test images"


def test_official_validation_needs_a_validation_split() -> None:
    set_params(method="official", val="official")
    tables = Tables(300, seed=12)
    tables.files = tables.files.assign(subset_raw=tables.files["subset_raw"].where(tables.files["subset_raw"] != "val", None))
    with pytest.raises(LabelError, match=r"split\.val: official needs.*set split\.val to a share"):
        run_all(tables, official=True, validated=False)


def test_the_same_tables_give_the_same_bytes_in_any_order_of_rows() -> None:
    def digests() -> list[str]:
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in OUTPUTS]

    tables = Tables(300, seed=13, num_subjects=40)
    run_all(tables)
    first = digests()
    tables.files = tables.files.sample(frac=1, random_state=0)
    tables.duplicates = tables.duplicates.sample(frac=1, random_state=1)
    run_all(tables)
    assert digests() == first


def test_a_failed_expectation_is_said_in_words_after_the_verdicts_were_written() -> None:
    run_all(Tables(300, seed=14), validated=False)
    splits = read_table(paths.SPLITS, SPLITS)
    first, second = (splits.index[splits["split"] == name][0] for name in ("train", "test"))
    splits.loc[first, "group_id"] = splits.loc[second, "group_id"]
    write_table(paths.SPLITS, splits, SPLITS)
    with pytest.raises(ValidationFailed) as caught:
        validate.main()
    said = str(caught.value)
    assert "1 of 48 expectations does not hold" in said
    assert f"splits: no duplicate group lies in two splits: 2 of {len(splits)} rows break it" in said
    assert splits["path"][first] in said and "dvc repro" in said
    verdicts = json.loads(paths.VALIDATION.read_text())
    assert not verdicts["success"] and not verdicts["suites"]["splits"]["success"] and verdicts["suites"]["files"]["success"]
    assert verdicts["suites"]["splits"]["expectations"]["no duplicate group lies in two splits"] is False
    assert (paths.DATA_DOCS / "index.html").is_file()


def test_a_failed_expectation_ends_the_command_with_code_2_and_no_traceback() -> None:
    set_params(share_tolerance="0.0")
    with pytest.raises(ValidationFailed, match=r"share of each class.*raise validate\.share_tolerance"):
        run_all(Tables(200, seed=15))
    ended = run_stage_here("validate", root=Path())
    assert ended.code == 2 and ended.err.startswith("error: ") and "Traceback" not in ended.err and ended.out == ""


def test_validating_uses_no_network_and_shows_no_progress_bars(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    run_all(Tables(200, seed=16))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("change", "stage", "parts"),
    [
        ({"on_unknown": "refuse"}, sanitise.main, ["labels.on_unknown", "'hapy'", "closest class: happy", "labels.aliases"]),
        ({"method": "official"}, sanitise.main, ["split.method: official", "split.method: stratified"]),
        ({"classes": "[angry, fear, happy, sad, surprise, contempt, neutral]"}, split.main, ["neutral has 0 images", "labels.drop"]),
    ],
)
def test_errors_name_key_and_remedy(change: dict[str, str], stage: Callable[[], None], parts: list[str]) -> None:
    tables = Tables(300, seed=17, test=0.0)
    run_all(tables, validated=False)
    set_params(**change)
    with pytest.raises(LabelError) as caught:
        stage()
    assert all(part in str(caught.value) for part in parts)


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_thinning_takes_out_training_images_only_and_accounts_for_them(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_params(method=method)
    tables = Tables(500, seed=18)
    run_all(tables, official=method == "official", validated=False)
    whole, whole_fates = read_table(paths.SPLITS, SPLITS), read_table(paths.FATES, FATES)
    assert "thinning" not in json.loads(paths.counts("split").read_text()) and "thinned" not in capsys.readouterr().out
    set_params(imbalance_factor="10.0", max_train="80")
    run_all(tables, official=method == "official")
    splits, fates = read_table(paths.SPLITS, SPLITS), read_table(paths.FATES, FATES)
    gone = fates[fates["fate"] == "thinned"]
    others = whole[~whole["path"].isin(gone["path"])].reset_index(drop=True)
    assert splits.equals(others), "what stays is as it was, of validation and test all"
    assert set(whole.loc[whole["path"].isin(gone["path"]), "split"]) == {"train"}
    assert fates[fates["fate"] != "thinned"].equals(whole_fates[~fates["path"].isin(gone["path"])])
    counts, training = json.loads(paths.counts("split").read_text()), splits[splits["split"] == "train"]["label"].value_counts()
    assert len(training) == 5 and training.sum() == counts["splits"]["train"]["all"] == counts["thinning"]["images_after"] == 80
    assert counts["fates"]["thinned"] == sum(counts["reasons"]["thinned"].values()) == len(gone)
    assert set(counts["reasons"]["thinned"]) == {"imbalance", "max_train"}
    assert counts["thinning"]["images_before"] == 80 + len(gone) == sum(counts["thinning"]["classes_before"].values())
    assert counts["thinning"]["imbalance_factor_after"] == round(training.max() / training.min(), 4) > 7
    assert json.loads(paths.VALIDATION.read_text())["success"]
    said = capsys.readouterr().out
    assert f"{len(gone)} thinned; training thinned from {80 + len(gone)} to 80 images, its imbalance factor from " in said


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"imbalance_factor": "1.01"}, ["split.imbalance_factor: 1.01", "already more uneven", "or more, or to 1 to thin nothing"]),
        ({"imbalance_factor": "1000.0"}, ["split.imbalance_factor: 1000", "at least 2 must stay", "at most"]),
        ({"max_train": "3"}, ["split.max_train: 3", "5 classes", "raise it to 5"]),
    ],
)
def test_thinning_that_cannot_be_had_ends_with_code_2_and_writes_nothing(change: dict[str, str], parts: list[str]) -> None:
    tables = Tables(300, seed=19)
    tables.write()
    sanitise.main()
    tables.write_faces(read_table(paths.LABELS, LABELS), official=False)
    set_params(**change)
    ended = run_stage_here("split", root=Path())
    assert ended.code == 2 and "Traceback" not in ended.err
    assert ended.err.startswith("error: ") and all(part in ended.err for part in parts)
    assert not paths.SPLITS.exists() and not paths.FATES.exists()


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_corrections_change_labels_leave_their_story_and_are_counted(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_params(method=method)
    tables = Tables(500, seed=20)
    run_all(tables, official=method == "official", validated=False)
    before = read_table(paths.SPLITS, SPLITS).set_index("path")
    test = before[before["split"] == "test"]
    training = before[(before["split"] == "train") & (before["label"] != "sad")]
    relabelled, dropped, kept, tested = training.index[0], training.index[1], training.index[2], test.index[0]
    plain = [json.loads(paths.counts(stage).read_text()) for stage in ("sanitise", "split")]
    assert set(plain[0]["corrections"].values()) == {0}
    lines = [f"{training['sample_id'].iloc[0]},sad", f"{training['sample_id'].iloc[1]},drop", f"{training['sample_id'].iloc[2][:12]},keep"]
    Path("corrections.csv").write_text(
        "\n".join(["sample_id,decision", *lines, f"{test['sample_id'].iloc[0]},drop", f"{'0' * 64},sad"]) + "\n"
    )
    capsys.readouterr()
    run_all(tables, official=method == "official")
    after, fates = read_table(paths.SPLITS, SPLITS).set_index("path"), read_table(paths.FATES, FATES).set_index("path")
    counts = json.loads(paths.counts("sanitise").read_text())["corrections"]
    official = method == "official"
    assert counts == {"relabelled": 1, "kept": 1, "dropped": 1 + (not official), "in_test": int(official), "unused": 1}
    assert after.at[relabelled, "label"] == "sad" and after.at[kept, "label"] == before.at[kept, "label"]
    assert tuple(fates.loc[dropped, ["fate", "stage", "reason"]]) == ("quarantined", "sanitise", "correction")
    assert (tested in after.index) == official
    assert sum(json.loads(paths.counts("split").read_text())["fates"].values()) == 500
    said = capsys.readouterr().out
    assert f"no usable image has the sample_id {'0' * 64}" in said
    assert ("official test split, whose labels stay" in said) == official


@pytest.mark.parametrize("stage", [sanitise, split, validate])
def test_help_says_what_is_read_and_written(stage: object) -> None:
    app = typer.Typer()
    app.command(help=stage.main.__doc__)(stage.main)  # type: ignore[attr-defined]
    said = typer.testing.CliRunner().invoke(app, ["--help"]).stdout
    assert "Reads data/raw/files.parquet" in said and "writes" in said


def test_a_class_emptied_upstream_is_told_by_its_cause() -> None:
    """All of happy stands twice, once under sad; sanitise warns and split says where it went, with the remedy of that cause."""
    tables = Tables(300, seed=25, copies=0.0, scenes=0.0, conflicts=0.0, unknown=0.0, broken=0.0, unfit=0.0, faceless=0.0)
    happy = tables.files[tables.files["label_raw"].isin(["happy", "Happiness "])]
    copies = happy.assign(path="copies/" + happy["path"], label_raw="sad")
    groups = tables.duplicates[tables.duplicates["path"].isin(happy["path"])]
    tables.files = pd.concat([tables.files, copies], ignore_index=True)
    tables.duplicates = pd.concat([tables.duplicates, groups.assign(path="copies/" + groups["path"])], ignore_index=True)
    tables.duplicates.loc[tables.duplicates["sample_id"].isin(happy["sample_id"]), "kind"] = "exact"
    num = int(happy["sample_id"].notna().sum())
    with redirect_stdout(io.StringIO()) as said, pytest.raises(LabelError) as caught:
        run_all(tables)
    cause = f"of its removed files, {num} are copies of one picture under different labels (conflict)"
    assert f"sanitise: warning: 0 images of happy: {cause}; look at them with `mien pairs --conflicts`" in said.getvalue()
    assert f"happy has 0 images; at least 3 are needed for train, val, test: {cause}" in str(caught.value)
    assert "dedup.min_agreement" in str(caught.value) and "labels.drop" in str(caught.value) and "add images" not in str(caught.value)


def test_numbers_taken_for_counters_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    run_all(Tables(300, seed=26), validated=False)
    assert (
        "sanitise: labels whose number is taken for a counter: 'fear_2' (fear); to make one a separate label, add it to labels.aliases"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("decided", [False, True])
def test_a_source_without_any_label_of_a_class_is_refused_unless_people_decided(decided: bool) -> None:
    tables = Tables(60, seed=27)
    tables.files.loc[tables.files["label_raw"].notna(), "label_raw"] = "AF01"
    name = tables.duplicates["sample_id"].iloc[0]
    Path("corrections.csv").write_text("sample_id,decision\n" + f"{name},happy\n" * decided)
    tables.write()
    if decided:
        sanitise.main()
        assert set(read_table(paths.LABELS, LABELS)["label"]) <= {"happy"}
        return
    with pytest.raises(LabelError, match=r"none of \d+ images has a label.*'AF01'.*ingest\.label.*ingest\.metadata"):
        sanitise.main()
