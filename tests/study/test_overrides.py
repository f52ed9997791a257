"""DVC, given the overrides, makes of one params.yaml exactly the other."""

from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides, to_hydra_overrides
from ruamel.yaml import YAML

from mien.core.errors import StudyError
from mien.study.overrides import hydra_value, overrides

YAML_TEXT = """\
seed: 42  # a comment
split: {factor: 1.0, method: official}
labels:
  classes: [a, b]
  aliases: {a: [x]}
faces: {box: {px: 3}, fit: pad}
models:
  one: {loss: focal, train: {epochs: 3}}
  two: {loss: eac}
"""
CHANGED: dict[str, Any] = {
    "seed": 7,
    "split": {"factor": 1e-5, "method": "true", "new": None},
    "labels": {"classes": ["b", "a, b", "it's"], "aliases": {}, "on": True},
    "faces": {"box": 3, "fit": {"px": 3}},
    "models": {
        "one": {"loss": "eac", "train": {"epochs": 3, "lr": -0.001}, "loss_params": {"eac_weight": 5}},
        "three": {"loss": "x", "train": {}},
    },
}


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_dvc_makes_of_one_the_other(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(YAML_TEXT, encoding="utf-8")
    apply_overrides(path, list(overrides(load(YAML_TEXT), CHANGED)))
    assert load(path.read_text(encoding="utf-8")) == CHANGED
    assert "# a comment" in path.read_text(encoding="utf-8")


def test_only_what_differs_is_set() -> None:
    assert list(overrides(load(YAML_TEXT), load(YAML_TEXT))) == []
    found = list(overrides(load(YAML_TEXT), load(YAML_TEXT.replace("focal", "mek").replace("  two: {loss: eac}\n", ""))))
    assert found == ["~models.two", "++models.one.loss=mek"]


@pytest.mark.parametrize(
    "value",
    ["focal", "/a/b-c_d.e", "true", "Null", "", "a b", "it's", "a,b", "x=y", "\\", "a\\'b", "end\\", "ü", "1", "1e3", "~", "*", 0, -1,
        0.5, 1e-9, 1e22, True, None, [], [1, "a b"], {}, {"a": [1]}],
)  # fmt: skip
def test_hydra_reads_back_each_value(value: Any) -> None:
    (read,) = to_hydra_overrides([f"++key={hydra_value(value)}"])
    assert read.value() == value
    assert type(read.value()) is type(value)


def test_a_reference_is_refused() -> None:
    with pytest.raises(StudyError, match="cannot set text with"):
        hydra_value("${loss.gamma}")
