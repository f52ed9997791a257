"""Weights drawn anew: ranks against scipy, what is drawn and what stays, and that trained models are told from those that ignore
weights.
"""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from mien.explain.gradcam import grad_cam
from mien.explain.sanity import rank_correlation, redrawn, sanity_check, settle_norms
from mien.models.build import build_model
from mien.models.inputs import to_input
from tests.models.make import make_config, make_model, pictures

PX = 96
CONFIG = make_config(head="linear", attention="se", input_px=PX)
IMAGES, TARGETS = pictures(12, PX), torch.arange(12) % 3
NO_PENALTY = {"hidden": 256, "batch_norm": True, "l1_weights": 0.0, "l2_weights": 0.0, "l1_bias": 0.0, "l1_activations": 0.0}


def test_rank_correlation_against_scipy_with_ties() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randint(5, (20, 3, 4), generator=generator).float() for _ in range(2))
    expected = [spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(first.numpy(), second.numpy(), strict=True)]
    np.testing.assert_allclose(rank_correlation(first, second), expected, rtol=1e-9)


def test_ranks_keep_under_any_rising_change_and_turn_under_a_falling_one() -> None:
    maps = torch.rand(5, 3, 3)
    np.testing.assert_allclose(rank_correlation(maps, maps.exp()), 1.0)
    np.testing.assert_allclose(rank_correlation(maps, -maps), -1.0)
    assert np.isnan(rank_correlation(maps, torch.zeros(5, 3, 3))).all()


def test_a_redrawn_model_is_another_draw_of_the_same_architecture_from_the_seed_alone() -> None:
    model = make_model(CONFIG)
    model.mean_C11.fill_(0.25)
    before = torch.random.get_rng_state()
    one, same, other = redrawn(model, CONFIG, seed=7), redrawn(model, CONFIG, seed=7), redrawn(model, CONFIG, seed=8)
    assert torch.equal(before, torch.random.get_rng_state()), "torch's own generator is not touched"
    own, weights = model.state_dict(), one.state_dict()
    assert own.keys() == weights.keys() and all(torch.equal(weights[key], same.state_dict()[key]) for key in weights)
    drawn = [key for key in own if key.endswith("weight") and own[key].ndim > 1]
    assert drawn and not any(torch.equal(weights[key], own[key]) or torch.equal(weights[key], other.state_dict()[key]) for key in drawn)
    assert torch.equal(one.mean_C11, model.mean_C11)


def test_a_redrawn_model_has_not_the_weights_from_which_a_training_of_the_same_seed_set_out() -> None:
    torch.manual_seed(7)  # as mien/training/seeds.py does
    first = build_model(CONFIG).state_dict()
    weights = redrawn(make_model(CONFIG), CONFIG, seed=7).state_dict()
    drawn = [key for key in first if key.endswith("weight") and first[key].ndim > 1]
    assert drawn and not any(torch.equal(weights[key], first[key]) for key in drawn)


@pytest.mark.parametrize("backbone", ["test_efficientnet", "cnn", "swin_tiny_patch4_window7_224"])
def test_every_kind_of_backbone_has_maps_after_redrawing(backbone: str) -> None:
    config = make_config(backbone=backbone, head="linear", input_px=PX)
    found = sanity_check(make_model(config), config, IMAGES, TARGETS, input_px=PX, seed=3)
    assert found.num_images >= 3, "deep networks do not fade to empty maps"
    assert (
        found.head_redrawn is not None
        and -1 <= found.head_redrawn < 0.9
        and found.all_redrawn is not None
        and -1 <= found.all_redrawn < 0.9
    )


def test_the_head_alone_and_then_everything_is_drawn_anew() -> None:
    """Against maps of models put together by hand."""
    model = make_model(CONFIG)
    own = grad_cam(model, IMAGES, TARGETS, input_px=PX)
    fresh = redrawn(model, CONFIG, seed=3)
    head = make_model(CONFIG)  # the same weights: make_model's own seed
    head.head.load_state_dict(fresh.head.state_dict())
    settle_norms(fresh, fresh, IMAGES, input_px=PX)
    pair = [rank_correlation(own, grad_cam(other, IMAGES, TARGETS, input_px=PX)) for other in (head, fresh)]
    known = np.isfinite(pair).all(axis=0)
    found = sanity_check(model, CONFIG, IMAGES, TARGETS, input_px=PX, seed=3)
    assert found.num_images == known.sum() > 0
    assert found.head_redrawn == pytest.approx(pair[0][known].mean()) and found.all_redrawn == pytest.approx(pair[1][known].mean())


def test_maps_made_before_and_batches_change_nothing() -> None:
    model = make_model(CONFIG)
    own = grad_cam(model, IMAGES, TARGETS, input_px=PX)
    first = sanity_check(model, CONFIG, IMAGES, TARGETS, input_px=PX, seed=3)
    assert sanity_check(model, CONFIG, IMAGES, TARGETS, input_px=PX, seed=3, maps_Nhw=own) == first
    assert sanity_check(model, CONFIG, IMAGES, TARGETS, input_px=PX, seed=3, batch_size=5) == first


def test_settled_norms_have_the_statistics_of_the_pictures() -> None:
    model = make_model(CONFIG)
    settle_norms(model, model, IMAGES, input_px=PX)
    before: list[torch.Tensor] = []
    norm = next(module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d))
    hook = norm.register_forward_pre_hook(lambda _module, inputs: before.append(inputs[0]))
    with torch.no_grad():
        model.eval()(to_input(IMAGES, input_px=PX, channels_last=False))
    hook.remove()
    torch.testing.assert_close(norm.running_mean, before[0].mean(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var, before[0].var(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    assert norm.momentum is not None


@pytest.mark.parametrize("num", [1, 2])
def test_a_head_with_batch_norm_and_few_pictures(num: int) -> None:
    config = make_config(head="max_pool_dense", head_params=NO_PENALTY, input_px=PX)
    found = sanity_check(make_model(config), config, IMAGES[:num], TARGETS[:num], input_px=PX, seed=3)
    assert 0 <= found.num_images <= num


def test_the_model_is_left_as_it_was_found_and_one_cell_has_no_ranks() -> None:
    config = make_config(head="linear", input_px=32)
    model = make_model(config).train()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = sanity_check(model, config, IMAGES, TARGETS, input_px=32, seed=3)
    assert (found.num_images, found.head_redrawn, found.all_redrawn) == (0, None, None)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
