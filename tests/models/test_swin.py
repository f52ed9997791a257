"""Swin, which timm makes for one input size: random and pretrained weights at others."""

import re
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mien.core.errors import ParamsError, WeightsError
from mien.core.files import write_json
from mien.models.backbones import create_backbone, empty_state, map_shape
from mien.models.build import build_model
from mien.models.pretrained import write_pretrained
from mien.models.weights import load_pretrained

from .make import make_config

SWIN = "swin_tiny_patch4_window7_224"
TABLE = "relative_position_bias_table"
State = dict[str, Tensor]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights for 224 px with classifier, as the hub has them, in place of pretrained ones."""
    torch.manual_seed(7)
    state = timm.create_model(SWIN).state_dict()
    path = tmp_path_factory.mktemp("swin") / f"{SWIN}.safetensors"
    save_file(state, path)
    return path


@pytest.fixture(scope="module")
def folder(file: Path) -> Path:
    write_pretrained(file.parent / "swin_t", backbone=SWIN, weights=str(file.parent))
    return file.parent / "swin_t"


@pytest.mark.parametrize(("input_px", "side"), [(32, 1), (64, 2), (80, 3), (96, 3), (100, 4), (112, 4), (224, 7), (256, 8)])
def test_it_takes_any_input_size(input_px: int, side: int) -> None:
    assert map_shape(SWIN, input_px=input_px, model="m") == (768, side, side)


@pytest.mark.parametrize(("input_px", "resampled"), [(64, 8), (96, 8), (112, 2), (224, 0)])
def test_pretrained_weights_are_those_that_timm_loads_itself(file: Path, folder: Path, input_px: int, resampled: int) -> None:
    loaded = build_model(make_config(backbone=SWIN, input_px=input_px), pretrained=folder).backbone.state_dict()
    overlay = {"file": str(file), "custom_load": False}
    timms = timm.create_model(
        SWIN, pretrained=True, pretrained_cfg_overlay=overlay, img_size=input_px, num_classes=0, global_pool=""
    ).state_dict()
    assert loaded.keys() == timms.keys()
    assert all(torch.equal(loaded[key], timms[key]) for key in timms)
    given = load_file(file)
    others = [key for key in loaded if loaded[key].shape != given[key].shape]
    assert len(others) == resampled and all(key.endswith(TABLE) for key in others)
    assert all(torch.equal(loaded[key], given[key]) for key in loaded if key not in others)


def test_a_resampled_table_keeps_what_it_says_of_an_offset(folder: Path) -> None:
    """A picture of half the side has half the cells, no other offsets between neighbours: the bias of an offset stays within 2 %."""
    state = load_file(folder / "weights.safetensors")
    offsets = torch.arange(-6.0, 7.0)
    for key in state:
        if key.endswith(TABLE):
            state[key] = (10 * offsets[:, None] + offsets).reshape(-1, 1).repeat(1, state[key].shape[1])
    changed = folder.parent / "ramps"
    changed.mkdir()
    save_file(state, changed / "weights.safetensors")
    write_json(changed / "pretrained.json", {"weights": "folder", "backbone": SWIN})
    backbone = create_backbone(SWIN, input_px=96)
    load_pretrained(backbone, changed, name=SWIN)
    for name, module in backbone.named_modules():
        if hasattr(module, TABLE):
            side, _ = module.window_size
            own = torch.arange(1.0 - side, side)
            expected = (10 * own[:, None] + own).reshape(-1, 1).expand_as(getattr(module, TABLE))
            torch.testing.assert_close(getattr(module, TABLE).detach(), expected, rtol=0.02, atol=0.02, msg=name)


def test_a_file_of_timms_older_layout_is_adapted(tmp_path: Path, file: Path, folder: Path) -> None:
    """As Microsoft's files have it: patches merged at the end of a stage, the classifier called head, buffers kept."""
    older = {re.sub(r"layers\.(\d)\.downsample", lambda m: f"layers.{int(m[1]) - 1}.downsample", key).replace("head.fc.", "head."): tensor
             for key, tensor in load_file(file).items()}  # fmt: skip
    older["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(49, 49, dtype=torch.int64)
    save_file(older, tmp_path / f"{SWIN}.safetensors")
    write_pretrained(tmp_path / "m", backbone=SWIN, weights=str(tmp_path))
    assert (tmp_path / "m" / "weights.safetensors").read_bytes() == (folder / "weights.safetensors").read_bytes()


def written(folder: Path, name: str, state: State) -> Path:
    folder.mkdir(parents=True)
    save_file(state, folder / "weights.safetensors")
    write_json(folder / "pretrained.json", {"weights": "folder", "backbone": name})
    return folder


def test_where_timm_cannot_resample_the_size_is_refused(tmp_path: Path) -> None:
    name = "levit_conv_128s"
    state = {key: torch.zeros_like(tensor, device="cpu") for key, tensor in empty_state(name).items()}
    folder = written(tmp_path / "levit" / "start", name, state)
    with pytest.raises(
        ParamsError,
        match=r"^models\.levit\.input_px: must be 224 with pretrained weights of levit_conv_128s, or models\.levit\.weights none; \d+ of",
    ):
        build_model(make_config(backbone=name, input_px=112), pretrained=folder)


def test_a_damaged_table_is_refused_not_resampled(tmp_path: Path, folder: Path) -> None:
    state = load_file(folder / "weights.safetensors")
    state[f"layers.3.blocks.0.attn.{TABLE}"] = torch.zeros(7, 24)
    with pytest.raises(WeightsError, match="does not fit swin_tiny_patch4_window7_224: tensors 1 of another shape"):
        build_model(make_config(backbone=SWIN, input_px=224), pretrained=written(tmp_path / "damaged", SWIN, state))
