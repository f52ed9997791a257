"""Parameters declared beside the loss or head: one file adds a loss with its parameters, and what is badly declared is refused."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from mien.config import declared
from mien.core import registry
from mien.core.errors import ParamsError

ROOT = Path(__file__).parents[2]
EACH = [(section, name) for section, package in declared.PACKAGES.items() for name in registry.names(package)]

BRIER = """
from torch import nn

PARAMETERS = {
    "power": {"default": 2.0, "gt": 0, "le": 4, "description": "exponent of the differences, unitless"},
    "gamma": "focal",
}
SOFT_TARGETS = True
TWO_VIEWS = False
LOSS = nn.Module
"""


@pytest.fixture
def fresh() -> Iterator[None]:
    """What was read of the files is forgotten, before and after."""
    for read in (declared.parameters, declared.section_of):
        read.cache_clear()
    yield
    for read in (declared.parameters, declared.section_of):
        read.cache_clear()


@pytest.fixture
def losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None) -> Path:  # noqa: ARG001
    """A copy of the folder of losses, which the registry reads in its place."""
    folder = tmp_path / "losses"
    shutil.copytree(ROOT / "mien/losses", folder)
    original = registry._folder
    monkeypatch.setattr(registry, "_folder", lambda package: folder if package == "mien.losses" else original(package))
    return folder


@pytest.mark.parametrize(("section", "name"), EACH)
def test_every_declaration_holds_its_own_default(section: str, name: str) -> None:
    for key, declaration in declared.parameters(section, name).items():
        kind, field = declaration.field()
        assert declared.values(section, name, {key: declaration.default}) == declared.values(section, name, {})
        assert not isinstance(declaration.default, str) or declaration.choices, f"{name}.{key} is text and has no choices"
        assert field.description and kind


@pytest.mark.parametrize(("section", "name"), EACH)
def test_a_loss_reads_what_it_declares_and_nothing_else(section: str, name: str) -> None:
    every = declared.section_of(section)().model_dump()
    read = declared.values(section, name, every)
    declarations = declared.parameters(section, name)
    assert list(read) == [key for key in declarations if key in read]
    assert set(declarations) - set(read) <= {key for key, declaration in declarations.items() if declaration.only_if}


def test_beta_is_read_with_effective_numbers_or_where_there_is_no_choice_of_weights() -> None:
    assert "beta" not in declared.values("loss", "focal", {"class_weights": "inverse", "beta": 0.5})
    assert declared.values("loss", "focal", {"class_weights": "effective", "beta": 0.5})["beta"] == 0.5
    assert declared.values("loss", "class_balanced", {"class_weights": "inverse", "beta": 0.5}) == {"beta": 0.5, "val_loss": "published"}


@pytest.mark.parametrize("given", [{"gamma": -1.0}, {"gamma": "2"}, {"gama": 2.0}, {"beta": 1.0}, {"class_weights": "equal"}])
def test_values_that_break_a_rule_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        declared.values("loss", "focal", given)


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ('{"default": 2.0}', r"mien/losses/brier\.py: PARAMETERS\.power\.description must be declared as .*: Field required"),
        ('{"default": 2.0, "description": "x", "min": 0}', r"mien/losses/brier\.py: PARAMETERS\.power\.min must be declared as "),
        ('{"default": None, "description": "x"}', r"mien/losses/brier\.py: PARAMETERS\.power\.default\."),
        ('"focal"', r"mien/losses/focal\.py: PARAMETERS\.power must be declared as "),
    ],
)
def test_a_bad_declaration_names_the_file_and_the_key(losses: Path, declaration: str, message: str) -> None:
    (losses / "brier.py").write_text(f'PARAMETERS = {{"power": {declaration}}}\n')
    with pytest.raises(ParamsError, match=message):
        declared.section_of("loss")


@pytest.mark.parametrize("change", [("1.0", "2.0"), ('"ge": 0', '"gt": 0'), ("unitless", "in bits"), ('"default": 1.0', '"default": 1')])
def test_what_two_losses_read_must_be_declared_alike(losses: Path, change: tuple[str, str]) -> None:
    original = (losses / "logit_adjusted.py").read_text()
    assert change[0] in original
    (losses / "other.py").write_text(original)
    assert "tau" in declared.section_of("loss").model_fields, "alike"
    for read in (declared.parameters, declared.section_of):
        read.cache_clear()
    (losses / "other.py").write_text(original.replace(*change))
    with pytest.raises(
        ParamsError, match=r"loss\.tau is declared differently by logit_adjusted and other of mien\.losses; declare it alike"
    ):
        declared.section_of("loss")


def test_a_new_loss_with_a_new_parameter_is_one_file(tmp_path: Path) -> None:
    """In a copy of the project: params.yaml may set the parameter, `mien params` prints it, `configure` writes it, and errors name it."""
    shutil.copytree(ROOT / "mien", tmp_path / "mien", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "weights", tmp_path / "weights", symlinks=True)
    (tmp_path / "mien/losses/brier.py").write_text(BRIER, encoding="utf-8")
    yaml = YAML()
    document = yaml.load((ROOT / "params.yaml").read_text(encoding="utf-8"))

    def run(*arguments: str, **loss: float) -> subprocess.CompletedProcess[str]:
        document["loss"] |= loss
        document["models"]["resnet50"]["loss"] = "brier"
        with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
            yaml.dump(document, file)
        command = [sys.executable, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    shown = run("-m", "mien", "params", "loss.power").stdout.splitlines()
    assert shown[1].split("  ")[-1] == "exponent of the differences, unitless; read by brier"
    assert "number > 0, ≤ 4" in shown[1] and " 2.0 " in shown[1]

    done = run(
        "-c", "import sys, stages.configure; stages.configure.main(); assert 'torch' not in sys.modules, 'torch is imported'", power=3.0
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "data/configs/resnet50.json").read_text())["loss"]
    assert written == {"name": "brier", "power": 3.0, "gamma": 2.0}

    done = run("-m", "stages.configure", power=5.0)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "  loss.power: must be less than or equal to 4 (got 5.0)"
