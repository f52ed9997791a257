"""Damaged and incomplete copies of published data sets end in one line that names the file, the fault and the remedy."""

import io
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.ingest.blobs import BlobSpool
from mien.ingest.facts import read_facts
from mien.ingest.layouts import Reading
from mien.ingest.reading import read_source
from tests.ingest.layouts import originals
from tests.ingest.layouts.originals import npy

Files = dict[str, bytes]
Damage = Callable[[Files], object]


def read(layout: str, files: Files, folder: Path, *, skip: str = "") -> Reading:
    """What `ingest` reads of these files."""
    source = originals.zipped(files, folder / "set.zip")
    with BlobSpool(folder / "spool") as spool:
        found = read_source(source, spool, Spellings(), max_bytes=2**20, skip=skip, layout=layout)
    return read_facts(layout, found.rows, found.labels)


def path_of(files: Files, ending: str) -> str:
    return next(path for path in files if path.endswith(ending))


def line_added(ending: str, line: str) -> Damage:
    def damage(files: Files) -> None:
        files[path_of(files, ending)] += f"{line}\n".encode()

    return damage


def replaced(ending: str, content: bytes) -> Damage:
    def damage(files: Files) -> None:
        files[path_of(files, ending)] = content

    return damage


def without(ending: str) -> Damage:
    def damage(files: Files) -> None:
        for path in [path for path in files if path.endswith(ending)]:
            del files[path]

    return damage


def object_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return file.getvalue()


