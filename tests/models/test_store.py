"""Saving and loading a trained model."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.core.errors import TableError, WeightsError
from mien.models.build import ExpressionModel
from mien.models.predict import predict_logits
from mien.models.store import describe_model, epoch_weights, load_epoch, load_model, save_half, save_model, seed_folder

from .make import make_config, make_model, pictures

FACTS = {"fingerprint": "abc", "class_counts": [3, 2, 1], "epochs": 4}
CONFIG = make_config(attention="se", head="dense", head_params={"hidden": 512}, normalization="half")


def trained(seed: int = 0) -> ExpressionModel:
    """A model whose batch-norm statistics, too, are not those it was made with."""
    model = make_model(CONFIG, seed=seed).train()
    model(torch.rand(4, 3, 64, 64))
    return model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(tmp_path / "tiny", trained(), CONFIG, facts=FACTS)
    return tmp_path / "tiny"


def test_round_trip_gives_the_same_logits_bit_for_bit(tmp_path: Path) -> None:
    model, images = trained(), pictures(5, 64)
    model.to(memory_format=torch.channels_last)
    before = predict_logits(model, images, input_px=64, precision="fp32", device="cpu")
    save_model(tmp_path / "tiny", model, CONFIG, facts=FACTS)
    loaded, config = load_model(tmp_path / "tiny")
    assert config == CONFIG and not loaded.training
    assert np.array_equal(before, predict_logits(loaded, images, input_px=64, precision="fp32", device="cpu"))


def of_version_0_1(folder: Path, *, architecture: str = "dense512", config: str = "dense512") -> None:
    """Makes model.json what version 0.1 wrote, or a contradiction."""
    description = json.loads((folder / "model.json").read_text())
    description["architecture"]["head"] = architecture
    description["config"] |= {"head": config, "head_params": {}}
    (folder / "model.json").write_text(json.dumps(description))


def test_a_model_of_version_0_1_is_loaded(folder: Path) -> None:
    """Its head was named dense512; the network and its tensors are those of dense with 512 hidden units."""
    before, _ = load_model(folder)
    of_version_0_1(folder)
    loaded, config = load_model(folder)
    assert config == CONFIG
    assert {name: tensor.tolist() for name, tensor in loaded.state_dict().items()} == {
        n: t.tolist() for n, t in before.state_dict().items()
    }


@pytest.mark.parametrize(("architecture", "config"), [("dense256", "dense512"), ("dense", "dense512"), ("dense512", "dense")])
def test_two_names_of_one_head_are_a_contradiction(folder: Path, architecture: str, config: str) -> None:
    of_version_0_1(folder, architecture=architecture, config=config)
    with pytest.raises(TableError, match=rf"architecture\.head is '{architecture}', but config has '{config}'"):
        load_model(folder)


@pytest.mark.parametrize("hidden", [0, -1, 10**9, 2.5, True, "512", None])
def test_a_hidden_layer_of_no_sensible_width_is_refused(folder: Path, hidden: object) -> None:
    """Before the network is built, which would take all memory."""
    description = json.loads((folder / "model.json").read_text())
    description["config"]["head_params"] = {"hidden": hidden}
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(TableError, match=r"config\.head_params\.hidden: must be a whole number from 1 to 8192"):
        load_model(folder)


def test_same_model_same_bytes(tmp_path: Path, folder: Path) -> None:
    model = trained().to(memory_format=torch.channels_last)
    save_model(tmp_path / "again", model, CONFIG, facts=FACTS)
    assert sorted(file.name for file in folder.iterdir()) == ["model.json", "weights.safetensors"]
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_the_description_is_enough_to_serve_it(folder: Path) -> None:
    description = describe_model(folder)
    assert description.classes == CONFIG.classes and description.training == FACTS
    assert description.preprocessing.size_px == 64 and description.preprocessing.mean == [0.5] * 3
    assert description.versions["torch"] == torch.__version__
    assert description.architecture.num_parameters == sum(parameter.numel() for parameter in make_model(CONFIG).parameters())
    assert str(folder.parent) not in (folder / "model.json").read_text()


def test_statistics_are_the_stored_ones(tmp_path: Path) -> None:
    model = trained()
    model.mean_C11.fill_(0.3)  # as weights of one's own may want it
    save_model(tmp_path / "tiny", model, CONFIG, facts={})
    assert load_model(tmp_path / "tiny")[0].mean_C11.unique().item() == pytest.approx(0.3)


def test_loading_draws_nothing_from_the_global_generator(folder: Path) -> None:
    before = torch.random.get_rng_state()
    load_model(folder)
    assert torch.equal(before, torch.random.get_rng_state())


def test_saving_over_leaves_the_old_one_if_it_fails(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_model(folder, trained(seed=1), CONFIG, facts={"loss": float("nan")})
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_a_missing_model_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"model\.json is missing; run `dvc repro train@gone`"):
        load_model(tmp_path / "gone")


def test_a_broken_description_is_refused(folder: Path) -> None:
    (folder / "model.json").write_text("{")
    with pytest.raises(TableError, match="is not valid JSON"):
        load_model(folder)
    (folder / "model.json").write_text("{}")
    with pytest.raises(TableError, match="does not describe a model"):
        load_model(folder)


def test_missing_truncated_and_foreign_weights_are_refused(tmp_path: Path, folder: Path) -> None:
    save_model(tmp_path / "other", trained(seed=1), CONFIG, facts=FACTS)
    weights = folder / "weights.safetensors"
    for damage in ("gone", "truncated", "foreign"):
        if damage == "truncated":
            weights.write_bytes((tmp_path / "other" / weights.name).read_bytes()[:-100])
        elif damage == "foreign":
            shutil.copy(tmp_path / "other" / weights.name, weights)
        else:
            weights.unlink()
        with pytest.raises(WeightsError, match=r"weights\.safetensors .*train@tiny"):
            load_model(folder)


def test_the_model_of_another_seed_is_a_folder_of_its_own_that_names_the_same_remedy(tmp_path: Path) -> None:
    other = CONFIG.of_seed(9)
    folder = tmp_path / "tiny"
    save_model(folder, trained(), CONFIG, facts=FACTS, other_seeds=[(trained(seed=9), other, FACTS)])
    second = seed_folder(folder, 9)
    assert load_model(second)[1] == other and load_model(folder)[1] == CONFIG
    (second / "weights.safetensors").write_bytes((folder / "weights.safetensors").read_bytes())
    with pytest.raises(WeightsError, match="train@tiny`"):
        load_model(second)
    save_model(folder, trained(), CONFIG, facts=FACTS)
    assert not second.exists(), "what an earlier list of seeds left is gone"


def test_a_model_in_half_precision_predicts_almost_the_same_from_half_the_bytes(tmp_path: Path) -> None:
    config = make_config(head="linear")
    model = make_model(config).eval()
    save_model(tmp_path / "whole", model, config, facts={"fingerprint": "abc"})
    save_half(tmp_path / "half", tmp_path / "whole")
    sizes = [(tmp_path / name / "weights.safetensors").stat().st_size for name in ("half", "whole")]
    assert sizes[0] < 0.6 * sizes[1]
    images = pictures(4, 64).float() / 255
    halved, half_config = load_model(tmp_path / "half")
    with torch.inference_mode():
        assert torch.allclose(halved(images), model(images), atol=2e-2) and not torch.equal(halved(images), model(images))
    assert half_config == config and describe_model(tmp_path / "half").training == {"fingerprint": "abc"}


def test_weights_beyond_half_precision_are_refused(tmp_path: Path) -> None:
    config = make_config(head="linear")
    model = make_model(config)
    with torch.no_grad():
        next(model.head.parameters()).fill_(1e6)
    save_model(tmp_path / "whole", model, config, facts={})
    with pytest.raises(WeightsError, match="beyond half precision"):
        save_half(tmp_path / "half", tmp_path / "whole")
    assert not (tmp_path / "half").exists()


def test_weights_after_other_epochs_are_read_back_and_the_rest_of_the_folder_is_as_without_them(tmp_path: Path, folder: Path) -> None:
    early, late = trained(seed=1), trained(seed=2)
    states = {12: late.state_dict(), 3: early.state_dict()}
    save_model(tmp_path / "kept" / "tiny", trained(), CONFIG, facts=FACTS, epochs=states)
    kept = tmp_path / "kept" / "tiny"
    assert (kept / "weights.safetensors").read_bytes() == (folder / "weights.safetensors").read_bytes()
    assert list(describe_model(kept).epochs_sha256) == ["3", "12"] and not describe_model(folder).epochs_sha256
    for epoch, model in ((3, early), (12, late)):
        loaded = load_epoch(kept, epoch)
        assert not loaded.training
        assert all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in model.state_dict().items())
    with pytest.raises(TableError, match=r"tiny has no weights after epoch 4; run `dvc repro --force train@tiny`"):
        load_epoch(kept, 4)
    shutil.copy(epoch_weights(kept, 3), epoch_weights(kept, 12))
    with pytest.raises(WeightsError, match=r"12\.safetensors is not the file for which .*train@tiny"):
        load_epoch(kept, 12)
    epoch_weights(kept, 3).unlink()
    with pytest.raises(WeightsError, match=r"3\.safetensors is missing .*train@tiny"):
        load_epoch(kept, 3)
    load_model(kept)


def test_a_copy_in_half_precision_has_no_other_epochs(tmp_path: Path) -> None:
    config = make_config(head="linear")
    model = make_model(config)
    save_model(tmp_path / "whole", model, config, facts=FACTS, epochs={1: model.state_dict()})
    save_half(tmp_path / "half", tmp_path / "whole")
    assert not describe_model(tmp_path / "half").epochs_sha256 and sorted(path.name for path in (tmp_path / "half").iterdir()) == [
        "model.json",
        "weights.safetensors",
    ]
