"""The embedded demonstration set: its files, its truth table, and the same bytes from the same seed."""

import csv
import hashlib
import io
import os
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from PIL import Image

from mien.config.params import load_params
from mien.convert.decoding import Undecodable, decode
from mien.sample.archive import draw_set, truth_csv, zip_bytes
from mien.sample.encode import _STORED_AS, WRITERS
from mien.sample.expression import SHARES
from mien.sample.mess import File
from mien.store.signatures import HEAD_BYTES, signature
from tests.convert.pictures import difference
from tests.drawn import NUM_FACES, SEED, Drawn

COPIES = {"exact_duplicate", "near_duplicate", "mirrored_duplicate", "conflicting_duplicate"}
BROKEN = {"empty_file", "truncated_jpeg", "truncated_heic", "broken_png"}


def _of(drawn: Drawn, *kinds: str) -> list[tuple[File, bytes]]:
    return [(file, content) for file, content in drawn if file.kind in kinds]


def test_same_seed_gives_same_bytes_on_one_core_and_on_two() -> None:
    alone = zip_bytes(draw_set(num_faces=60, size_px=160, seed=7, workers=1))
    assert alone == zip_bytes(draw_set(num_faces=60, size_px=160, seed=7, workers=2))
    assert alone != zip_bytes(draw_set(num_faces=60, size_px=160, seed=8, workers=2))


def test_the_kernels_that_blas_has_for_a_processor_do_not_change_the_bytes() -> None:
    """OpenBLAS adds products in another order on another x86 processor, which once gave the sample other bytes there."""
    code = (
        "import hashlib; from mien.sample.archive import draw_set, zip_bytes\n"
        "print(hashlib.sha256(zip_bytes(draw_set(num_faces=30, size_px=160, seed=7, workers=1))).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"OPENBLAS_CORETYPE": kernels}, check=True, capture_output=True, text=True
        ).stdout
        for kernels in ("Haswell", "Prescott", "SkylakeX" if "avx512f" in Path("/proc/cpuinfo").read_text() else "Nehalem")
    }
    assert len(told) == 1


def test_the_zip_holds_every_file_stored_in_order_and_without_the_hour(drawn: Drawn) -> None:
    entries = zipfile.ZipFile(io.BytesIO(zip_bytes(drawn))).infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(set(names)) == [file.path for file, _ in drawn]
    assert {(entry.date_time, entry.compress_type) for entry in entries} == {((2024, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)}
    assert sum(len(content) for _, content in drawn) < 8_000_000


def test_the_truth_table_has_a_row_per_file(drawn: Drawn) -> None:
    rows = list(csv.DictReader(io.StringIO(truth_csv(drawn))))
    assert [row["path"] for row in rows] == [file.path for file, _ in drawn]
    assert [row["sha256"] for row in rows] == [hashlib.sha256(content).hexdigest() for _, content in drawn]
    assert {row["label"] for row in rows} == {*SHARES, ""}
    assert {row["kind"] for row in rows} == {*WRITERS, *COPIES, *BROKEN, "blank", "too_small", "junk"} - {"heic_exif1"}


def test_classes_are_as_unequal_as_in_the_paper_and_leave_enough_to_test_on(drawn: Drawn) -> None:
    conflicting = {file.origin for file, _ in _of(drawn, "conflicting_duplicate")}
    clean = {file.origin: file.label for file, _ in drawn if file.label and file.origin and file.origin not in conflicting}
    counts = Counter(clean.values())
    assert max(counts, key=counts.__getitem__) == "happy" and min(counts, key=counts.__getitem__) == "surprise"
    assert round(0.15 * len(clean)) >= 60
    assert all(round(0.15 * count) >= 8 for count in counts.values())


def test_every_folder_but_one_folds_to_the_class_of_its_files(drawn: Drawn) -> None:
    labels = load_params().labels
    spellings = defaultdict(set)
    for file, _ in drawn:
        folder = file.path.split("/")[1]
        if file.kind != "junk":
            assert (labels.spellings.class_of(folder) or "") == file.label
            spellings[file.label].add(folder)
    assert spellings.pop("") == {"misc"}
    assert all(len(found) >= 3 for found in spellings.values())


def test_a_quarter_of_the_files_is_heic_and_names_do_not_tell(drawn: Drawn) -> None:
    formats = {file.path: signature(content[:HEAD_BYTES]) for file, content in drawn}
    heic = [path for path, name in formats.items() if name == "HEIF"]
    assert len(heic) >= 0.25 * len(drawn)
    assert any(path.lower().endswith((".jpg", ".jpeg")) for path in heic)
    named = {path: name for path, name in formats.items() if path.lower().endswith((".jpg", ".jpeg"))}
    assert {"JPEG", "PNG", "HEIF"} <= set(named.values())
    assert any(path.isascii() is False and unicodedata.is_normalized("NFC", path) for path in formats)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["exif", "heic_exif"])
def test_a_turned_file_decodes_to_the_upright_picture(picture: Image.Image, kind: str, orientation: int) -> None:
    content = WRITERS[f"{kind}{orientation}"](picture)
    assert difference(decode(content, max_megapixels=1).image, picture) < 6
    turn = _STORED_AS[orientation]
    assert turn is None or difference(picture.transpose(turn), picture) > 6 or picture.transpose(turn).size != picture.size


@pytest.mark.parametrize("kind", sorted({*WRITERS} - {"grey_jpeg", "grey_png_16_bit"}))
def test_every_form_shows_the_picture(picture: Image.Image, kind: str) -> None:
    assert difference(decode(WRITERS[kind](picture), max_megapixels=1).image, picture) < 12


@pytest.mark.parametrize("kind", ["grey_jpeg", "grey_png_16_bit"])
def test_grey_forms_show_the_grey_picture(picture: Image.Image, kind: str) -> None:
    assert difference(decode(WRITERS[kind](picture), max_megapixels=1).image, picture.convert("L").convert("RGB")) < 6


def test_only_broken_files_cannot_be_decoded(drawn: Drawn) -> None:
    refused = set()
    for file, content in drawn:
        try:
            decode(content, max_megapixels=1)
        except Undecodable:
            refused.add(file.kind)
            assert file.kind in BROKEN | {"junk"}, file
    assert refused == BROKEN | {"junk"}


def test_copies_are_what_they_are_called(drawn: Drawn) -> None:
    own = {file.origin: (file, content) for file, content in drawn if file.origin and file.kind not in COPIES and "stray" not in file.path}
    assert len(own) == NUM_FACES
    for file, content in _of(drawn, *COPIES):
        first, original = own[file.origin]
        assert (file.label == first.label) == (file.kind != "conflicting_duplicate")
        assert file.kind != "exact_duplicate" or content == original
        assert file.kind not in ("near_duplicate", "mirrored_duplicate") or content != original


def test_the_set_of_this_seed_is_the_one_that_is_described() -> None:
    params = load_params()
    assert (params.sample.num_faces, params.seed) == (NUM_FACES, SEED)
