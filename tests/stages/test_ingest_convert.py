"""The first two stages together: the conservation law, what they print and count, and errors without half-written outputs."""

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from mien.convert import conversion
from mien.core import paths
from mien.core.errors import SourceError
from mien.core.files import read_json
from mien.store.shards import read_store
from mien.store.tables import BLOBS, FILES, IMAGES, REJECTED, read_arrow, read_table
from stages import convert, ingest
from tests.convert.pictures import noisy, saved, smooth
from tests.least import MODELS

MESS = {
    "happy/a.jpg": saved(noisy(200, 150), "JPEG"),
    "happy/copy of a.jpg": saved(noisy(200, 150), "JPEG"),
    "train/Sad /b.HEIC": saved(noisy(200, 150, seed=1), "HEIF"),
    "train/sad/heic.jpg": saved(noisy(200, 150, seed=2), "HEIF"),
    "test/sad/c.png": saved(smooth().convert("RGBA"), "PNG"),
    "test/sad/empty.jpg": b"",
    "test/sad/cut.jpg": saved(noisy(200, 150, seed=3), "JPEG")[:2000],
    "test/sad/words.png": b"no picture",
    "test/sad/narrow.png": saved(noisy(200, 10), "PNG"),
    "test/sad/blank.png": saved(Image.new("RGB", (64, 64), "teal"), "PNG"),
    "top.png": saved(noisy(seed=4), "PNG"),
    "happy/Thumbs.db": b"x",
    "happy/.hidden/a.jpg": saved(noisy(), "JPEG"),
    "notes.txt": b"words",
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source with every sort of trouble that these stages know, converted in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(conversion, "parallel_map", lambda work, pieces, **_: [work(piece) for piece in pieces])
    with zipfile.ZipFile("mess.zip", "w") as archive:
        for name, content in MESS.items():
            archive.writestr(name, content)
    data = bytearray(Path("mess.zip").read_bytes())
    data[data.index(MESS["top.png"][-200:])] ^= 1  # a wrong checksum
    Path("mess.zip").write_bytes(data)
    Path("metadata.csv").write_text("path,subject,camera\nhappy/a.jpg,Ann,X\ngone.jpg,Bob,Y\n")
    Path("votes.csv").write_text("path\n")
    paths.PARAMS.write_text(f"ingest: {{source: mess.zip}}\n{MODELS}\n")
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_every_file_is_accounted_for(capsys: pytest.CaptureFixture[str]) -> None:
    ingest.main()
    convert.main()
    files = read_table(paths.FILES, FILES)
    assert sorted(files.path) == sorted(MESS)
    images = files[files.ignored.isna() & files.error.isna()]
    assert (files.sample_id.notna() == files.path.isin(images.path)).all()
    stored = set(read_store(paths.IMAGES, IMAGES)["sample_id"].to_pylist())
    rejected = {row["sample_id"]: row for row in read_arrow(paths.REJECTED, REJECTED).to_pylist()}
    undecodable = {name for name, row in rejected.items() if not row["decodable"]}
    assert stored | set(rejected) == set(images.sample_id) == set(read_store(paths.RAW, BLOBS)["sample_id"].to_pylist())
    assert not stored & undecodable and set(rejected) - undecodable <= stored
    reasons = {row.path: rejected[row.sample_id]["reason"] for row in images.itertuples() if row.sample_id in rejected}
    assert reasons == {
        "test/sad/empty.jpg": "empty",
        "test/sad/cut.jpg": "truncated",
        "test/sad/words.png": "not_an_image",
        "test/sad/narrow.png": "too_small",
        "test/sad/blank.png": "blank",
    }
    printed = capsys.readouterr()
    assert (
        "ingest: 14 files, 10 images (9 different), 3 (1 hidden folder, 1 not an image, 1 system file) ignored, 1 (1 damaged) unreadable"
        in printed.out
    )
    assert "convert: 6 images, 3 rejected (1 empty, 1 not_an_image, 1 truncated), 2 unfit (1 blank, 1 too_small)" in printed.out
    assert "1 paths of metadata.csv match no file of the source, such as gone.jpg" in printed.err


@pytest.mark.usefixtures("workspace")
def test_rows_of_files() -> None:
    ingest.main()
    files = read_table(paths.FILES, FILES).set_index("path")
    assert list(files.index) == sorted(files.index)
    assert files.label_raw[["happy/a.jpg", "train/Sad /b.HEIC", "top.png"]].tolist() == ["happy", "Sad ", None]
    assert files.subset_raw[["happy/a.jpg", "train/Sad /b.HEIC", "test/sad/c.png"]].tolist() == [None, "train", "test"]
    assert files.subject["happy/a.jpg"] == "Ann" and json.loads(files.metadata["happy/a.jpg"]) == {"camera": "X"}
    assert all(files.size_bytes[name] == len(content) for name, content in MESS.items())
    assert files.error["top.png"].startswith("damaged") and files.sample_id["top.png"] is None


@pytest.mark.usefixtures("workspace")
def test_counts_add_up() -> None:
    ingest.main()
    convert.main()
    first, second = read_json(paths.counts("ingest")), read_json(paths.counts("convert"))
    assert first["files"] == first["images"] + sum(first["ignored"].values()) + sum(first["errors"].values()) == len(MESS)
    assert first["contents"] == second["contents"] == second["images"] + sum(second["rejected"].values())
    assert sum(second["formats"].values()) == second["images"] and sum(first["subsets"].values()) == first["images"]
    assert first["metadata_paths_without_file"] == 1 and first["with_subject"] == 1 and first["without_label"] == 0


@pytest.mark.usefixtures("workspace")
def test_subjects_come_from_paths_where_the_metadata_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    paths.PARAMS.write_text(f"ingest: {{source: mess.zip, subject: '(?P<subject>[a-c])\\.[A-Za-z]+$'}}\n{MODELS}\n")
    ingest.main()
    subjects = read_table(paths.FILES, FILES).set_index("path")["subject"]
    named = ["happy/a.jpg", "happy/copy of a.jpg", "train/Sad /b.HEIC", "train/sad/heic.jpg", "test/sad/c.png"]
    assert subjects[named].tolist() == ["Ann", "a", "b", "c", "c"]
    assert subjects["test/sad/cut.jpg"] is None and subjects["notes.txt"] is None
    counts = read_json(paths.counts("ingest"))
    assert (counts["with_subject"], counts["subjects"]) == (5, 4)
    printed = capsys.readouterr()
    assert printed.out.rstrip().endswith("1 (1 damaged) unreadable, 4 subjects")
    assert "warning: 5 of 10 images have no subject by ingest.subject or ingest.metadata, such as test/sad/blank.png" in printed.err


@pytest.mark.usefixtures("workspace")
def test_without_a_pattern_the_counts_are_as_before_and_nothing_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    ingest.main()
    printed = capsys.readouterr()
    assert "subjects" not in read_json(paths.counts("ingest")) and "no subject" not in printed.err
    assert printed.out.rstrip().endswith("1 (1 damaged) unreadable, 1 subject")


@pytest.mark.usefixtures("workspace")
def test_a_pattern_that_does_not_fit_leaves_the_last_store() -> None:
    ingest.main()
    before = {path.name: path.read_bytes() for path in (*paths.RAW.iterdir(), paths.counts("ingest"))}
    # Only a damaged file would match.
    paths.PARAMS.write_text(f"ingest: {{source: mess.zip, subject: '(?P<subject>top)'}}\n{MODELS}\n")
    with pytest.raises(
        SourceError, match=r"ingest\.subject: \(\?P<subject>top\) finds no subject in any of 10 images, such as 'happy/a\.jpg'"
    ):
        ingest.main()
    assert {path.name: path.read_bytes() for path in (*paths.RAW.iterdir(), paths.counts("ingest"))} == before


@pytest.mark.usefixtures("workspace")
def test_the_same_source_gives_the_same_bytes_as_zip_and_as_folder() -> None:
    def outputs() -> dict[str, bytes]:
        ingest.main()
        convert.main()
        return {str(path): path.read_bytes() for path in (*paths.RAW.iterdir(), *paths.IMAGES.iterdir(), *paths.METRICS.rglob("*.json"))}

    MESS_WITHOUT_DAMAGE = {name: content for name, content in MESS.items() if name != "top.png"}
    with zipfile.ZipFile("mess.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in reversed(MESS_WITHOUT_DAMAGE.items()):
            archive.writestr(name, content)
    for name, content in MESS_WITHOUT_DAMAGE.items():
        Path("mess", name).parent.mkdir(parents=True, exist_ok=True)
        Path("mess", name).write_bytes(content)
    from_zip = outputs()
    assert outputs() == from_zip
    paths.PARAMS.write_text(f"ingest: {{source: mess}}\n{MODELS}\n")
    assert outputs() == from_zip


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere", "does not exist"),
        ("bare", r"no image among 0 files \(the source is empty\)"),
        ("texts", r"no image among 1 files \(1 not an image\)"),
    ],
)
def test_a_source_without_images_is_a_clear_error_that_leaves_the_last_store(source: str, words: str, workspace: Path) -> None:
    ingest.main()
    before = {path.name: path.read_bytes() for path in paths.RAW.iterdir()}
    (workspace / "bare").mkdir()
    (workspace / "texts").mkdir()
    (workspace / "texts" / "notes.txt").write_text("words")
    paths.PARAMS.write_text(f"ingest: {{source: {source}}}\n{MODELS}\n")
    with pytest.raises(SourceError, match=words):
        ingest.main()
    assert {path.name: path.read_bytes() for path in paths.RAW.iterdir()} == before
    assert [path.name for path in paths.DATA.iterdir()] == ["raw"]


