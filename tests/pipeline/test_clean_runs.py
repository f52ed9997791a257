"""Two clean runs on one machine; a file of its own, because a second whole run takes as long as all the rest."""

from pathlib import Path

from tests.pipeline.conftest import Workspace


def test_two_clean_runs_give_the_same_metrics(first_run: Workspace, tmp_path: Path) -> None:
    first_run.run("git", "clone", "-q", str(first_run.root), str(tmp_path / "again"))
    again = Workspace(tmp_path / "again")
    again.run("dvc", "repro")  # dvc.lock is there, the cache is not
    assert again.read("data/sample.zip") == first_run.read("data/sample.zip")
    files = [path.relative_to(first_run.root) for path in (first_run.root / "metrics").rglob("*") if path.is_file()]
    # The report names the Git commit and how fast this machine is.
    compared = [path for path in files if path.parts[:2] != ("metrics", "report")]
    assert len(compared) > 20 and all((again.root / path).is_file() for path in files)
    for path in compared:
        assert again.read(path) == first_run.read(path), path
