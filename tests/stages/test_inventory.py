"""The stage as it is run: what it writes, says and refuses."""

import subprocess
from pathlib import Path

import pytest

from mien.core import paths
from mien.core.errors import MienError, SourceError, StudyError
from mien.store.tables import INVENTORY, read_table
from stages import inventory
from tests.least import MODELS


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the stage runs, with one photograph."""
    root = tmp_path / "repository"
    (root / "photos" / "happy").mkdir(parents=True)
    (root / "photos" / "happy" / "a.jpg").write_bytes(b"a")
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    paths.PARAMS.write_text(f"ingest: {{source: photos}}\n{MODELS}\n")
    Path("metadata.csv").write_text("path,subject\n")
    Path("votes.csv").write_text("path\n")
    Path("corrections.csv").write_text("sample_id,decision\n")
    return root


def test_the_list_changes_when_the_source_does_and_only_then(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inventory.main()
    first = paths.INVENTORY.read_bytes()
    assert "inventory: 1 file in photos" in capsys.readouterr().out
    (repository / "photos/happy/a.jpg").touch()
    inventory.main()
    assert paths.INVENTORY.read_bytes() == first
    (repository / "photos/happy/b.jpg").symlink_to("nowhere")
    inventory.main()
    assert read_table(paths.INVENTORY, INVENTORY)["note"].tolist() == [None, "broken link"]
    assert "1 cannot be read, such as happy/b.jpg" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("ingest: {source: nowhere}", "ingest.source: nowhere does not exist"),
        ("ingest: {source: .}", "to which the pipeline itself writes"),
        ("ingest: {source: photos, metadata: m.csv}", "ingest.metadata: m.csv does not exist"),
        ("ingest: {source: photos}\nlabels: {corrections: c.csv}", "labels.corrections: c.csv does not exist"),
    ],
)
def test_what_is_missing_is_said_before_dvc_looks_for_it(params: str, said: str) -> None:
    paths.DATA.mkdir()
    paths.PARAMS.write_text(f"{params}\n{MODELS}\n")
    with pytest.raises(MienError) as caught:
        inventory.main()
    assert isinstance(caught.value, SourceError) and said in str(caught.value) and "\n" not in str(caught.value)


def test_an_experiment_in_a_copy_of_a_shallow_clone_is_refused(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str, cwd: Path) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments], cwd=cwd, check=True, capture_output=True)

    git("init", "-q", cwd=repository)
    for message in ("one", "two"):
        git("commit", "-q", "--allow-empty", "-m", message, cwd=repository)
    for name, depth in (("shallow", ["--depth", "1"]), ("whole", [])):
        git("clone", "-q", *depth, repository.as_uri(), str(tmp_path / name), cwd=tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "whole"))
    inventory.main()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "shallow"))
    with pytest.raises(StudyError, match="git fetch --unshallow"):
        inventory.main()
