"""The files of experiments/ that are presets: the commands in their heads give a params.yaml that is accepted."""

import re
import shlex
from pathlib import Path

import pytest

from mien.config.configure import configure
from mien.config.params import load_params
from mien.config.preset import apply_preset, left_out

ROOT = Path(__file__).parents[2]
FILES = sorted(file for file in (ROOT / "experiments").glob("*.yaml") if "\ntitle:" not in "\n" + file.read_text(encoding="utf-8"))
MAKE = {"ferplus_best", "fer2013_best", "fer2013_methods"}  # which the Makefile applies, and tests/test_makefile.py tests


def commands(file: Path) -> list[list[str]]:
    """The arguments of `mien preset` in the comment at the head of a file, in order."""
    return [shlex.split(line) for line in re.findall(r"^#\s+mien preset (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)]


def test_there_are_such_files() -> None:
    assert {file.stem for file in FILES} >= {*MAKE, "ferplus_methods", "ferplus_small", "fer2013_distillation", "starts"}


@pytest.mark.parametrize("file", [file for file in FILES if file.stem not in MAKE], ids=lambda file: file.stem)
def test_the_commands_in_the_head_of_a_preset_give_params_that_are_accepted(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    used = commands(file)
    assert used, "the head of the file names the commands"
    assert used[-1][0] == f"experiments/{file.name}"
    for name, *rest in used:
        settings = [value for flag, value in zip(rest[::2], rest[1::2], strict=True) if flag == "--set"]
        assert len(settings) == len(rest) // 2
        where = str(ROOT / name) if name.startswith("experiments/") else name
        assert not name.startswith("experiments/") or left_out(where, path=path) == []
        assert apply_preset(where, settings=settings, path=path)
    params = load_params(path)
    assert params.models and all(configure(params, model) for model in params.models)
    recipes = {
        tuple(sorted(configure(params, model).train.model_dump(exclude={"epochs", "lr", "distill_weight", "distill_temperature"}).items()))
        for model in params.models
    }
    assert len(recipes) == 1, "all rows of a table have one recipe"
