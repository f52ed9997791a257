"""What `make help` says, and what `make fer2013-methods` wants."""

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


@pytest.mark.parametrize(
    ("source", "weights", "error"),
    [
        ("", "", "no such SOURCE ()"),
        ("nix.zip", "weights", "no such SOURCE (nix.zip)"),
        ("there.zip", "", "no mobilenetv2_100.*safetensors in WEIGHTS ()"),
        ("there.zip", "nix", "no mobilenetv2_100.*safetensors in WEIGHTS (nix)"),
        ("there.zip", "empty", "no mobilenetv2_100.*safetensors in WEIGHTS (empty)"),
    ],
)
def test_the_methods_table_says_what_it_wants_before_it_changes_anything(tmp_path: Path, source: str, weights: str, error: str) -> None:
    (tmp_path / "there.zip").touch()
    for folder in ("weights", "empty"):
        (tmp_path / folder).mkdir()
    (tmp_path / "weights" / "mobilenetv2_100.some_tag.safetensors").touch()
    makefile = ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), "-o", ".venv/ready", "fer2013-methods"]
    for name in (".venv/ready", "requirements.lock", "pyproject.toml"):  # nothing is to be installed
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    done = subprocess.run([*makefile, f"SOURCE={source}", f"WEIGHTS={weights}"], cwd=tmp_path, capture_output=True, text=True, check=False)
    usage, said, *_ = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert usage.startswith("usage: make fer2013-methods SOURCE=") and said == f"error: {error}"
    dry = subprocess.run([*makefile, "-n", "SOURCE=there.zip", "WEIGHTS=weights"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"--set ingest.source={tmp_path}/there.zip --set 'models.*.weights={tmp_path}/weights'" in dry.stdout
