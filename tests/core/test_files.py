"""Files and folders are written whole or not at all, whoever is killed or refused meanwhile, and what is left of the dead is swept."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mien.core import disk, leftovers
from mien.core.errors import StorageError
from mien.core.files import keep_only, replacing_directory, replacing_file, write_json
from tests.surroundings import leftovers as left
from tests.surroundings import run, tree

WRITE = """
import sys, time
from pathlib import Path
from mien.core.files import {kind}
with {kind}(Path("data/out")) as temporary:
    (temporary if "{kind}" == "replacing_file" else temporary / "part").write_bytes(b"x" * 1000)
    print("written", flush=True)
    time.sleep(60)
"""
KINDS = {"replacing_file": replacing_file, "replacing_directory": replacing_directory}


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def leave(place: Path) -> Path:
    """What a killed process leaves: here a folder with something in it."""
    (place / "deep").mkdir(parents=True)
    (place / "deep" / "part").write_text("half")
    return place


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_process_left_is_swept_by_the_next_that_writes_there(kind: str, tmp_path: Path) -> None:
    code = WRITE.format(kind=kind)
    done = run([sys.executable, "-c", code], root=tmp_path, stop=signal.SIGKILL, when=lambda: bool(left(tmp_path)), after_s=0.05)
    assert done.code == -signal.SIGKILL and len(left(tmp_path)) == 1 and not (tmp_path / "data/out").exists()
    write_json(tmp_path / "data/other", {})
    assert len(left(tmp_path)) == 1, "of another output: perhaps its stage runs"
    with KINDS[kind](tmp_path / "data/out") as temporary:
        assert left(tmp_path) == ([temporary] if kind == "replacing_directory" else [])
        if kind == "replacing_file":
            temporary.write_text("whole")
    assert not left(tmp_path) and (tmp_path / "data/out").exists()


def test_nothing_of_a_living_process_or_another_machine_is_swept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, dead = leftovers.owner(), dead_pid()
    living = leave(tmp_path / f".out.{own}.{os.getppid()}.tmp")
    others = [leave(tmp_path / f".out.{name}{dead}.tmp") for name in ("elsewhere.", f"{own}-4026532000.", "")]
    unlike = [leave(tmp_path / name) for name in (f".out.txt.{own}.{dead}.tmp", f"out.{own}.{dead}.tmp", f".out.{own}.{dead}.tmp2")]
    gone = leave(tmp_path / f".out.{own}.{dead}.tmp")
    write_json(tmp_path / "out", {})
    assert not gone.exists() and all((place / "deep" / "part").is_file() for place in (living, *others, *unlike))
    said = capsys.readouterr().err
    assert said.count("warning: ") == len(others) and all(str(place) in said for place in others)


def test_the_owner_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    name = leftovers.owner()
    leftovers.owner.cache_clear()
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename="node-7.cluster.läb" + "x" * 80))
    other = leftovers.owner()
    leftovers.owner.cache_clear()
    assert other != name and other.startswith("node-7-cluster-l-b") and len(other) < 60
    path = Path("data") / "a.b.c" / "0.parquet"
    nested = leftovers.temporary_beside(path.parent) / leftovers.temporary_beside(path).name
    assert nested != path and leftovers.final_path(nested) == path and leftovers.final_path(path) == path


@pytest.mark.parametrize("kind", KINDS)
def break_off(kind: str, path: Path, error: BaseException) -> None:
    """Raises `error` when half is written."""
    with KINDS[kind](path) as temporary:
        (temporary / "part" if kind == "replacing_directory" else temporary).write_text("half")
        raise error


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_leaves_the_old_and_nothing_else(kind: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    before = tree(tmp_path)
    for error in (KeyboardInterrupt(), ValueError("wrong"), OSError(errno.ENOSPC, "full")):
        with pytest.raises((KeyboardInterrupt, ValueError, StorageError)):
            break_off(kind, tmp_path / "out", error)
        assert tree(tmp_path) == before


def chained(outer: Exception, inner: Exception, *, explicitly: bool) -> Exception:
    try:
        try:
            raise inner
        except Exception as error:
            if explicitly:
                raise outer from error
            raise outer  # noqa: B904
    except Exception as error:
        return error


@pytest.mark.parametrize("code", disk.REFUSALS)
def test_a_refusal_is_told_from_a_defect_however_it_is_wrapped(code: int, tmp_path: Path) -> None:
    refused = OSError(code, os.strerror(code))
    for error in (refused, *(chained(RuntimeError("unexpected pos 1478336"), refused, explicitly=way) for way in (True, False))):
        with pytest.raises(StorageError) as told, replacing_file(tmp_path / "out" / "a.bin"):
            raise error
        line = str(told.value)
        assert line.startswith(f"{tmp_path}/out/a.bin could not be written: {disk.REFUSALS[code][0]} (") and "\n" not in line
        assert " free" in line and "nothing half-written remains" in line and disk.REFUSALS[code][1] in line
        again = disk.refusal(error)
        assert again is not None and disk.REFUSALS[code][0] in str(again), "also where nobody knows what was written"
    for defect in (OSError(errno.ENOENT, "no such file"), RuntimeError("a defect"), ValueError("x")):
        assert disk.refusal(defect) is None
        with pytest.raises(type(defect)), replacing_file(tmp_path / "out" / "a.bin"):
            raise defect


def test_a_library_that_forgets_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of the disk tells; but what is no error of writing stays what it is."""
    monkeypatch.setattr(disk, "_free_bytes", lambda _path: 10)
    said = r"a.bin could not be written: no space is left on the disk \(14 bytes free without it\)"
    with pytest.raises(StorageError, match=said):
        break_off("replacing_file", tmp_path / "a.bin", RuntimeError("PytorchStreamWriter failed writing file data/0"))
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))


def test_only_what_is_named_stays_in_a_folder(tmp_path: Path) -> None:
    for name in ("a/in", "b/in", "c", "d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    keep_only(tmp_path, [tmp_path / "a", tmp_path / "c", tmp_path / "none"])
    assert tree(tmp_path) == {"a/in": b"a/in", "c": b"c"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="permission is denied"):
        write_json(tmp_path / "a.json", 1)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with replacing_directory(tmp_path / "new") as temporary:
        (temporary / "a").write_text("b")
    assert tree(tmp_path) == {"out": b"a file", "new/a": b"b"}
    shutil.rmtree(tmp_path / "new")
    assert disk.shown(999) == "999 bytes" and disk.shown(1_500_000_000) == "1.5 GB"
