"""Every kind of source lists each file exactly once, and whatever is wrong with a file becomes a reason, never an exception."""

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien.core.errors import SourceError
from mien.ingest.layout import label_of, shown_path, subset_of, unique_paths
from mien.ingest.sources import kind_of, source_entries
from mien.ingest.sources.entry import FoundFile, read_entry
from mien.ingest.sources.pixel_csv import EMOTIONS

FILES = {
    "train/happy/a.png": "png",
    "train/FEAR /b.jpg": "jpg",
    "test/sad/ä.txt": "png",
    "c.gif": "png",
    "notes.txt": b"words",
    "x/broken.jpg": b"",
}
MAX_BYTES = 2**20


def picture(kind: str = "png", *, level: int = 100) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (level, 20, 30)).save(file, "JPEG" if kind == "jpg" else "PNG")
    return file.getvalue()


def content(what: str | bytes) -> bytes:
    return picture(what) if isinstance(what, str) else what


def as_folder(root: Path) -> Path:
    for name, what in FILES.items():
        path = root / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(what))
    return root / "source"


def as_zip(root: Path) -> Path:
    with zipfile.ZipFile(root / "source.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("train")
        for name, what in FILES.items():
            archive.writestr(name, content(what))
    return root / "source.zip"


def tar_maker(mode: str, suffix: str) -> Callable[[Path], Path]:
    def as_tar(root: Path) -> Path:
        with tarfile.open(root / f"source{suffix}", f"w{mode}") as archive:
            for name, what in FILES.items():
                add_member(archive, name, content(what))
        return root / f"source{suffix}"

    return as_tar


def add_member(archive: tarfile.TarFile, name: str, data: bytes = b"", **fields: object) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    archive.addfile(member, io.BytesIO(data))


def read_all(source: Path) -> dict[str, FoundFile]:
    found = [read_entry(entry, max_bytes=MAX_BYTES) for entry in source_entries(source)]
    assert len({file.path for file in found}) == len(found)
    assert all((file.content is not None) + (file.ignored is not None) + (file.error is not None) == 1 for file in found)
    return {file.path: file for file in found}


@pytest.mark.parametrize("make", [as_folder, as_zip, tar_maker("", ".tar"), tar_maker(":gz", ".tar.gz"), tar_maker(":xz", ".tar.xz")])
def test_every_kind_of_source_lists_the_same_files(make: Callable[[Path], Path], tmp_path: Path) -> None:
    found = read_all(make(tmp_path))
    assert set(found) == set(FILES)
    assert found.pop("notes.txt").ignored == "not an image"
    assert {name: file.content for name, file in found.items()} == {name: content(what) for name, what in FILES.items() if name in found}


def test_type_is_told_by_content_and_a_broken_photograph_is_not_junk(tmp_path: Path) -> None:
    found = read_all(as_folder(tmp_path))
    assert found["test/sad/ä.txt"].content == picture()  # an image in a text's clothes
    assert found["x/broken.jpg"].content == b""  # for convert to reject, with the reason


JUNK = {
    "happy/.DS_Store": "system file",
    "happy/Thumbs.db": "system file",
    "desktop.ini": "system file",
    "happy/._a.jpg": "system file",
    "__MACOSX/happy/a.jpg": "system file",
    "happy/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg": "system file",
    ".git/objects/ab": "hidden folder",
    "happy/.cache/a.png": "hidden folder",
    "happy/.trashed-17-a.png": "hidden image",
    "happy/.nomedia": "hidden file",
    "more.7z": "nested archive",
    "film.mp4": "not an image",
    "list.csv": "not an image",
}


def test_junk_is_ignored_with_its_reason(tmp_path: Path) -> None:
    for name in JUNK:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_picture = Path(name).suffix in (".jpg", ".png")
        path.write_bytes(picture() if is_picture else b"\0\0\0 ftypisom\0\0\2\0isomiso2avc1mp41" if name.endswith("mp4") else b"PK\3\4")
    assert {path: file.ignored for path, file in read_all(tmp_path).items()} == JUNK


def test_a_source_that_is_itself_a_link_is_followed(tmp_path: Path) -> None:
    source = as_folder(tmp_path)
    (tmp_path / "link").symlink_to(source)
    assert set(read_all(tmp_path / "link")) == set(FILES)


def test_unreadable_files_and_folders_are_error_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = as_folder(tmp_path)
    real_scandir, real_open, real_stat = os.scandir, Path.open, Path.stat

    def scandir(path: Path) -> object:
        if Path(path).name == "train":
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    def opened(path: Path, *args: object, **kwargs: object) -> object:
        if path.name == "c.gif":
            raise OSError(5, "Input/output error")
        return real_open(path, *args, **kwargs)  # type: ignore[arg-type]

    def stat(path: Path, **kwargs: Any) -> os.stat_result:
        if path.name == "notes.txt":
            raise PermissionError(13, "Permission denied")
        return real_stat(path, **kwargs)

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", opened)
    found = read_all(source)
    assert found["train"].error == found["notes.txt"].error == "permission denied"
    assert found["c.gif"].error == "unreadable: Input/output error"
    assert found["test/sad/ä.txt"].content


def test_what_a_zip_cannot_give_is_an_error_row_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "source.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("good.png", "damaged.png", "encrypted.png", "odd.png"):
            archive.writestr(name, picture())
        link = zipfile.ZipInfo("link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../../etc/passwd")
    data = bytearray(path.read_bytes())
    data[data.index(b"damaged.png") + len("damaged.png") + 60] ^= 0xFF
    for name, offset, value in (("encrypted.png", -46 + 8, 1), ("odd.png", -46 + 10, 9)):  # in the central directory: flags, method
        data[data.rindex(name.encode()) + offset] = value
        local = -30 + (6 if offset == -38 else 8)
        data[data.index(name.encode()) + local] = value
    path.write_bytes(data)
    found = read_all(path)
    assert found["good.png"].content == picture()
    assert found["link.png"].ignored == "link"
    errors = {name: (file.error or "").partition(":")[0] for name, file in found.items() if file.error}
    assert errors == {"damaged.png": "damaged", "encrypted.png": "encrypted", "odd.png": "unsupported compression"}


def test_tar_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "source.tar"
    with tarfile.open(path, "w") as archive:
        add_member(archive, "happy/a.png", picture())
        add_member(archive, "happy/hard.png", type=tarfile.LNKTYPE, linkname="happy/a.png")
        add_member(archive, "happy/lost.png", type=tarfile.LNKTYPE, linkname="gone.png")
        add_member(archive, "happy/soft.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add_member(archive, "happy/device.png", type=tarfile.CHRTYPE)
        add_member(archive, "../../escape/b.png", picture())
    found = read_all(path)
    assert found["happy/hard.png"].content == found["happy/a.png"].content == found["escape/b.png"].content == picture()
    assert found["happy/soft.png"].ignored == "link"
    assert found["happy/device.png"].ignored == "not a regular file"
    assert (found["happy/lost.png"].error or "").startswith("damaged")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("../../a.jpg", "a.jpg"),
        ("./a//b/../c.jpg", "a/b/c.jpg"),
        ("C:/Users/a.jpg", "Users/a.jpg"),
        ("caf\udce9.jpg", "caf\\xe9.jpg"),
        ("..", "unnamed"),
    ],
)
def test_names_cannot_leave_the_source(name: str, shown: str) -> None:
    assert shown_path(name) == shown


