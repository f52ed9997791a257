"""The folder is the registry: every entry can be built from its own declaration, and a new file is a new entry."""

import inspect
import re
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML

import mien.losses
from mien.config import declared
from mien.core import registry
from mien.losses import build_loss

COUNTS = (4, 3, 2)


def defaults(name: str) -> dict[str, object]:
    return {"name": name, **declared.values("loss", name, {})}


def test_helpers_are_no_entries() -> None:
    assert registry.names("mien.losses") == [
        "balanced_softmax",
        "class_balanced",
        "cross_entropy",
        "eac",
        "focal",
        "logit_adjusted",
        "mek",
        "rebalanced",
    ]
    assert not [name for name in registry.names("mien.losses") if name.startswith("_")]


@pytest.mark.parametrize("name", registry.names("mien.losses"))
def test_every_loss_is_built_from_what_it_declares(name: str) -> None:
    accepted = set(inspect.signature(registry.load("mien.losses", name, "LOSS")).parameters)
    assert accepted == {*declared.parameters("loss", name), "class_counts"}
    loss = build_loss(defaults(name), class_counts=COUNTS)
    value = loss(torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 1, 0]))
    assert value.ndim == 0 and value.isfinite() and value >= 0


@pytest.mark.parametrize("name", registry.names("mien.losses"))
def test_every_loss_says_what_it_takes(name: str) -> None:
    for constant in ("SOFT_TARGETS", "TWO_VIEWS"):
        assert isinstance(registry.constant("mien.losses", name, constant), bool)


def test_train_depends_on_every_shared_file() -> None:
    """dvc.yaml cannot know which of them the loss of an entry imports, so training depends on all of them."""
    folder = Path(mien.losses.__file__).parent
    deps = YAML(typ="safe", pure=True).load(folder.parents[1] / "dvc.yaml")["stages"]["train"]["do"]["deps"]
    assert {f"mien/losses/{path.name}" for path in folder.glob("_*.py")} <= set(deps)
    for path in folder.glob("*.py"):
        assert not re.findall(r"from mien\.losses\.[a-z]", path.read_text()), (
            f"{path.name} takes from a loss, which training of another lacks"
        )


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(KeyError, match="cross_entropy, eac, focal"):
        build_loss({"name": "focl"}, class_counts=COUNTS)


def test_a_new_file_is_a_new_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brier.py").write_text(
        "from torch import nn\n"
        "PARAMETERS = {}\n"
        "class Brier(nn.Module):\n"
        "    def __init__(self, *, class_counts):\n"
        "        super().__init__()\n"
        "    def forward(self, logits, targets):\n"
        "        return ((logits.softmax(1) - nn.functional.one_hot(targets, logits.shape[1])) ** 2).sum(1).mean()\n"
        "LOSS = Brier\n"
    )
    monkeypatch.setattr(registry, "_folder", lambda _: tmp_path)
    monkeypatch.setattr(mien.losses, "__path__", [*mien.losses.__path__, str(tmp_path)])
    assert registry.names("mien.losses") == ["brier"]
    loss = build_loss({"name": "brier"}, class_counts=COUNTS)
    assert loss(torch.zeros(1, 3), torch.tensor([0])).item() == pytest.approx(4 / 9 + 2 / 9)
