"""build_model: shapes, determinism, normalisation inside, pretrained weights."""

from pathlib import Path

import pytest
import torch

from mien.core.errors import WeightsError
from mien.core.files import write_json
from mien.models.build import build_model
from mien.models.pretrained import write_pretrained

from .make import BASELINES, make_config, make_hollow, make_model


@pytest.mark.parametrize("backbone", BASELINES)
def test_the_baselines_give_one_logit_per_class(backbone: str) -> None:
    config = make_config(backbone=backbone, input_px=80, classes=["a", "b", "c", "d", "e"])
    model = make_hollow(config).eval()
    assert model(torch.rand(2, 3, 80, 80, device="meta")).shape == (2, 5)
    assert not any("aux" in name.lower() for name, _ in model.named_modules())


def test_features_are_those_after_attention() -> None:
    model = make_model(make_config(attention="se")).eval()
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        maps = model.forward_features(images)
        torch.testing.assert_close(model.head(maps), model(images))
        torch.testing.assert_close(model.attention(model.backbone.forward_features((images - model.mean_C11) / model.std_C11)), maps)


def test_the_same_seed_draws_the_same_weights() -> None:
    first, second, other = (make_model(make_config(attention="se"), seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize(("normalization", "mean", "std"), [("half", 0.5, 0.5), ("shared", 0.485, 0.229)])
def test_normalisation_is_inside(normalization: str, mean: float, std: float) -> None:
    model = make_model(make_config(normalization=normalization)).eval()
    seen: list[torch.Tensor] = []
    model.backbone.forward_features = seen.append  # type: ignore[assignment]
    model.attention = torch.nn.Identity()
    with pytest.raises(AttributeError):
        model(torch.full((1, 3, 64, 64), 0.25))
    assert seen[0][0, 0].unique().item() == pytest.approx((0.25 - mean) / std)


def pretrained_folder(folder: Path, backbone: str = "test_efficientnet") -> Path:
    """A folder as the stage `pretrained` writes it from a file of known weights."""
    from safetensors.torch import save_file

    config = make_config(backbone=backbone)
    (folder / "source").mkdir()
    save_file(make_model(config, seed=99).backbone.state_dict(), folder / "source" / f"{backbone}.safetensors")
    write_pretrained(folder / "tiny", backbone=backbone, weights=str(folder / "source"))
    return folder / "tiny"


def test_pretrained_weights_fill_the_backbone_and_nothing_else(tmp_path: Path) -> None:
    folder = pretrained_folder(tmp_path)
    config, source = make_config(attention="se"), make_model(make_config(), seed=99)
    torch.manual_seed(5)
    fresh = build_model(config)
    torch.manual_seed(5)
    loaded = build_model(config, pretrained=folder)
    assert all(torch.equal(a, b) for a, b in zip(loaded.backbone.state_dict().values(), source.backbone.state_dict().values(), strict=True))
    for part in ("attention", "head"):
        states = (getattr(fresh, part).state_dict(), getattr(loaded, part).state_dict())
        assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_no_pretrained_weights_means_the_random_draw(tmp_path: Path) -> None:
    write_pretrained(tmp_path / "tiny", backbone="test_efficientnet", weights="none")
    torch.manual_seed(0)
    built = build_model(make_config(), pretrained=tmp_path / "tiny").state_dict()
    expected = make_model(make_config(), seed=0).state_dict()
    assert all(torch.equal(built[key], expected[key]) for key in expected)


def test_weights_bring_their_statistics_unless_others_are_asked_for(tmp_path: Path) -> None:
    folder = pretrained_folder(tmp_path)
    note = {"weights": "folder", "backbone": "test_efficientnet", "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}
    write_json(folder / "pretrained.json", note)
    own = build_model(make_config(normalization="backbone"), pretrained=folder)
    assert own.mean_C11.flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])
    shared = build_model(make_config(normalization="shared"), pretrained=folder)
    assert shared.mean_C11.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    folder = pretrained_folder(tmp_path)
    with pytest.raises(WeightsError, match=r"does not fit test_resnet: tensors .* missing"):
        build_model(make_config(backbone="test_resnet"), pretrained=folder)
