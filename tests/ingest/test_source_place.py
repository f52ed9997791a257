"""Where ingest.source lies on this machine, in the repository and in a copy of it."""

import os
import subprocess
from pathlib import Path

import pytest

from mien.core.errors import SourceError
from mien.ingest.sources import place as module
from mien.ingest.sources.place import source_place


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an experiment's copy of the repository, in which the stage runs; the main repository has data/incoming."""
    (tmp_path / "main" / "data" / "incoming").mkdir(parents=True)
    (tmp_path / "copy" / "data").mkdir(parents=True)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "main"))
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def test_home_and_variables_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert source_place("~/photos") == source_place("$HOME/photos") == source_place("${HOME}/photos") == tmp_path / "photos"
    monkeypatch.delenv("PHOTOS", raising=False)
    with pytest.raises(SourceError, match="a variable that is not set"):
        source_place("$PHOTOS/faces")


def test_a_name_with_a_dollar_sign_is_a_name_where_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/somewhere")
    for name in ("cash$", "my $HOME"):
        Path(name).mkdir()
        assert source_place(name) == Path(name)


def test_a_copy_reads_what_lies_in_the_main_repository_and_its_own_where_it_has_one(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = copy.parent / "main"
    assert source_place("data/incoming") == main / "data/incoming"
    assert capsys.readouterr().err == ""
    (main / "data/incoming.dvc").write_text("outs: []\n")
    assert source_place("data/incoming") == main / "data/incoming"
    assert f"git add {main / 'data/incoming.dvc'}" in capsys.readouterr().err
    (copy / "data/incoming").mkdir()
    assert source_place("data/incoming") == Path("data/incoming")
    assert source_place("data/nowhere") == Path("data/nowhere")


@pytest.mark.parametrize("tracked", ["data/incoming.dvc", "data.dvc"])
def test_what_dvc_tracks_is_checked_out_or_named(copy: Path, tracked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / tracked).write_text("outs: []\n")
    commands: list[list[str]] = []
    code = 0

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(module.subprocess, "run", run)  # type: ignore[attr-defined]
    assert source_place("data/incoming") == Path("data/incoming")
    assert commands[0][1:] == ["-m", "dvc", "checkout", "--quiet", tracked]
    code = 1
    with pytest.raises(SourceError, match=f"dvc pull {tracked}"):
        source_place("data/incoming")


@pytest.mark.parametrize("source", [".", "data", "..", "ABSOLUTE"])
def test_a_source_that_holds_what_the_pipeline_writes_is_refused(tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repository" / "data" / "incoming").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repository")
    with pytest.raises(SourceError, match="to which the pipeline itself writes"):
        source_place(os.fspath(tmp_path) if source == "ABSOLUTE" else source)
    assert source_place("data/incoming") == Path("data/incoming")
