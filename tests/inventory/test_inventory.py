"""The list of the source's files changes exactly when a file does, and unchanged files are not read again."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from mien.inventory import listing
from mien.inventory.known import Known
from mien.inventory.listing import files_of, rows_of

LONG_AGO_NS = 10**18


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three files, unchanged for years."""
    for name in ("a.jpg", "b/c.jpg", "b/d.txt"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 1000)
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return tmp_path / "source"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read, as it happens."""
    names: list[str] = []
    original = listing._read

    def noted(path: Path) -> str | OSError:
        names.append(path.name)
        return original(path)

    monkeypatch.setattr(listing, "_read", noted)
    return names


def rows(source: Path, cache: Path) -> list[dict[str, Any]]:
    known = Known(cache)
    found = rows_of(files_of(source), known, workers=2)
    known.save()
    return found


def test_every_file_has_its_hash(source: Path, tmp_path: Path) -> None:
    (source / "b" / "gone.jpg").symlink_to("nowhere")
    found = {row.pop("path"): row for row in rows(source, tmp_path / "cache")}
    assert found.pop("b/gone.jpg") == {"size_bytes": None, "sha256": None, "note": "broken link"}
    assert found == {
        name: {"size_bytes": 1000 * len(name), "sha256": hashlib.sha256(name.encode() * 1000).hexdigest(), "note": None}
        for name in ("a.jpg", "b/c.jpg", "b/d.txt")
    }


def test_few_files_wait_at_once_without_a_change(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = rows(source, tmp_path / "cache")
    monkeypatch.setattr(listing, "_AT_ONCE", 2)
    assert rows(source, tmp_path / "other") == found


def test_an_archive_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"zip")
    assert rows(tmp_path / "set.zip", tmp_path / "cache") == [
        {"path": "set.zip", "size_bytes": 3, "sha256": hashlib.sha256(b"zip").hexdigest(), "note": None}
    ]


def test_only_changed_files_are_read_again(source: Path, tmp_path: Path, read: list[str]) -> None:
    first = rows(source, tmp_path / "cache")
    assert sorted(read) == ["a.jpg", "c.jpg", "d.txt"]
    read.clear()
    assert rows(source, tmp_path / "cache") == first and not read
    (source / "a.jpg").write_bytes(b"other")
    assert rows(source, tmp_path / "cache") != first and read == ["a.jpg"]
    read.clear()
    (source / "b" / "c.jpg").rename(source / "b" / "e.jpg")
    assert [row["path"] for row in rows(source, tmp_path / "cache")] == ["a.jpg", "b/d.txt", "b/e.jpg"]


def test_a_change_of_the_same_length_within_the_clocks_resolution_is_seen(source: Path, tmp_path: Path) -> None:
    path, now = source / "a.jpg", time.time_ns()
    path.write_bytes(b"one")
    os.utime(path, ns=(now, now))
    first = rows(source, tmp_path / "cache")
    path.write_bytes(b"two")
    os.utime(path, ns=(now, now))
    assert rows(source, tmp_path / "cache") != first


@pytest.mark.parametrize("damage", [b"", b"PAR1 no table", None])
def test_without_the_cache_the_rows_are_the_same(source: Path, tmp_path: Path, damage: bytes | None) -> None:
    cache = tmp_path / "cache"
    first = rows(source, cache)
    cache.unlink() if damage is None else cache.write_bytes(damage)
    assert rows(source, cache) == first


def test_a_file_that_goes_away_meanwhile_is_a_row(source: Path, tmp_path: Path) -> None:
    files = files_of(source)
    (source / "a.jpg").unlink()
    found = rows_of(files, Known(tmp_path / "cache"), workers=1)
    assert found[0]["sha256"] is None and "No such file" in found[0]["note"]
