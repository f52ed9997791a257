"""A copy of the repository in a folder of its own, with small models, in which real DVC commands run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SMALL_MODELS = {
    "plain": {
        "backbone": "test_efficientnet", "weights": "none", "attention": "none", "head": "dense", "head_params": {"hidden": 256},
        "loss": "cross_entropy", "input_px": 32,
    },
    "focal_se": {
        "backbone": "test_resnet", "weights": "none", "attention": "se", "head": "dense", "head_params": {"hidden": 512}, "loss": "focal",
        "recipe": "one_stage", "input_px": 32,
        "train": {"optimizer": "adamw", "sampler": "weighted", "monitor": "val_macro_f1"},
    },
}  # fmt: skip


class Workspace:
    """One repository with DVC, and the commands of its user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("DVC_", "MLFLOW_"))}
        self.environment |= {"PATH": tools, "PYTHONPATH": "", "DVC_NO_ANALYTICS": "1", "MIEN_TRACKING": "off", "OMP_NUM_THREADS": "1"}

    def run(self, *command: str, code: int = 0) -> str:
        """What the command prints on both streams; fails the test if it does not exit with `code`."""
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        assert done.returncode == code, f"{' '.join(command)} exited with {done.returncode}:\n{output[-6000:]}"
        return output

    def stages_run(self, output: str) -> set[str]:
        """The stages that a `dvc repro` or `dvc exp run` really ran, as its output says; without inventory, which looks at the source each
        time.
        """
        return {line.split("'")[1] for line in output.splitlines() if line.strip().startswith("Running stage '")} - {"inventory"}

    def read(self, path: str | Path) -> bytes:
        return (self.root / path).read_bytes()

    def change(self, edit: Callable[[Any], None], path: str = "params.yaml") -> None:
        """Changes a YAML file as a user's editor would, comments kept."""
        yaml = YAML()
        yaml.width = 1000
        document = yaml.load((self.root / path).read_text(encoding="utf-8"))
        edit(document)
        with (self.root / path).open("w", encoding="utf-8") as file:
            yaml.dump(document, file)

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "--allow-empty", "-m", message)


def copy_repository(target: Path) -> Workspace:
    """The files that git would commit, as a repository of their own."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("metrics/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    workspace = Workspace(target)
    workspace.run("git", "init", "-q", "-b", "main")
    workspace.run("git", "config", "user.name", "tester")
    workspace.run("git", "config", "user.email", "tester@localhost")
    return workspace


def make_small(document: Any) -> None:
    """A hundred faces and two small networks for four epochs."""
    document["sample"]["num_faces"] = 100
    document["validate"]["share_tolerance"] = 0.2
    document["models"] = SMALL_MODELS
    document["exports"] = {}
    document["robustness"] |= {"models": ["focal_se"], "corruptions": ["gaussian_noise", "jpeg"]}
    document["train"] |= {"epochs": 4, "batch_size": 8, "lr": 3e-3}


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small repository after its first `dvc repro`, committed. All workers of the test run share it, so nobody may change it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    place = shared / "first_run"
    with FileLock(shared / "first_run.lock"):
        if not place.exists():
            made = copy_repository(tmp_path_factory.mktemp("made") / "first_run")
            made.change(make_small)
            made.run("dvc", "repro")
            made.commit("first run")
            made.root.rename(place)  # only now, so that a failed run is not taken for the workspace
    return Workspace(place)


@pytest.fixture(scope="module")
def workspace(first_run: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the first run for the tests of one file, which change it."""
    return Workspace(Path(shutil.copytree(first_run.root, tmp_path_factory.mktemp("copied") / "workspace", symlinks=True)))
