"""Features at two depths: the last is that of neighbours, the earlier one is what timm's own reader of intermediate maps gives."""

import numpy as np
import pytest
import timm
import torch

from mien.doubts.depths import features_by_depth
from mien.explain.features import pooled_features
from mien.models.backbones import create_backbone
from mien.models.build import ExpressionModel
from mien.models.heads import build_head


def made(backbone: str, *, input_px: int = 64) -> ExpressionModel:
    torch.manual_seed(0)
    body = create_backbone(backbone, input_px=input_px)
    head = build_head("linear", body.num_features, 3, dropout=0.0, parameters={})
    return ExpressionModel(body, torch.nn.Identity(), head, statistics=((0.5,) * 3, (0.5,) * 3)).eval()


def pictures(num: int, side_px: int = 64) -> torch.Tensor:
    return torch.randint(0, 256, (num, 3, side_px, side_px), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


@pytest.mark.parametrize("backbone", ["test_resnet", "test_efficientnet"])
def test_each_depth_is_the_mean_of_that_map(backbone: str) -> None:
    model, images = made(backbone), pictures(5)
    found = features_by_depth(model, images, input_px=64, batch_size=2)
    assert np.allclose(found[0], pooled_features(model, images, input_px=64), atol=1e-5)
    reader = timm.create_model(backbone, features_only=True).eval()
    reader.load_state_dict(model.backbone.state_dict(), strict=False)
    with torch.inference_mode():
        maps = reader((images.float() / 255 - 0.5) / 0.5)
    assert len(found) == 2 and found[1].dtype == np.float32
    assert np.allclose(found[1], maps[-3].mean(dim=(2, 3)).numpy(), atol=1e-4)
    assert not any(module._forward_hooks for module in model.modules()), "nothing stays behind"


def test_channels_last_maps_of_swin_are_read_by_their_channels() -> None:
    model = made("swin_tiny_patch4_window7_224", input_px=64)
    found = features_by_depth(model, pictures(2), input_px=64)
    assert [depth.shape for depth in found] == [(2, 768), (2, 192)]


def test_a_backbone_without_feature_info_has_its_last_map() -> None:
    model = made("cnn")
    found = features_by_depth(model, pictures(2), input_px=64)
    assert len(found) == 1 and np.allclose(found[0], pooled_features(model, pictures(2), input_px=64), atol=1e-5)
