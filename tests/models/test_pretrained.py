"""Weights from a folder, and none: what is written, what is refused and in which words."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save, save_file
from torch import Tensor

from mien.core.errors import TableError, WeightsError
from mien.models.build import build_model
from mien.models.pretrained import write_pretrained
from mien.models.store import save_half, save_model
from mien.models.weights import file_sha256, origin_of, read_note
from tests.models.make import make_config, make_model

BACKBONE = "test_efficientnet"


@pytest.fixture
def full() -> dict[str, Tensor]:
    """A whole timm model, classifier and all, as a downloaded file holds it."""
    torch.manual_seed(7)
    state: dict[str, Tensor] = timm.create_model(BACKBONE).state_dict()
    return state


def given(folder: Path, state: dict[str, Tensor], name: str = f"{BACKBONE}.safetensors") -> Path:
    folder.mkdir(exist_ok=True)
    save_file(state, folder / name)
    return folder


def test_none_is_a_note(tmp_path: Path) -> None:
    note = write_pretrained(tmp_path / "m", backbone=BACKBONE, weights="none")
    assert note == read_note(tmp_path / "m") == {"weights": "none", "backbone": BACKBONE}
    assert [file.name for file in (tmp_path / "m").iterdir()] == ["pretrained.json"]


@pytest.mark.parametrize("name", [f"{BACKBONE}.safetensors", f"{BACKBONE}.imagenet.safetensors"])
def test_a_folders_file_without_its_classifier(tmp_path: Path, full: dict[str, Tensor], name: str) -> None:
    source = given(tmp_path / "mine", full, name)
    note = write_pretrained(tmp_path / "m", backbone=BACKBONE, weights=str(source))
    assert note == read_note(tmp_path / "m")
    assert (note["weights"], note["source"], note["sha256"]) == ("folder", name, file_sha256(source / name))
    assert origin_of(note) == "folder"
    written = load_file(tmp_path / "m" / "weights.safetensors")
    assert set(full) - set(written) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(written[key], full[key]) for key in written)


def test_same_weights_same_bytes_wherever_they_lie(tmp_path: Path, full: dict[str, Tensor]) -> None:
    for place in ("here", "there"):
        write_pretrained(tmp_path / f"m_{place}", backbone=BACKBONE, weights=str(given(tmp_path / place, full)))
    for file in (tmp_path / "m_here").iterdir():
        assert file.read_bytes() == (tmp_path / "m_there" / file.name).read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()


def test_half_precision_becomes_float32_and_the_batch_count_may_be_missing(tmp_path: Path, full: dict[str, Tensor]) -> None:
    state = {key: tensor.half() for key, tensor in full.items() if not key.endswith("num_batches_tracked")}
    write_pretrained(tmp_path / "m", backbone=BACKBONE, weights=str(given(tmp_path / "mine", state)))
    assert {tensor.dtype for tensor in load_file(tmp_path / "m" / "weights.safetensors").values()} == {torch.float32}


def test_a_trained_model_gives_its_backbone_and_its_input_also_in_half_precision(tmp_path: Path) -> None:
    config = make_config(head="linear", normalization="half", attention="se")
    model = make_model(config)
    save_model(tmp_path / "models" / "tiny", model, config, facts={})
    save_half(tmp_path / "half", tmp_path / "models" / "tiny")
    note = write_pretrained(tmp_path / "m", backbone=BACKBONE, weights="../models/tiny", place=tmp_path / "models")
    assert note == read_note(tmp_path / "m")
    assert (note["weights"], note["source"], note["mean"], note["std"]) == ("model", "model tiny", [0.5] * 3, [0.5] * 3)
    assert origin_of(note) == "model tiny"
    written = load_file(tmp_path / "m" / "weights.safetensors")
    expected = model.backbone.state_dict()
    assert written.keys() == expected.keys() and all(torch.equal(written[key], expected[key]) for key in written)
    write_pretrained(tmp_path / "m2", backbone=BACKBONE, weights=str(tmp_path / "half"))
    for key, tensor in load_file(tmp_path / "m2" / "weights.safetensors").items():
        assert torch.equal(tensor, expected[key].half().float() if tensor.is_floating_point() else expected[key])
    fresh = build_model(make_config(head="dense"), pretrained=tmp_path / "m")
    assert all(torch.equal(tensor, expected[key]) for key, tensor in fresh.backbone.state_dict().items())
    assert fresh.mean_C11.flatten().tolist() == [0.5] * 3, "the input is normalised as the weights were trained"


def test_a_model_of_another_backbone_or_with_other_weights_is_refused(tmp_path: Path) -> None:
    config = make_config(backbone="test_resnet")
    save_model(tmp_path / "tiny", make_model(config), config, facts={})
    assert "has the backbone test_resnet" in refusal(tmp_path, tmp_path / "tiny")
    config = make_config()
    save_model(tmp_path / "tiny", make_model(config), config, facts={})
    (tmp_path / "tiny" / "weights.safetensors").write_bytes(save({"x": torch.zeros(1)}))
    with pytest.raises(WeightsError, match=r"is not the file for which .*model\.json was written"):
        write_pretrained(tmp_path / "m", backbone=BACKBONE, weights=str(tmp_path / "tiny"))
    (tmp_path / "tiny" / "model.json").write_text("{}")
    with pytest.raises(WeightsError, match="does not describe a model of mien"):
        write_pretrained(tmp_path / "m", backbone=BACKBONE, weights=str(tmp_path / "tiny"))


def refusal(tmp_path: Path, weights: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        write_pretrained(tmp_path / "m", backbone=BACKBONE, weights=str(weights))
    assert not (tmp_path / "m").exists(), "nothing is written"
    assert BACKBONE in str(caught.value)
    return str(caught.value)


def test_a_missing_folder_or_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path / 'gone'}" in refusal(tmp_path, tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    text = refusal(tmp_path, tmp_path / "empty")
    assert f"contains no {BACKBONE}.safetensors or {BACKBONE}.*.safetensors; put the file there" in text


def test_two_files_are_both_named(tmp_path: Path, full: dict[str, Tensor]) -> None:
    given(tmp_path / "mine", full)
    text = refusal(tmp_path, given(tmp_path / "mine", full, f"{BACKBONE}.other.safetensors"))
    assert f"{BACKBONE}.other.safetensors, {BACKBONE}.safetensors" in text


def test_another_backbones_file_is_not_taken(tmp_path: Path, full: dict[str, Tensor]) -> None:
    assert "contains no" in refusal(tmp_path, given(tmp_path / "mine", full, f"{BACKBONE}_gn.safetensors"))


def test_weights_that_do_not_fit_name_a_few_tensors(tmp_path: Path, full: dict[str, Tensor]) -> None:
    less = dict(full)
    del less["conv_stem.weight"]
    assert "1 missing (conv_stem.weight)" in refusal(tmp_path, given(tmp_path / "mine", less))
    other = full | {"conv_head.weight": torch.zeros(3, 2)}
    assert "1 of another shape (conv_head.weight (3, 2) for (" in refusal(tmp_path, given(tmp_path / "mine", other))
    more = full | {f"blocks.9.{i}.weight": torch.zeros(1) for i in range(5)}
    text = refusal(tmp_path, given(tmp_path / "mine", more))
    assert "5 unknown (blocks.9." in text and ", …)" in text
    broken = full | {"conv_stem.weight": full["conv_stem.weight"] * torch.nan}
    assert "1 not finite (conv_stem.weight)" in refusal(tmp_path, given(tmp_path / "mine", broken))


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / f"{BACKBONE}.safetensors").write_bytes(b"<html>not found</html>")
    assert "not a readable safetensors file" in refusal(tmp_path, tmp_path / "mine")


def test_the_note_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="dvc repro pretrained@m"):
        read_note(tmp_path / "m" / "start")
