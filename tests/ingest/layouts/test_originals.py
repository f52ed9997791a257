"""Each published data set in its original layout: `mien check` names the commands, and with them every image has its label, split, person
and face.
"""

import json
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.check.summary import summary
from mien.config.params import load_params
from mien.config.preset import apply_preset
from mien.core import paths
from mien.store.encoding import stored_image
from mien.store.shards import read_store
from mien.store.tables import BLOBS, FACES, FATES, FILES, LABELS, read_table
from tests.ingest.layouts import originals
from tests.ingest.layouts.originals import COLOURS, EIGHT, SEVEN
from tests.surroundings import run_stage_here

ROOT = Path(__file__).parents[3]


def nothing(path: str) -> None:
    """What a data set without it gives for every path."""


@dataclass(frozen=True)
class Expected:
    """What one data set must give."""

    files: Callable[[], Mapping[str, bytes]]
    layout: str
    classes: tuple[str, ...]
    detector: str
    official: bool
    label: Callable[[str], str | None]
    """the label by path; None if the image leaves"""
    subset: Callable[[str], str | None] = nothing
    subject: Callable[[str], str | None] = nothing
    reasons: Mapping[str, int] = field(default_factory=dict)
    colour: str = ""
    """of the face in every cropped square, if the data set gives boxes"""


def raf_label(path: str) -> str | None:
    name = path.rpartition("/")[2].removesuffix(".jpg").removesuffix("_aligned")
    return originals.raf_names()[name]


def raf_split(path: str) -> str:
    return path.rpartition("/")[2].partition("_")[0]


def affectnet_label(path: str) -> str | None:
    code = int(path.split("/")[-2]) - 1
    return originals.AFFECTNET[code] if code < 8 else None


def npy_label(path: str) -> str | None:
    number = int(path.rpartition("/")[2].partition(".")[0])
    return originals.AFFECTNET[number] if number < 8 else None


def ck_label(path: str) -> str | None:
    clip, frame = path.rpartition("/")[2].removesuffix(".png").rsplit("_", 1)
    words = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
    if clip not in originals.CK_CODES or int(frame) in (2, 3):
        return None
    return "neutral" if int(frame) == 1 else words[originals.CK_CODES[clip]]