def test_zip_names_in_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "source.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("glücklich/a.png", picture())
        archive.writestr("happy\\b.png", picture())
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 7), (b"PK\1\2", 9)):  # UTF-8 without its flag, as macOS writes it
        data[data.index(signature) + offset] &= ~0x08 & 0xFF
    path.write_bytes(data)
    assert set(read_all(path)) == {"glücklich/a.png", "happy/b.png"}


def test_members_of_one_name_are_all_kept() -> None:
    unique = unique_paths()
    names = ["a/b.jpg", "a/b.jpg", "a/b (2).jpg", "a/b.jpg", "b", "b", ".x", ".x"]
    shown = [unique(name) for name in names]
    assert len(set(shown)) == len(names)
    assert shown[:2] == ["a/b.jpg", "a/b (2).jpg"] and shown[5:] == ["b (2)", ".x", ".x (2)"]


@pytest.mark.parametrize(
    ("path", "label", "subset"),
    [
        ("photos/FEAR /a.jpg", "FEAR ", None),
        ("train/happy/a.jpg", "happy", "train"),
        ("happy/Validation/a.jpg", "happy", "val"),
        ("TEST/happy/session 1/a.jpg", "session 1", "test"),
        ("train/a.jpg", None, "train"),
        ("a.jpg", None, None),
        ("test.jpg", None, None),
        ("trainers/a.jpg", "trainers", None),
        ("Training/happy/0.png", "happy", "train"),
        ("PublicTest/happy/0.png", "happy", "test"),
        ("PrivateTest/happy/0.png", "happy", "test"),
    ],
)
def test_label_and_subset_come_from_the_folders(path: str, label: str | None, subset: str | None) -> None:
    assert (label_of(path), subset_of(path)) == (label, subset)


