"""Archives as people have them: every file in them is read once, or one line says what to do."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from mien.core.errors import SourceError
from mien.ingest.layout import unique_paths
from mien.ingest.sources import source_entries, unpacking_limit
from mien.ingest.sources.entry import FoundFile, read_entry
from mien.ingest.sources.names import best_encoding
from tests.convert.pictures import saved, smooth
from tests.surroundings import leftovers, run_stage

PICTURES = [saved(smooth(40, 40, seed=seed), "PNG") for seed in range(4)]


def read(source: Path) -> dict[str, FoundFile]:
    found = [read_entry(entry, max_bytes=2**20) for entry in source_entries(source)]
    assert len({file.path for file in found}) == len(found)
    return {file.path: file for file in found}


def contents(source: Path) -> dict[str, bytes | None]:
    return {path: file.content for path, file in read(source).items()}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def foreign_zip(names: list[str], encoding: str, *, unicode_names: list[str] | None = None) -> bytes:
    """A zip as an archiver writes it whose names are in `encoding` and not marked; by hand, because zipfile writes none such."""
    body, directory = b"", b""
    for index, name in enumerate(names):
        raw, content = name.encode(encoding), PICTURES[index % len(PICTURES)]
        extra = b""
        if unicode_names:
            field = struct.pack("<BI", 1, zlib.crc32(raw)) + unicode_names[index].encode()
            extra = struct.pack("<HH", 0x7075, len(field)) + field
        head = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(raw), len(extra))
        directory += b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHLL", 0, 0, 0, 0, len(body)) + raw + extra
        body += b"PK\3\4" + head + raw + extra + content
    return body + directory + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, len(names), len(names), len(directory), len(body), 0)


LABELS = {
    "gbk": ["高兴", "悲伤", "愤怒", "惊讶"],
    "cp932": ["喜び", "悲しみ", "表情", "ソース"],  # 0x5C is the second byte of 表 and ソ
    "cp950": ["高興", "悲傷", "憤怒", "功能"],  # and of 功
    "cp949": ["행복", "슬픔", "분노", "놀람"],
    "cp850": ["glücklich", "überrascht", "wütend", "ängstlich"],
    "cp437": ["glücklich", "überrascht", "déçu", "señor"],
    "cp1252": ["déçu", "señor", "glücklich", "coração"],
    "cp866": ["радость", "грусть", "гнев", "Страх"],
    "cp1251": ["радость", "грусть", "гнев", "Страх"],
    "utf-8": ["高兴", "радость", "wütend", "행복"],
}


@pytest.mark.parametrize("encoding", LABELS)
def test_unmarked_names_are_read_in_the_encoding_of_their_archiver(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [f"{label}/1.png" for label in LABELS[encoding]]
    (tmp_path / "set.zip").write_bytes(foreign_zip(paths, encoding))
    assert contents(tmp_path / "set.zip") == dict(zip(paths, PICTURES, strict=True))
    said = capsys.readouterr().err
    assert said == "" if encoding == "utf-8" else ("not marked as Unicode" in said and any(path in said for path in paths))


def test_a_name_in_the_unicode_field_goes_before_a_guess_if_it_belongs_to_the_name(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(foreign_zip(["??/1.png"], "ascii", unicode_names=["高兴/1.png"]))
    assert list(read(tmp_path / "set.zip")) == ["高兴/1.png"]
    other = foreign_zip(["??/1.png"], "ascii", unicode_names=["高兴/1.png"]).replace(b"??/1.png", b"!!/1.png")  # renamed without it
    (tmp_path / "set.zip").write_bytes(other)
    assert list(read(tmp_path / "set.zip")) == ["!!/1.png"]


def test_backslashes_of_windows_part_folders(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(foreign_zip(["happy\\1.png", "sad\\2.png"], "ascii"))
    assert set(read(tmp_path / "set.zip")) == {"happy/1.png", "sad/2.png"}


def test_names_in_a_tar_are_read_in_the_encoding_of_their_archiver(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["高兴/1.png", "悲伤/2.png", "plain/3.png"]
    with tarfile.open(tmp_path / "set.tar", "w", format=tarfile.GNU_FORMAT, encoding="gbk") as archive:
        for name, content in zip(names, PICTURES, strict=False):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert contents(tmp_path / "set.tar") == dict(zip(names, PICTURES, strict=False))
    assert "GBK" in capsys.readouterr().err


def test_random_bytes_always_have_some_encoding() -> None:
    for seed in range(300):
        name = zlib.crc32(str(seed).encode()).to_bytes(4, "big") + b"\x80"
        name.decode(best_encoding([name]), "backslashreplace")


def split_zip(*, zip64: bool = False) -> bytes:
    """The last part of a zip archive in three parts."""
    whole = zipped({"a.png": PICTURES[0]})
    end = whole.rindex(b"PK\5\6")
    disk = 0xFFFF if zip64 else 2
    return whole[:end] + b"PK\5\6" + struct.pack("<HHHH", disk, disk if not zip64 else 0, 1, 3) + whole[end + 12 :]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.zip", split_zip()),
        ("set.z01", b"PK\7\x08PK\3\4" + bytes(100)),
        ("set.z02", bytes(range(256))),
        ("set.zip.001", b"PK\3\4" + bytes(100)),
        ("set.7z.002", bytes(100)),
        ("set.part1.rar", b"Rar!\x1a\x07" + bytes(9)),
    ],
)
def test_every_part_of_a_split_archive_says_how_to_join_them(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match="one part of") as caught:
        read(tmp_path / name)
    assert ("join" in str(caught.value) or "unpack" in str(caught.value)) and "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [0.2, 0.6])
def test_the_end_of_a_zip_that_was_cut_anywhere_is_one_of_several_parts(cut: float, tmp_path: Path) -> None:
    whole = zipped(dict(zip(("a.png", "b.png", "c.png", "d.png"), PICTURES, strict=True)))
    (tmp_path / "end.zip").write_bytes(whole[int(cut * whole.index(b"PK\1\2")) :])
    with pytest.raises(SourceError, match="one part of"):
        read(tmp_path / "end.zip")


def test_a_name_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, 3 * 2**30
    (tmp_path / "bomb.tar").write_bytes(head.tobuf(tarfile.USTAR_FORMAT) + bytes(4096))
    with pytest.raises(SourceError, match="damaged or incomplete"):
        read(tmp_path / "bomb.tar")


def test_what_an_archive_unpacks_to_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking_limit, "FREE_BYTES", 2_000_000)
    content = zipped({f"{index}.jpg": bytes(900_000) + bytes([index]) for index in range(9)}, zipfile.ZIP_DEFLATED)
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "set.zip").write_bytes(content)
    (folder / "sound.jpg").write_bytes(PICTURES[0])
    for source, num_sound in ((folder / "set.zip", 0), (folder, 1)):
        found = read(source).values()
        stored = sum(len(file.content or b"") for file in found)
        assert stored <= unpacking_limit.MAX_RATIO * len(content) + 2_000_000 + num_sound * len(PICTURES[0])
        assert 0 < sum("unpacks to more" in (file.error or "") for file in found) < 9


@pytest.mark.parametrize("method", [9, 93, 98])
def test_a_method_that_python_lacks_is_named_in_the_row(method: int, tmp_path: Path) -> None:
    data = bytearray(zipped({"a.png": PICTURES[0], "b.png": PICTURES[1]}))
    at = data.index(b"PK\1\2")
    data[at + 10 : at + 12] = struct.pack("<H", method)
    (tmp_path / "set.zip").write_bytes(data)
    found = read(tmp_path / "set.zip")
    assert (found["a.png"].error or "").startswith("unsupported compression: ") and found["b.png"].content == PICTURES[1]


def bzip2_zip(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("happy/bomb.jpg", content)
        archive.writestr("happy/1.png", PICTURES[0])
    return buffer.getvalue()


def test_a_member_compressed_by_bzip2_is_unpacked_block_by_block(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(bzip2_zip(bytes(60 * 2**20)))
    tracemalloc.start()
    found = read(tmp_path / "a.zip")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found["happy/bomb.jpg"].error or "").startswith("too large") and found["happy/1.png"].content == PICTURES[0]
    assert peak_bytes < 15 * 2**20


def test_a_member_compressed_by_bzip2_is_checked_to_its_end(tmp_path: Path) -> None:
    whole = bzip2_zip(PICTURES[1] + bytes(300_000))
    (tmp_path / "a.zip").write_bytes(whole)
    assert contents(tmp_path / "a.zip") == {"happy/bomb.jpg": PICTURES[1] + bytes(300_000), "happy/1.png": PICTURES[0]}
    at = whole.index(b"PK\1\2")
    for offset, value, word in (
        (16, b"\0\0\0\0", "Bad CRC-32"),
        (24, struct.pack("<L", 900_000), "data end before"),
        (20, b"\x20\0\0\0", ""),
    ):
        (tmp_path / "a.zip").write_bytes(whole[: at + offset] + value + whole[at + offset + 4 :])
        assert word in (read(tmp_path / "a.zip")["happy/bomb.jpg"].error or "no error")
        assert read(tmp_path / "a.zip")["happy/1.png"].content == PICTURES[0]


def test_a_member_without_a_name_is_a_file(tmp_path: Path) -> None:
    content = zipped({"x": PICTURES[0], "happy/1.png": PICTURES[1]})
    central = content.index(b"PK\1\2")
    nameless = content[: central + 28] + b"\0\0" + content[central + 30 : central + 46] + content[central + 47 :]
    size = struct.unpack_from("<L", nameless, len(nameless) - 10)[0]
    (tmp_path / "a.zip").write_bytes(nameless[:-10] + struct.pack("<L", size - 1) + nameless[-6:])
    found = read(tmp_path / "a.zip")
    assert len(found) == 2 and found["happy/1.png"].content == PICTURES[1]


@pytest.mark.parametrize("size", ["99999999999999999999", "many"])
def test_a_size_that_no_file_has_is_damage(size: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("happy/0.png")
        member.size, member.pax_headers = len(PICTURES[0]), {"size": size}
        archive.addfile(member, io.BytesIO(PICTURES[0]))
    with pytest.raises(SourceError, match="is a damaged or incomplete tar archive"):
        read(tmp_path / "a.tar")


def test_a_disk_too_full_for_an_inner_archive_is_an_error_and_no_fault_of_the_archive(tmp_path: Path) -> None:
    inner = zipped({"happy/1.png": PICTURES[0], "notes.bin": np.random.default_rng(0).bytes(400_000)})
    (tmp_path / "source.zip").write_bytes(zipped({"inner.zip": inner, "happy/2.png": PICTURES[1]}))
    (tmp_path / "metadata.csv").write_text("path,subject\n")
    (tmp_path / "votes.csv").write_text("path\n")
    (tmp_path / "params.yaml").write_text(
        "ingest: {source: source.zip}\nmodels: {m: {backbone: test_resnet, weights: none, attention: none, head: dense, loss: "
        "cross_entropy}}\n"
    )
    done = run_stage("ingest", root=tmp_path, max_file_bytes=200_000)
    assert done.code == 2 and len(done.said) == 1 and "the archive inner.zip could not be copied" in done.said[0], done.err
    assert not (tmp_path / "data" / "raw").exists() and not leftovers(tmp_path)


def test_the_checksum_of_a_member_is_compared(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.png": PICTURES[0]}))
    data[data.index(PICTURES[0]) + 60] ^= 1
    (tmp_path / "set.zip").write_bytes(data)
    assert (read(tmp_path / "set.zip")["a.png"].error or "").startswith("damaged")


@pytest.mark.parametrize("gap", [0, 512, 9000 * 512])
def test_tars_behind_one_another_are_all_read(gap: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [tarred({f"happy/{name}.png": content}) for name, content in zip("abc", PICTURES, strict=False)]
    expected = {f"happy/{name}.png": content for name, content in zip("abc", PICTURES, strict=False)}
    (tmp_path / "set.tar").write_bytes(bytes(gap).join(parts))
    assert contents(tmp_path / "set.tar") == expected
    (tmp_path / "set.tar.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    assert contents(tmp_path / "set.tar.gz") == expected
    assert capsys.readouterr().err == ""


def test_what_follows_a_tar_and_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set.tar").write_bytes(tarred({"a.png": PICTURES[0]}) + b"a signature".ljust(700, b"x"))
    assert contents(tmp_path / "set.tar") == {"a.png": PICTURES[0]}
    assert "after the end of the archive" in capsys.readouterr().err


def test_a_line_break_behind_a_compressed_tar_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "set.tar.gz").write_bytes(gzip.compress(tarred({"a.png": PICTURES[0]})) + b"\n")
    assert contents(tmp_path / "set.tar.gz") == {"a.png": PICTURES[0]}


def test_the_checksum_at_the_end_of_a_compressed_tar_is_compared(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(tarred({"a.png": PICTURES[0]})))
    data[-6] ^= 1
    (tmp_path / "set.tar.gz").write_bytes(data)
    with pytest.raises(SourceError, match="damaged or incomplete"):
        read(tmp_path / "set.tar.gz")


def test_archives_in_a_folder_and_in_archives_are_folders_of_files(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "more").mkdir(parents=True)
    (folder / "happy.zip").write_bytes(zipped({"1.png": PICTURES[0], ".DS_Store": b"x"}))
    (folder / "more" / "sad.tar.gz").write_bytes(
        gzip.compress(tarred({"x/2.png": PICTURES[1], "inner.zip": zipped({"3.png": PICTURES[2]})}))
    )
    found = read(folder)
    assert {path: file.content for path, file in found.items() if file.content} == {
        "happy.zip/1.png": PICTURES[0],
        "more/sad.tar.gz/x/2.png": PICTURES[1],
        "more/sad.tar.gz/inner.zip/3.png": PICTURES[2],
    }
    assert {path: file.ignored for path, file in found.items() if not file.content} == {"happy.zip/.DS_Store": "system file"}


def test_an_archive_inside_that_cannot_be_read_is_a_row_beside_what_could(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    whole = tarred({"1.png": PICTURES[0], "2.png": PICTURES[1]})
    (folder / "cut.tar").write_bytes(whole[: whole.index(PICTURES[1]) + 20])
    (folder / "no.zip").write_bytes(b"<!DOCTYPE html>")
    (folder / "broken.zip").write_bytes(b"PK\3\4" + bytes(40))
    (folder / "part.zip").write_bytes(split_zip())
    (folder / "part.z01").write_bytes(bytes(40))
    found = read(folder)
    assert found["cut.tar/1.png"].content == PICTURES[0]
    for name, word in (
        ("cut.tar", "damaged or incomplete"),
        ("no.zip", "web page"),
        ("broken.zip", "damaged zip"),
        ("part.zip", "several parts"),
        ("part.z01", "several parts"),
    ):
        assert (found[name].error or "").startswith("unreadable archive: ") and word in (found[name].error or "")


def test_an_empty_archive_is_a_row(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "none.zip").write_bytes(zipped({}))
    assert read(folder)["none.zip"].ignored == "empty archive"


def test_archives_in_one_another_end(tmp_path: Path) -> None:
    content = zipped({"1.png": PICTURES[0]})
    for _ in range(9):
        content = zipped({"x.zip": content, "2.png": PICTURES[1]})
    (tmp_path / "set.zip").write_bytes(content)
    found = read(tmp_path / "set.zip")
    assert len(found) < 9 and [file.ignored for file in found.values() if not file.content] == ["nested archive"]


OTHERS = {
    "a.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "7z archive"),
    "b.rar": (b"Rar!\x1a\x07\x01" + bytes(9), "RAR archive"),
    "c.tar.zst": (b"\x28\xb5\x2f\xfd" + bytes(9), "Zstandard"),
    "d.zip": (b"<!DOCTYPE html><html>", "web page"),
    "e.tar.gz": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    "f.zip": (PICTURES[0], "a single PNG image"),
    "g.jpg.gz": (gzip.compress(PICTURES[0]), "single compressed file"),
    "h.zip": (b"PK\3\4" + bytes(50), "damaged or incomplete"),
    "i.doc": (b"words", "is not a folder"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_source_is_named_with_the_remedy(name: str, tmp_path: Path) -> None:
    content, word = OTHERS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=word) as caught:
        read(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_equal_names_are_told_apart_in_linear_time() -> None:
    """Counted, not timed: how often a name that was given is looked up."""
    unique = unique_paths()
    names = [unique("a/b.png") for _ in range(20_000)]
    assert len(set(names)) == 20_000 and names[:3] == ["a/b.png", "a/b (2).png", "a/b (3).png"]
    assert unique("a/b (3).png") == "a/b (3) (2).png"