@pytest.mark.usefixtures("workspace")
def test_labels_come_from_the_table_the_pattern_and_the_nearest_folder_of_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    paths.PARAMS.write_text(f"ingest: {{source: mess.zip, label: '(?P<label>narrow|blank)'}}\n{MODELS}\n")
    Path("metadata.csv").write_text("path,label\ntest/sad/cut.jpg,fear\n")
    ingest.main()
    labels = read_table(paths.FILES, FILES).set_index("path")["label_raw"]
    named = ["test/sad/cut.jpg", "test/sad/narrow.png", "test/sad/blank.png", "test/sad/c.png", "top.png"]
    assert labels[named].tolist() == ["fear", "narrow", "blank", "sad", None]
    assert labels["happy/.hidden/a.jpg"] == "happy", "the folder of a class, not the one below"
    printed = capsys.readouterr()
    assert "warning: 7 of 10 images have no label by ingest.label or ingest.metadata and keep the label of their folder" in printed.err
    assert "no folder that could name one" not in printed.err


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 12345\n"


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.usefixtures("workspace")
def test_pointers_of_git_lfs_are_refused_where_there_is_nothing_else_and_else_counted(
    whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile("mess.zip", "w") as archive:
        for at in range(3):
            archive.writestr(f"happy/{at}.jpg", POINTER % at)
        archive.writestr(".gitattributes", "*.jpg filter=lfs")
        if not whole:
            archive.writestr("happy/a.jpg", MESS["happy/a.jpg"])
    Path("metadata.csv").write_text("path,subject\n")
    if whole:
        with pytest.raises(SourceError, match=r"holds no photograph: all 3 images are Git LFS pointers.*git lfs pull"):
            ingest.main()
        assert not paths.FILES.exists()
        return
    ingest.main()
    convert.main()
    assert "warning: 3 images are Git LFS pointers and no photographs" in capsys.readouterr().err
    rejected = read_table(paths.REJECTED, REJECTED)
    assert rejected[["reason", "detail"]].drop_duplicates().to_numpy().tolist() == [["not_an_image", "Git LFS pointer"]]


@pytest.mark.usefixtures("workspace")
def test_a_source_that_is_itself_a_pointer_is_told_so() -> None:
    Path("mess.zip").write_bytes(POINTER % 1)
    with pytest.raises(SourceError, match=r"mess\.zip is a Git LFS pointer in place of the file; run `git lfs pull`"):
        ingest.main()
