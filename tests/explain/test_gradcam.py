"""Grad-CAM against hooks and autograd written out, for every attention block, head and layout of backbone."""

import pytest
import torch
import torch.nn.functional as F
from captum.attr import LayerGradCam

from mien.core import registry
from mien.explain.gradcam import grad_cam, grad_cam_each, normalised, upsampled
from mien.models.attention import min_side
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from tests.models.make import make_config, make_model, pictures

SIDE_PX, INPUT_PX = 80, 64
TARGETS = torch.tensor([0, 1, 2, 1, 0])
ATTENTIONS, HEADS = registry.names("mien.models.attention"), registry.names("mien.models.heads")
SWIN = "swin_tiny_patch4_window7_224"


def model_of(
    backbone: str = "test_efficientnet", attention: str = "none", head: str = "linear", *, input_px: int = INPUT_PX
) -> ExpressionModel:
    return make_model(make_config(backbone=backbone, attention=attention, head=head, input_px=input_px))


def network_input(images_N3SS: torch.Tensor, *, input_px: int = INPUT_PX) -> torch.Tensor:
    return to_input(images_N3SS, input_px=input_px, channels_last=False)


def by_hand(
    model: ExpressionModel, images_N3SS: torch.Tensor, targets_N: torch.Tensor, *, input_px: int = INPUT_PX
) -> tuple[torch.Tensor, float]:
    """Selvaraju et al. 2017, eqs. 1 and 2, with a graph through the whole network; and the largest sum of the terms' absolute values."""
    kept = []

    def keep(_module: torch.nn.Module, _inputs: object, maps_NCHW: torch.Tensor) -> None:
        maps_NCHW.retain_grad()
        kept.append(maps_NCHW)

    model.eval()
    hook = model.attention.register_forward_hook(keep)
    logits_NK = model(network_input(images_N3SS, input_px=input_px).requires_grad_())
    hook.remove()
    (maps_NCHW,) = kept
    logits_NK[range(len(targets_N)), targets_N].sum().backward()
    terms_NCHW = (maps_NCHW.grad.mean(dim=(2, 3), keepdim=True) * maps_NCHW).detach()
    return terms_NCHW.sum(dim=1).relu(), float(terms_NCHW.abs().sum(dim=1).max())


def assert_same(maps: torch.Tensor, expected: torch.Tensor, scale: float) -> None:
    """To 1e-6 of what is summed, which fp32 allows; the sums themselves may be much smaller."""
    assert expected.max() > 1e-3 * scale, "the test compares nothing"
    torch.testing.assert_close(maps / scale, expected / scale, rtol=0, atol=1e-6)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_every_head_and_attention_block_by_hand(attention: str, head: str) -> None:
    side = max(2, min_side(attention))
    input_px = 32 * side
    model, images = model_of(attention=attention, head=head, input_px=input_px), pictures(5, SIDE_PX)
    if attention == "multi_scale":
        torch.nn.init.normal_(model.attention.gamma_C)  # a new block has 0, and does nothing
    maps = grad_cam(model, images, TARGETS, input_px=input_px)
    assert maps.shape == (5, side, side) and maps.dtype == torch.float32 and maps.min() >= 0
    assert_same(maps, *by_hand(model, images, TARGETS, input_px=input_px))


@pytest.mark.parametrize("backbone", ["cnn", "test_resnet", SWIN])
@pytest.mark.parametrize("head", ["linear", "max_pool_dense"])
def test_every_kind_of_backbone_by_hand(backbone: str, head: str) -> None:
    """Swin gives its maps as N×H×W×C."""
    model, images = model_of(backbone, attention="se", head=head), pictures(5, SIDE_PX)
    assert_same(grad_cam(model, images, TARGETS, input_px=INPUT_PX), *by_hand(model, images, TARGETS))


@pytest.mark.parametrize("attention", ["none", "cbam"])
def test_it_is_what_captum_says_of_the_output_of_attention(attention: str) -> None:
    model, images = model_of(attention=attention, head="dense"), pictures(5, SIDE_PX)
    maps = grad_cam(model, images, TARGETS, input_px=INPUT_PX)
    captum = LayerGradCam(model.eval(), model.attention)
    assert_same(maps, captum.attribute(network_input(images), TARGETS, relu_attributions=True)[:, 0].detach(), float(maps.max()))


@pytest.mark.parametrize("backbone", ["test_efficientnet", SWIN])
@pytest.mark.parametrize("head", [head for head in HEADS if registry.constant("mien.models.heads", head, "CLASS_MAPS")])
def test_of_a_head_with_class_maps_it_is_their_positive_part_over_the_cells(backbone: str, head: str) -> None:
    model, images = model_of(backbone, head=head), pictures(5, SIDE_PX)
    maps = grad_cam(model, images, TARGETS, input_px=INPUT_PX)
    with torch.no_grad():
        features_NCHW = model.eval().forward_features(network_input(images))
        found_NKHW = model.head.class_maps(features_NCHW).relu() / maps[0].numel()
        if hasattr(model.head, "grad_cam"):  # what an exported graph computes, if the logits are not their means
            found_NKHW = model.head.grad_cam(features_NCHW)
    _, scale = by_hand(model, images, TARGETS)
    assert_same(maps, found_NKHW[range(5), TARGETS], scale)


