"""Sharing a run through a DVC remote on S3 (moto's server): push, clone elsewhere, pull, and nothing is left to run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import ROOT, Workspace
from tests.services import Storage, s3_server

MODEL = "models/plain/weights.safetensors"


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    with s3_server() as server:
        server.make("faces")
        yield server


@pytest.fixture(scope="module")
def pushed(workspace: Workspace, storage: Storage) -> Workspace:
    """A run, and its outputs on S3. The remote is in Git, the credentials are in the environment."""
    workspace.environment |= storage.environment
    workspace.run("dvc", "remote", "add", "--default", "storage", "s3://faces/mien")
    workspace.run("dvc", "remote", "modify", "storage", "endpointurl", storage.endpoint)
    workspace.commit("a remote on S3")
    workspace.run("dvc", "push")
    return workspace


def test_a_run_is_pulled_elsewhere_and_nothing_is_run_again(pushed: Workspace, storage: Storage, tmp_path: Path) -> None:
    pushed.run("git", "clone", "-q", str(pushed.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")  # as a colleague gets it, without DVC's cache
    clone.environment |= storage.environment
    assert not (clone.root / MODEL).exists()
    clone.run("dvc", "pull")
    assert clone.read(MODEL) == pushed.read(MODEL)
    assert clone.stages_run(clone.run("dvc", "repro")) == set()
    assert clone.run("git", "status", "--porcelain") == ""


def test_a_remote_holds_every_output_and_git_no_secret(pushed: Workspace, storage: Storage) -> None:
    cached = {f"{path.parent.name}/{path.name}" for path in (pushed.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()}
    assert cached and cached <= {key.removeprefix("mien/files/md5/") for key in storage.objects("faces")}
    assert storage.environment["AWS_SECRET_ACCESS_KEY"] not in pushed.run("git", "grep", "-h", "", "--", ".dvc")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "Unable to locate credentials"),
        ({"PYTHONPATH": ".mien/absent"}, "s3 is supported, but requires 'dvc-s3' to be installed"),
    ],
    ids=["credentials", "extra"],
)
def test_what_is_missing_is_said_and_explained(pushed: Workspace, storage: Storage, changes: dict[str, str], said: str) -> None:
    absent = pushed.root / ".mien/absent/dvc_s3.py"
    absent.parent.mkdir(parents=True, exist_ok=True)
    absent.write_text("raise ModuleNotFoundError(\"No module named 'dvc_s3'\", name='dvc_s3')\n", encoding="utf-8")
    stranger = Workspace(pushed.root)
    stranger.environment |= storage.environment | changes
    assert said in stranger.run("dvc", "status", "--cloud", "configure", code=255)
    assert said in (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