def pixel_rows() -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8))


def test_pixel_csv_rows_become_the_same_pixels(tmp_path: Path) -> None:
    rows = pixel_rows()
    lines = ["emotion, Usage, pixels"]
    lines += [
        f"{code},{usage},{' '.join(map(str, row.ravel()))}"
        for code, usage, row in zip("306", ("Training", "PublicTest", "PrivateTest"), rows, strict=True)
    ]
    lines += ["9,Training,1 2 3", "1,Training,1 2 3", "1,Training,256 x", ""]
    (tmp_path / "fer.csv").write_text("\n".join(lines))
    found = read_all(tmp_path / "fer.csv")
    for path, row in zip(("Training/happy/000000.png", "PublicTest/angry/000001.png", "PrivateTest/neutral/000002.png"), rows, strict=True):
        with Image.open(io.BytesIO(found[path].content or b"")) as image:
            assert image.mode == "L" and np.array_equal(np.asarray(image), row)
    errors = {path: (file.error or "")[:7] for path, file in found.items() if file.error}
    assert errors == dict.fromkeys(
        ["Training/emotion 9/000003.png", "Training/disgust/000004.png", "Training/disgust/000005.png"], "bad row"
    )
    assert EMOTIONS[:7] == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize("cell", [b"1 " * (1024 * 1024 + 1), bytes(17 * 2**20)])
def test_a_row_of_more_pixels_than_a_picture_has_is_not_held_in_memory(cell: bytes, tmp_path: Path) -> None:
    table = tmp_path / "fer.csv"
    table.write_bytes(b"emotion,pixels,Usage\n3,1 2 3 4,Training\n3," + cell + b",Training\n")
    if b" " in cell:
        found = read_all(table)
        assert found["Training/happy/000001.png"].error == "bad row: must have at most 1024 x 1024 pixels"
        assert found["Training/happy/000000.png"].content is not None
    else:
        with pytest.raises(SourceError, match="a line has more than 16777216 characters"):
            read_all(table)


def test_an_enormous_member_is_not_read_into_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.jpg", bytes(MAX_BYTES + 1))
        archive.writestr("just.jpg", bytes(MAX_BYTES))
    found = read_all(tmp_path / "bomb.zip")
    assert found["big.jpg"].error == "too large: more than 1 MiB (ingest.max_file_mb)"
    assert found["just.jpg"].content == bytes(MAX_BYTES)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(("mode", "suffix"), [("", ".tar"), (":gz", ".tar.gz"), (":xz", ".tar.xz")])
def test_a_cut_archive_is_refused_and_not_half_read(mode: str, suffix: str, cut: float, tmp_path: Path) -> None:
    path = tar_maker(mode, suffix)(tmp_path)
    data = path.read_bytes()
    end = len(data) if mode else data.rindex(b"broken.jpg")  # a plain tar is padded with zeros after its last member
    path.write_bytes(data[: int(cut * end)])
    with pytest.raises(SourceError, match=r"damaged or incomplete|not a readable archive"):
        read_all(path)


def test_a_tar_cut_between_two_members_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "source.tar"
    with tarfile.open(path, "w") as archive:
        add_member(archive, "a.png", bytes(512))
        add_member(archive, "b.png", bytes(512))
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(SourceError, match="end of the archive is missing"):
        read_all(path)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("gone.zip", None, "does not exist"),
        ("empty.zip", b"", "empty file"),
        ("cut.zip", b"PK\3\4" + bytes(100), "not a readable archive"),
        ("cut.tar.gz", b"\x1f\x8b\x08" + bytes(3), "not a readable archive"),
        ("set.rar", b"Rar!\x1a\x07", "RAR archive"),
        ("table.csv", b"name,value\n1,2\n", "no column emotion and no column pixels"),
    ],
)
def test_what_is_no_source_is_a_clear_error(name: str, data: bytes | None, words: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=words) as caught:
        read_all(tmp_path / name)
    assert "ingest.source" in str(caught.value) and name in str(caught.value)


def test_kind_goes_by_content(tmp_path: Path) -> None:
    as_zip(tmp_path).rename(tmp_path / "odd.tar")
    assert kind_of(tmp_path / "odd.tar") == "zip"


def test_a_tar_that_ends_with_a_zip_is_a_tar(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "source.tar", "w") as archive:
        add_member(archive, "happy/a.png", picture())
        add_member(archive, "notes.docx", as_zip(tmp_path).read_bytes())
    assert kind_of(tmp_path / "source.tar") == "tar"
    assert read_all(tmp_path / "source.tar")["happy/a.png"].content == picture()
