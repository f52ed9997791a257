"""What `make help` says, and what the targets for FER2013 want."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_help_lists_every_target_for_users_in_one_column() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    lines = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert [line.split()[0] for line in lines] == phony.group(1).split()
    starts = {re.match(r"\S+\s+", line).end() for line in lines}  # type: ignore[union-attr]
    assert len(starts) == 1, "descriptions begin in one column"


@pytest.mark.parametrize("target", ["fer2013-methods", "fer2013-best", "ferplus-best"])
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "no such SOURCE ()"),
        ({"SOURCE": "nix.zip", "WEIGHTS": "weights"}, "no such SOURCE (nix.zip)"),
        ({"SOURCE": "there.zip", "VOTES": "nix.csv"}, "no such VOTES (nix.csv)"),
        ({"SOURCE": "there.zip", "WEIGHTS": "nix"}, "no mobilenetv2_100.*safetensors in WEIGHTS (nix)"),
        ({"SOURCE": "there.zip", "WEIGHTS": "empty"}, "no mobilenetv2_100.*safetensors in WEIGHTS (empty)"),
    ],
)
def test_a_target_for_fer2013_says_what_it_wants_before_it_changes_anything(
    workspace: Path, target: str, given: dict[str, str], error: str
) -> None:
    done = make(workspace, target, **given)
    usage, said, *_ = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert usage.startswith(f"usage: make {target} SOURCE=") and said == f"error: {error}"


def test_the_targets_for_fer2013_pass_on_what_they_are_given(workspace: Path) -> None:
    dry = make(workspace, "fer2013-methods", "-n", SOURCE="there.zip", WEIGHTS="weights").stdout
    assert f"--set ingest.source={workspace}/there.zip --set 'models.*.weights={workspace}/weights'" in dry
    dry = make(workspace, "ferplus-best", "-n", SOURCE="there.zip", VOTES="votes.csv").stdout
    assert f"--set ingest.source={workspace}/there.zip --set ingest.votes={workspace}/votes.csv" in dry
    assert "models.*.weights" not in dry, "ImageNet's weights are downloaded"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("there.zip", "votes.csv", "weights/mobilenetv2_100.some_tag.safetensors", "empty/other.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in (".venv/ready", "requirements.lock", "pyproject.toml"):  # nothing is to be installed
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def make(folder: Path, target: str, *options: str, **given: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), "-o", ".venv/ready", target, *options]
    command += [f"{name}={value}" for name, value in given.items()]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
