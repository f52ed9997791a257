"""A folder is walked once whatever its links do, and what cannot be opened is named with its reason."""

import os
import socket
from pathlib import Path

import pytest

from mien.core.errors import SourceError
from mien.ingest.sources.folder import folder_entries
from mien.ingest.sources.walk import walk


def notes(source: Path) -> dict[str, str | None]:
    """By path, why a file is not opened; None for one that is."""
    found = list(walk(source))
    assert len({each.path for each in found}) == len(found)
    return {each.path: each.ignored or each.error for each in found}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two classes of one file each."""
    for name in ("happy", "sad"):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / "source" / name / f"{name}.jpg").write_bytes(name.encode())
    return tmp_path / "source"


OWN = {"happy/happy.jpg": None, "sad/sad.jpg": None}


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder elsewhere, with one below it."""
    (tmp_path / "disk" / "below").mkdir(parents=True)
    (tmp_path / "disk" / "a.jpg").write_bytes(b"a")
    (tmp_path / "disk" / "below" / "b.jpg").write_bytes(b"b")
    return tmp_path / "disk"


def test_links_to_files_are_followed_wherever_they_lead(source: Path, disk: Path) -> None:
    (source / "sad" / "inside.jpg").symlink_to("../happy/happy.jpg")
    (source / "sad" / "cached.jpg").symlink_to(disk / "a.jpg")
    assert notes(source) == {**OWN, "sad/cached.jpg": None, "sad/inside.jpg": None}
    contents = {entry.path: entry.open().read() for entry in folder_entries(source)}
    assert contents["sad/cached.jpg"] == b"a" and contents["sad/inside.jpg"] == b"happy"


def test_a_linked_folder_is_read_once_under_the_name_of_its_first_link(source: Path, disk: Path) -> None:
    (source / "angry").symlink_to(disk)
    (source / "mad").symlink_to(disk)
    (source / "zz").symlink_to(disk / "below")
    read = "link to a folder that is read already"
    assert notes(source) == {"angry/a.jpg": None, "angry/below/b.jpg": None, **OWN, "mad": read, "zz": read}


def test_no_file_is_read_twice_where_a_part_of_a_linked_folder_is_linked_first(source: Path, disk: Path) -> None:
    (source / "angry").symlink_to(disk / "below")
    (source / "mad").symlink_to(disk)
    found = notes(source)
    assert {path for path, note in found.items() if note is None} == {"angry/b.jpg", "mad/a.jpg", *OWN}
    assert found["mad/below"] == "link to a folder that is read already"


def test_loops_end(source: Path, disk: Path) -> None:
    (source / "up").symlink_to("..")
    (source / "self").symlink_to(source)
    (source / "root").symlink_to("/")
    (source / "happy" / "again").symlink_to("../sad")
    (source / "out").symlink_to(disk)
    (disk / "back").symlink_to(source)
    (disk / "round").symlink_to(".")
    circle, read = "link in a circle", "link to a folder that is read already"
    assert notes(source) == {
        **OWN, "up": circle, "self": circle, "root": circle, "happy/again": read,
        "out/a.jpg": None, "out/below/b.jpg": None, "out/back": circle, "out/round": read,
    }  # fmt: skip


def test_the_systems_own_places_are_not_read(source: Path) -> None:
    (source / "happy" / "passwd.jpg").symlink_to("/etc/passwd")
    (source / "etc").symlink_to("/etc")
    (source / "happy" / "zero.jpg").symlink_to("/dev/zero")
    assert {path: note for path, note in notes(source).items() if note} == dict.fromkeys(
        ("etc", "happy/passwd.jpg", "happy/zero.jpg"), "link to a system place"
    )


def test_a_broken_link_is_a_lost_photograph_by_its_name_else_junk(source: Path) -> None:
    for name in ("gone.jpg", "circle.jpg", "gone.txt"):
        (source / "sad" / name).symlink_to(name if "circle" in name else "nowhere")
    found = {each.path: each for each in walk(source)}
    assert found["sad/gone.jpg"].error == found["sad/circle.jpg"].error == found["sad/gone.txt"].ignored == "broken link"


def test_pipes_and_sockets_are_named_and_not_opened(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(source / "pipe.jpg")
    monkeypatch.chdir(source)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
        assert notes(source) == {**OWN, **dict.fromkeys(("pipe.jpg", "socket.jpg"), "not a regular file")}


def test_a_name_that_is_no_utf8_is_shown_and_opened(source: Path) -> None:
    (source / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"cafe")
    (entry,) = (entry for entry in folder_entries(source) if "caf" in entry.path)
    assert entry.path == "caf\\xe9.jpg" and entry.open().read() == b"cafe"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(source: Path) -> None:
    (source / "happy").chmod(0)
    try:
        assert notes(source) == {"happy": "permission denied", "sad/sad.jpg": None}
        source.chmod(0)
        with pytest.raises(SourceError, match="cannot be listed"):
            list(folder_entries(source))
    finally:
        source.chmod(0o700)
        (source / "happy").chmod(0o700)