def huge_shape() -> bytes:
    """A header that promises 10¹² numbers."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    return file.getvalue() + b"\0" * 8


RAF, FOLDERS, CSV, NPY, CK, EXPW = (
    ("raf_db", originals.raf_db_aligned),
    ("raf_db", originals.raf_db_folders),
    ("affectnet_csv", originals.affectnet_csv),
    ("affectnet_npy", originals.affectnet_npy),
    ("ck_plus", originals.ck_plus),
    ("expw", originals.expw),
)


@pytest.mark.parametrize(
    ("original", "damage", "words"),
    [
        (RAF, without("list_patition_label.txt"), "ingest.layout: raf_db: .*list_patition_label.txt.*which the source does not have; put"),
        (RAF, without("train_00003_aligned.jpg"), "names 1 image that the source does not have, such as train_00003 .of 14.; complete"),
        (RAF, line_added("label.txt", "train_00015.jpg 8"), "list_patition_label.txt: line 15 has the label '8'; .* numbers 1 to 7; copy"),
        (RAF, line_added("label.txt", "train_00015.jpg"), "line 15 must have the name of an image and its label.*has 'train_00015.jpg'"),
        (RAF, line_added("label.txt", "train_00001.jpg 2"), "line 15 names train_00001 a second time, with another label"),
        (RAF, replaced("label.txt", b"train_00001.jpg\xff 5\n"), "line 1 is not UTF-8"),
        (RAF, replaced("label.txt", b"x" * 70_000), "line 1 has more than 65536 characters"),
        (FOLDERS, line_added("test_labels.csv", "test_0009_aligned.jpg,3"), "names 1 image that the source does not have, such as test_0"),
        (FOLDERS, replaced("train_labels.csv", b"train_00001_aligned.jpg,2\n"), "lies in the folder of surprise, .* has fear;"),
        (CSV, without(".csv"), "training.csv and validation.csv, which the source does not have"),
        (CSV, line_added("training.csv", "1/a.jpg,1,1,5,5,,11,0,0"), "training.csv: line 13 has the label '11'; .* numbers 0 to 10"),
        (CSV, line_added("training.csv", "1/a.jpg,1,1,5,5,3"), "training.csv: line 13 has 6 values for 9 columns"),
        (CSV, line_added("validation.csv", "1/a.jpg,1,1,5,5,,3,0,0"), "validation.csv names 1 image that the source does not have"),
        (CSV, replaced("training.csv", b"subDirectory_filePath,valence\n"), "training.csv: has no column face_x"),
        (NPY, without("_exp.npy"), "ingest.layout: affectnet_npy: the source has no file of AffectNet: train_set"),
        (NPY, without("train_set/images/3.jpg"), "the folder annotations names 1 image that the source does not have, such as train_set/3"),
        (NPY, replaced("train_set/annotations/2_exp.npy", npy("11")), "2_exp.npy: it has the label '11'"),
        (NPY, replaced("train_set/annotations/2_exp.npy", object_array()), "2_exp.npy: is an array of Python objects, .* never loads"),
        (NPY, replaced("train_set/annotations/2_exp.npy", pickle.dumps("3")), "2_exp.npy: is no NumPy array"),
        (NPY, replaced("train_set/annotations/2_exp.npy", huge_shape()), "must hold one string or number, holds an array of float64"),
        (NPY, replaced("train_set/annotations/2_exp.npy", npy("3")[:-2]), "2_exp.npy: is truncated"),
        (NPY, replaced("train_set/annotations/2_exp.npy", b""), "2_exp.npy: is no NumPy array"),
        (NPY, replaced("train_set/annotations/2_exp.npy", npy(["3"] * 2000)), "has more than 4096 bytes, and must hold one value"),
        (CK, without("_emotion.txt"), "in its folder Emotion .* which the source does not have; put that folder beside"),
        (CK, replaced("S005_001_00000006_emotion.txt", b"   8.0000000e+00\n"), "emotion.txt: it has the label '8.0000000e.00'"),
        (CK, replaced("S005_001_00000006_emotion.txt", b""), "must have one line with one number, has 0"),
        (CK, lambda files: [files.pop(path) for path in list(files) if "images/S005" in path], "names 1 sequence .* such as S005_001"),
        (EXPW, without("label.lst"), "ingest.layout: expw: the source has no file of ExpW"),
        (EXPW, without("happy_actor_2.jpg"), "label.lst names 1 image that the source does not have, such as happy_actor_2.jpg"),
        (EXPW, line_added("label.lst", "happy_actor_2.jpg 2 1 1 9 9 50 7"), "label.lst: line 22 has the label '7'; .* numbers 0 to 6"),
        (EXPW, line_added("label.lst", "happy_actor_2.jpg 2 1 1 9 9 3"), "line 22 must have a name, a number, top, left, right, bottom"),
    ],
)  # fmt: skip
def test_damage_is_named_with_the_remedy(original: tuple[str, Callable[[], Files]], damage: Damage, words: str, tmp_path: Path) -> None:
    layout, files = original[0], original[1]()
    assert read(layout, dict(files), tmp_path).by_path, "the whole copy is read"
    damage(files)
    with pytest.raises(SourceError, match=words) as caught:
        read(layout, files, tmp_path)
    assert "\n" not in str(caught.value) and re.match(r"ingest\.(source|layout): ", str(caught.value))


def test_a_damaged_archive_of_labels_is_named(tmp_path: Path) -> None:
    files = originals.raf_db_original()
    path = originals.zipped(files, tmp_path / "whole.zip")
    content = bytearray(path.read_bytes())
    at = content.index(b"train_00001.jpg 1")
    content[at] ^= 0xFF  # within the stored list
    path.write_bytes(bytes(content))
    with BlobSpool(tmp_path / "spool") as spool, pytest.raises(SourceError, match=r"list_patition_label\.txt cannot be read .damaged"):
        read_source(path, spool, Spellings(), max_bytes=2**20, layout="raf_db")


def test_photographs_of_affectnet_that_are_missing_from_training_are_counted(tmp_path: Path) -> None:
    files = originals.affectnet_csv()
    training = next(path for path in files if "/2/00" in path)
    unlabelled = next(path for path in files if "/9/00" in path)
    for path in (training, unlabelled):
        del files[path]
    reading = read("affectnet_csv", files, tmp_path)
    assert list(reading.remarks) == ["1 photograph of AffectNet's tables not in the source"]


def test_of_several_rows_for_a_photograph_the_largest_face_with_an_expression_counts(tmp_path: Path) -> None:
    files = originals.affectnet_csv()
    path = next(path for path in files if "/2/00" in path)
    name = path.removeprefix("Manually_Annotated_Images/")
    line_added("training.csv", f"{name},5,5,20,20,,6,0,0")(files)
    line_added("training.csv", f"{name},5,5,300,200,,10,0,0")(files)
    reading = read("affectnet_csv", files, tmp_path)
    assert (reading.by_path[path].label, reading.by_path[path].box) == ("happy", (60.0, 50.0, 160.0, 140.0))
    assert [told.partition(":")[0] for told in reading.remarks] == ["2 further faces in AffectNet's tables unused"]


def test_what_ingest_skip_leaves_out_is_not_missing(tmp_path: Path) -> None:
    reading = read("raf_db", originals.raf_db_aligned(), tmp_path, skip="train_0000[1-3]")
    assert len(reading.by_path) == 11


def test_the_face_of_the_highest_confidence_counts_and_the_others_are_told(tmp_path: Path) -> None:
    reading = read("expw", originals.expw(), tmp_path)
    facts = reading.by_path["image/origin/happy_actor_0.jpg"]
    assert (facts.label, facts.box) == ("angry", (180.0, 60.0, 240.0, 120.0))
    (told,) = reading.remarks
    assert told.startswith("7 further faces of 7 photographs of ExpW unused")


def test_a_sequence_that_is_shorter_than_neutral_and_apex_has_its_first_frame_as_neutral(tmp_path: Path) -> None:
    reading = read("ck_plus", originals.ck_plus(num_frames=2), tmp_path)
    labels = [reading.by_path[f"CK+/cohn-kanade-images/S011/001/S011_001_0000000{frame}.png"].label for frame in (1, 2)]
    assert labels == ["neutral", "surprise"]


def test_images_that_the_list_does_not_name_are_told(tmp_path: Path) -> None:
    files = originals.raf_db_aligned() | {"basic/Image/aligned/train_09999_aligned.jpg": originals.picture(99)}
    reading = read("raf_db", files, tmp_path)
    assert reading.by_path["basic/Image/aligned/train_09999_aligned.jpg"].label is None
    assert list(reading.remarks) == ["1 image of RAF-DB without a label"]


def test_a_layout_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ingest\.layout: kdef: the source has no file of KDEF.*leave it empty, or set the layout"):
        read("kdef", originals.raf_db_aligned(), tmp_path)
