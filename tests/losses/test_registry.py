"""The folder is the registry: every entry can be built from its own declaration, and a new file is a new entry."""

import inspect
from pathlib import Path

import pytest
import torch

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
        "bbn",
        "class_balanced",
        "cross_entropy",
        "eac",
        "focal",
        "logit_adjusted",
        "mean_teacher_selected",
        "mek",
        "rebalanced",
        "rul",
        "scn",
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
