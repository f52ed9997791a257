"""Both models at a time on the real pipeline: the same bytes and the same dvc.lock as one after the other."""

import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.pipeline.conftest import Workspace


@pytest.mark.slow
def test_models_at_a_time_give_the_dvc_lock_of_one_after_the_other(first_run: Workspace, tmp_path: Path) -> None:
    first_run.run("git", "clone", "-q", str(first_run.root), str(tmp_path / "again"))
    again = Workspace(tmp_path / "again")
    output = again.run(sys.executable, "-m", "mien", "repro", "--jobs", "2")  # dvc.lock is there, the cache is not
    started = [line.removeprefix("started: ").split(", ")[0] for line in output.splitlines() if line.startswith("started: ")]
    assert sorted(started) == ["pretrained@focal_se", "pretrained@plain"]
    assert "train@plain | plain: epoch 4: " in output and "train@focal_se | focal_se: epoch 4: " in output
    # The report says how fast this machine is.
    locked, expected = (YAML(typ="safe").load(run.read("dvc.lock"))["stages"] for run in (again, first_run))
    assert {name: stage for name, stage in locked.items() if name != "report"} == {
        name: stage for name, stage in expected.items() if name != "report"
    }
    again.run("dvc", "repro")
    assert again.run("dvc", "status", "-q", "report") == ""
