"""Deletion and insertion: on a model that looks at one known place, and against pixels taken one by one."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from mien.explain.faithfulness import BLUR, Faithfulness, area, faithfulness, summary
from mien.explain.gradcam import grad_cam, upsampled
from mien.models.build import ExpressionModel
from tests.models.make import make_config, make_model, pictures

SIDE_PX, NUM_STEPS = 32, 8
IMAGES, TARGETS = pictures(6, SIDE_PX), torch.tensor([0, 1, 0, 1, 0, 1])


class Pooled(nn.Module):
    """Mean brightness on a grid of 4×4."""

    def forward_features(self, images_NCHW: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(images_NCHW, SIDE_PX // 4).mean(dim=1, keepdim=True)


class OneCell(nn.Module):
    """The brighter one cell, the more it is class 0."""

    def forward(self, maps_N1HW: Tensor) -> Tensor:
        logits_N = 40 * maps_N1HW[:, 0, 1, 2]
        return torch.stack([logits_N, -logits_N], dim=1)


def looks_at_one_cell() -> ExpressionModel:
    return ExpressionModel(Pooled(), nn.Identity(), OneCell(), statistics=((0.4, 0.5, 0.6), (0.2, 0.2, 0.2)))


def bright(num: int = 40) -> Tensor:
    return pictures(num, SIDE_PX) // 4 + 190


def maps_of_one_cell(num: int, row: int, column: int) -> Tensor:
    maps = torch.rand(num, 4, 4, generator=torch.Generator().manual_seed(1)) * 0.1
    maps[:, row, column] = 1.0
    return maps


def curves_of(maps: Tensor, images: Tensor | None = None, **options: object) -> Faithfulness:
    images = bright(len(maps)) if images is None else images
    targets = torch.zeros(len(maps), dtype=torch.int64)
    return faithfulness(looks_at_one_cell(), images, maps, targets, input_px=SIDE_PX, seed=3, num_steps=NUM_STEPS, **options)  # type: ignore[arg-type]


def test_a_map_of_where_the_model_looks_beats_its_cells_in_random_order() -> None:
    found = summary(curves_of(maps_of_one_cell(40, 1, 2)), seed=1)
    assert found["num_images"] == 40 and found["num_steps"] == NUM_STEPS
    assert found["deletion"]["high"] < -0.1 and found["insertion"]["low"] >= 0
    for part in ("deletion", "insertion"):
        row = found[part]
        assert row["difference"] == pytest.approx(row["auc"] - row["random_auc"]) and row["low"] <= row["difference"] <= row["high"]


def test_a_map_of_another_place_does_not() -> None:
    found = summary(curves_of(1 - maps_of_one_cell(40, 1, 2)), seed=1)
    assert found["deletion"]["low"] > 0


def test_a_map_that_knows_nothing_is_like_its_control() -> None:
    maps = torch.rand(60, 4, 4, generator=torch.Generator().manual_seed(4))
    found = summary(curves_of(maps), seed=1)
    assert found["deletion"]["low"] < 0 < found["deletion"]["high"]


def plain_curves(model: ExpressionModel, image_3SS: Tensor, map_hw: Tensor, target: int) -> tuple[list[float], list[float]]:
    """Pixel by pixel, with scipy's blur."""
    picture = image_3SS.double().numpy() / 255
    # torchvision's kernel ends after two deviations, at an odd number of pixels.
    blurred = gaussian_filter(picture, [0, BLUR * SIDE_PX, BLUR * SIDE_PX], mode="mirror", radius=[0, *[round(2 * BLUR * SIDE_PX)] * 2])
    grey = np.broadcast_to(model.mean_C11.numpy(), picture.shape)
    heat = upsampled(map_hw[None], SIDE_PX)[0].numpy()
    order = sorted(((row, column) for row in range(SIDE_PX) for column in range(SIDE_PX)), key=lambda place: -heat[place])
    found: tuple[list[float], list[float]] = [], []
    for step in range(NUM_STEPS + 1):
        rows, columns = zip(*order[: step * len(order) // NUM_STEPS], strict=True) if step else ((), ())
        for curve, ground, other in ((found[0], picture, grey), (found[1], blurred, picture)):
            changed = ground.copy()
            changed[:, rows, columns] = other[:, rows, columns]
            with torch.no_grad():
                curve.append(float(model(torch.from_numpy(changed).float()[None]).softmax(dim=1)[0, target]))
    return found


def test_curves_pixel_by_pixel() -> None:
    model = make_model(make_config(head="linear", attention="spatial", input_px=SIDE_PX)).eval()
    with torch.no_grad():
        model.head.classifier.weight.mul_(300)  # probabilities away from a third
    maps = grad_cam(model, IMAGES, TARGETS, input_px=SIDE_PX)[:, [0, 0]][:, :, [0, 0]] + torch.rand(6, 2, 2)
    curves = faithfulness(model, IMAGES, maps, TARGETS, input_px=SIDE_PX, seed=1, num_steps=NUM_STEPS)
    assert np.ptp(curves.deletion) > 0.01
    for n in range(6):
        deletion, insertion = plain_curves(model, IMAGES[n], maps[n], int(TARGETS[n]))
        np.testing.assert_allclose(curves.deletion[n], deletion, atol=2e-5)
        np.testing.assert_allclose(curves.insertion[n], insertion, atol=2e-5)


def test_all_curves_of_a_picture_meet_at_their_ends() -> None:
    curves = curves_of(torch.rand(6, 4, 4), images=IMAGES, num_draws=2)
    np.testing.assert_allclose(curves.deletion[:, 0], curves.insertion[:, -1], atol=1e-6)
    for own, control in ((curves.deletion, curves.random_deletion), (curves.insertion, curves.random_insertion)):
        assert own.shape == control.shape == (6, NUM_STEPS + 1)
        np.testing.assert_allclose(own[:, [0, -1]], control[:, [0, -1]], atol=1e-6)
    np.testing.assert_allclose(curves.deletion[:, -1], curves.deletion[0, -1], atol=1e-6)  # no picture is left


def test_the_scale_of_a_map_does_not_matter_and_batches_neither() -> None:
    maps = torch.rand(6, 4, 4, generator=torch.Generator().manual_seed(2))
    whole = curves_of(maps, images=IMAGES)
    for other in (
        curves_of(1e-9 * maps, images=IMAGES),
        curves_of(maps, images=IMAGES, batch_size=1),
        curves_of(maps, images=IMAGES, batch_size=4),
    ):
        for name in ("deletion", "insertion", "random_deletion", "random_insertion"):
            np.testing.assert_allclose(getattr(other, name), getattr(whole, name), atol=1e-6)


def test_empty_and_even_maps_are_left_out() -> None:
    maps = torch.rand(6, 4, 4)
    maps[1], maps[4] = 0.0, 0.5
    curves = curves_of(maps, images=IMAGES)
    assert np.isnan(curves.deletion).all(axis=1).tolist() == [False, True, False, False, True, False]
    found = summary(curves, groups_N=list("aabbcc"), seed=1)
    assert found["num_images"] == 4 and found["deletion"]["auc"] == pytest.approx(area(curves.deletion[[0, 2, 3, 5]]).mean())
    assert found["insertion"]["low"] is found["insertion"]["high"] is None, "three groups do not show how groups differ"
    none = summary(curves_of(torch.zeros(6, 4, 4), images=IMAGES), seed=1)
    assert none["num_images"] == 0 and set(none["deletion"].values()) == {None}


def test_area_under_a_straight_line_and_a_step() -> None:
    assert area(np.array([[1.0, 0.5, 0.0], [1.0, 0.0, 0.0], [0.3, 0.3, 0.3]])) == pytest.approx([0.5, 0.25, 0.3])


def test_the_model_is_left_as_it_was_found() -> None:
    model = make_model(make_config(head="linear", input_px=SIDE_PX)).train()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    faithfulness(model, IMAGES, torch.rand(6, 2, 2), TARGETS, input_px=SIDE_PX, seed=1, num_steps=2)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