CODES = {"AF": "fear", "AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}

SETS = {
    "raf_db_aligned": Expected(originals.raf_db_aligned, "raf_db", SEVEN, "none", True, raf_label, raf_split),
    "raf_db_original": Expected(originals.raf_db_original, "raf_db", SEVEN, "given", True, raf_label, raf_split, colour="red"),
    "raf_db_folders": Expected(originals.raf_db_folders, "raf_db", SEVEN, "none", True, raf_label, raf_split),
    "affectnet_csv": Expected(
        originals.affectnet_csv,
        "affectnet_csv",
        EIGHT,
        "given",
        True,
        affectnet_label,
        lambda path: "train" if "/00" in path else "test",
        reasons={f"no expression: {word} (AffectNet)": 2 for word in ("none", "uncertain", "no face")},
        colour="green",
    ),
    "affectnet_npy": Expected(
        originals.affectnet_npy,
        "affectnet_npy",
        EIGHT,
        "none",
        True,
        npy_label,
        lambda path: "train" if path.startswith("train_set") else "test",
        reasons={"no expression: none (AffectNet)": 2},
    ),
    "ck_plus": Expected(
        originals.ck_plus,
        "ck_plus",
        EIGHT,
        "mtcnn",
        False,
        ck_label,
        subject=lambda path: path.split("/")[2],
        reasons={"sequence without a label (CK+)": 6, "frame between neutral and the height of the expression (CK+)": 14},
    ),
    "jaffe": Expected(
        originals.jaffe,
        "jaffe",
        SEVEN,
        "mtcnn",
        False,
        lambda path: CODES[path.rpartition("/")[2][3:5]],
        subject=lambda path: path.rpartition("/")[2][:2],
    ),
    "kdef": Expected(
        originals.kdef,
        "kdef",
        SEVEN,
        "mtcnn",
        False,
        lambda path: CODES[path.rpartition("/")[2][4:6]],
        subject=lambda path: path.rpartition("/")[2][1:4],
    ),
    "expw": Expected(
        originals.expw,
        "expw",
        SEVEN,
        "given",
        False,
        lambda path: originals.EXPW[int(path.rpartition("_")[2].partition(".")[0])],
        colour="red",
    ),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the committed params.yaml and its tables."""
    for name in ("params.yaml", "metadata.csv", "votes.csv", "corrections.csv"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_commands(text: str, *, with_choices: bool = False) -> None:
    """Does what the commands of `mien check` would do in a shell; those that begin with `if` are left to the user."""
    told = text.splitlines()
    for reason, command in pairwise(told):
        words = shlex.split(command) if command.strip().startswith("mien preset") else []
        if words and (with_choices or not reason.startswith("- if ")):
            settings = [words[at + 1] for at, word in enumerate(words) if word == "--set"]
            apply_preset(words[2] if words[2] != "--set" else "", settings=settings)


@pytest.mark.parametrize("name", SETS)
def test_from_the_archive_through_check_to_labelled_faces(name: str, root: Path) -> None:
    expected = SETS[name]
    originals.zipped(expected.files(), root / "set.zip")
    first = summary(load_params(), "set.zip")
    assert f"ingest.layout={expected.layout}" in first
    run_commands(first)
    apply_preset("", settings=["runtime.workers=1", "convert.max_side_px=160"])  # boxes shrink with the photographs
    params = load_params()
    assert params.ingest.source == "set.zip" and params.ingest.layout == expected.layout
    assert params.labels.classes == expected.classes and params.faces.detector == expected.detector
    assert params.split.method == ("official" if expected.official else "stratified")
    again = summary(params)
    assert "ingest.layout=" not in again and "mien preset photos" not in again
    assert "unknown label" not in again and "no label" not in again.replace("no label,", "")

    for stage in ("ingest", "convert", "dedup", "sanitise"):
        assert run_stage_here(stage, root=root).code == 0
    files = read_table(paths.FILES, FILES)
    images = files[files["sample_id"].notna()]
    assert len(images) and dict(zip(images["path"], images["label_raw"], strict=True)) == {
        path: expected.label(path.removeprefix("set.zip/")) for path in images["path"]
    }
    assert images["subset_raw"].tolist() == [expected.subset(path) for path in images["path"]]
    assert images["subject"].tolist() == [expected.subject(path) for path in images["path"]]
    left = files["ignored"].value_counts().drop("not an image", errors="ignore").to_dict()
    assert left == expected.reasons and files["error"].isna().all()
    labels = read_table(paths.LABELS, LABELS)
    assert set(labels["label"]) == set(expected.classes)
    assert len(labels) + len(read_table(paths.LABELS_REMOVED, FATES)) == len(images)
    for label, count in labels["label"].value_counts().items():
        assert f"{count}" in next(line for line in again.splitlines() if line.split()[:1] == [label])

    if expected.detector != "mtcnn":
        assert run_stage_here("align", root=root).code == 0
        faces = read_store(paths.FACES, FACES).to_pandas().set_index("sample_id")
        assert set(faces.index) == set(labels["sample_id"])
        for path, sample_id in zip(labels["path"], labels["sample_id"], strict=True):
            if expected.colour:
                levels = np.asarray(stored_image(faces.loc[sample_id, "image"])).astype(int)
                inner = levels[len(levels) // 4 : -len(levels) // 4, len(levels) // 4 : -len(levels) // 4]
                assert abs(inner - COLOURS[expected.colour]).max() < 40, path


def test_a_layout_of_another_source_is_told_and_the_command_removes_it(root: Path) -> None:
    originals.zipped({f"{label}/{seed}.jpg": originals.picture(seed) for seed, label in enumerate(("happy", "sad"))}, root / "photos.zip")
    apply_preset("", settings=['ingest.source="photos.zip"', "ingest.layout=expw", "faces.detector=given"])
    text = summary(load_params())
    assert "ingest.layout is expw, whose files the source does not have" in text and "splits by folder" in text
    run_commands(text)
    assert (load_params().ingest.layout, load_params().faces.detector) == ("", "mtcnn")
    assert "expw" not in summary(load_params())


def test_the_other_layout_of_another_source_is_offered_in_its_place(root: Path) -> None:
    originals.zipped(originals.jaffe(), root / "set.zip")
    apply_preset("", settings=['ingest.source="set.zip"', "ingest.layout=ck_plus"])
    run_commands(summary(load_params()))
    assert load_params().ingest.layout == "jaffe"


def test_given_without_boxes_is_refused_before_any_training(root: Path) -> None:
    originals.zipped(originals.jaffe(), root / "set.zip")
    apply_preset("", settings=['ingest.source="set.zip"', "ingest.layout=jaffe", "faces.detector=given"])
    for stage in ("ingest", "convert", "dedup", "sanitise"):
        assert run_stage_here(stage, root=root).code == 0
    outcome = run_stage_here("align", root=root)
    assert outcome.code == 2 and "faces.detector: given needs a data set that gives boxes of faces" in outcome.err


def test_ck_plus_says_clip_and_frame_and_kdef_the_angle(root: Path) -> None:
    found = {}
    for name in ("ck_plus", "kdef"):
        originals.zipped(SETS[name].files(), root / "set.zip")
        apply_preset("", settings=['ingest.source="set.zip"', f"ingest.layout={name}"])
        assert run_stage_here("ingest", root=root).code == 0
        files = read_table(paths.FILES, FILES)
        found |= {path.rpartition("/")[2]: json.loads(text) for path, text in zip(files["path"], files["metadata"], strict=True) if text}
    assert found["S005_001_00000006.png"] == {"sequence": "S005_001", "image": "6"}
    assert found["BF01SUHL.JPG"] == {"session": "B", "angle": "half left"}


def test_a_choice_of_kdef_leaves_full_profiles_out(root: Path) -> None:
    originals.zipped(originals.kdef(), root / "set.zip")
    text = summary(load_params(), "set.zip")
    assert "if you want to leave out the 42 full profiles" in text
    run_commands(text, with_choices=True)
    assert run_stage_here("ingest", root=root).code == 0
    files = read_table(paths.FILES, FILES)
    profiles = files["path"].str.contains("(?:FL|FR).JPG$", regex=True)
    assert (files["ignored"] == "left out by ingest.skip").equals(profiles) and files["sample_id"].isna().equals(profiles)
    assert "leave out" not in summary(load_params())


def test_of_both_forms_of_raf_db_the_aligned_faces_are_used_unless_they_are_skipped(root: Path) -> None:
    originals.zipped(originals.raf_db_aligned() | originals.raf_db_original(), root / "set.zip")
    apply_preset("", settings=['ingest.source="set.zip"', "ingest.layout=raf_db"])
    used = {}
    for skip in ("", "/aligned/"):
        apply_preset("", settings=[f"ingest.skip={json.dumps(skip)}"])
        assert run_stage_here("ingest", root=root).code == 0
        files = read_table(paths.FILES, FILES)
        used[skip] = files.loc[files["sample_id"].notna(), "path"]
        blobs = read_store(paths.RAW, BLOBS)["sample_id"].to_pylist()
        assert set(blobs) == set(files["sample_id"].dropna()), "what is left out is not stored"
    assert len(used[""]) == len(used["/aligned/"]) == 14
    assert used[""].str.contains("_aligned").all() and not used["/aligned/"].str.contains("_aligned").any()


def test_metadata_and_patterns_go_before_the_layout(root: Path) -> None:
    originals.zipped(originals.jaffe(), root / "set.zip")
    (root / "metadata.csv").write_text("path,subject,label,camera\njaffe/KA.AN1.30.tiff,someone,sad,X1\n")
    apply_preset("", settings=['ingest.source="set.zip"', "ingest.layout=jaffe", r'ingest.subject="(?P<subject>Y)M\\."'])
    assert run_stage_here("ingest", root=root).code == 0
    files = read_table(paths.FILES, FILES).set_index("path")
    row = files.loc["jaffe/KA.AN1.30.tiff"]
    assert (row["subject"], row["label_raw"], json.loads(row["metadata"])) == ("someone", "sad", {"camera": "X1"})
    assert files.loc["jaffe/YM.AN2.40.tiff", "subject"] == "Y" and files.loc["jaffe/KA.DI1.31.tiff", "subject"] == "KA"
    assert pd.isna(files.loc["jaffe/KA.DI1.31.tiff", "metadata"]) or json.loads(files.loc["jaffe/KA.DI1.31.tiff", "metadata"])