@pytest.mark.parametrize("backbone", ["test_efficientnet", "cnn", SWIN])
def test_batches_do_not_matter(backbone: str) -> None:
    model, images = model_of(backbone, head="dense"), pictures(5, SIDE_PX)
    whole = grad_cam(model, images, TARGETS, input_px=INPUT_PX, batch_size=64)
    _, scale = by_hand(model, images, TARGETS)
    for batch_size in (1, 2, 5):
        assert_same(grad_cam(model, images, TARGETS, input_px=INPUT_PX, batch_size=batch_size), whole, scale)


def test_several_classes_are_the_same_as_one_after_the_other_and_run_the_backbone_once() -> None:
    model, images = model_of(head="dense"), pictures(5, SIDE_PX)
    targets_NT = torch.stack([TARGETS, (TARGETS + 1) % 3], dim=1)
    alone = [grad_cam(model, images, targets_NT[:, t], input_px=INPUT_PX) for t in (0, 1)]
    runs: list[bool] = []
    model.attention.register_forward_hook(lambda *_: runs.append(torch.is_grad_enabled()))
    both = grad_cam_each(model, images, targets_NT, input_px=INPUT_PX, batch_size=3)
    assert both.shape == (5, 2, 2, 2)
    assert runs == [False, False], "once a batch, and without a graph"
    for t in (0, 1):
        assert_same(both[:, t], alone[t], float(alone[t].max()))


def test_the_model_is_left_as_it_was_found() -> None:
    model = model_of(attention="cbam", head="max_pool_dense").train()
    model.norms_frozen = True
    model.train()  # batch norms stay in eval mode: modes differ between modules
    model.backbone.requires_grad_(False)
    modes = [module.training for module in model.modules()]
    needs = [parameter.requires_grad for parameter in model.parameters()]
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    layouts = [parameter.stride() for parameter in model.parameters()]
    assert len(set(modes)) == len(set(needs)) == 2
    grad_cam(model, pictures(5, SIDE_PX), TARGETS, input_px=INPUT_PX)
    assert modes == [module.training for module in model.modules()]
    assert needs == [parameter.requires_grad for parameter in model.parameters()]
    assert layouts == [parameter.stride() for parameter in model.parameters()]
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())


def test_a_class_without_evidence_has_an_empty_map() -> None:
    model = model_of()
    with torch.no_grad():
        model.head.classifier.weight.copy_(model.head.classifier.weight.abs())
        model.head.classifier.weight[1] = 0.0
    maps = grad_cam(model, pictures(5, SIDE_PX), TARGETS, input_px=INPUT_PX)
    assert not maps[TARGETS == 1].any() and torch.isfinite(normalised(maps)).all()
    assert not normalised(maps)[TARGETS == 1].any()


def test_normalised_maps_have_their_largest_value_at_one_and_keep_proportions() -> None:
    maps = torch.rand(4, 3, 5, 5) * torch.tensor([1e-30, 1e-3, 1.0, 1e30])[:, None, None, None]
    scaled = normalised(maps)
    torch.testing.assert_close(scaled.amax(dim=(-2, -1)), torch.ones(4, 3))
    torch.testing.assert_close(scaled * maps.amax(dim=(-2, -1), keepdim=True), maps)


def test_upsampled_maps_keep_what_is_even_and_where_things_are() -> None:
    torch.testing.assert_close(upsampled(torch.full((2, 3, 3), 0.4), 96), torch.full((2, 96, 96), 0.4))
    maps = torch.zeros(2, 3, 3)
    maps[0, 0, 2], maps[1, 1, 0] = 1.0, 1.0
    top_right, left = upsampled(maps, 96)
    assert top_right[:32, 64:].sum() > 0.5 * top_right.sum() and left[32:64, :32].sum() > 0.5 * left.sum()
    assert top_right[16, 80] == pytest.approx(1.0, abs=0.05) and left[48, 16] == pytest.approx(1.0, abs=0.05)
    torch.testing.assert_close(upsampled(maps.flip(-1), 96), upsampled(maps, 96).flip(-1))


def test_upsampling_a_map_to_its_own_size_changes_nothing() -> None:
    maps = torch.rand(2, 7, 7)
    torch.testing.assert_close(upsampled(maps, 7), maps)
    assert F.relu(upsampled(maps, 50)).equal(upsampled(maps, 50))
