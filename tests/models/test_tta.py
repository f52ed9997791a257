"""Laws of test-time augmentation: what the views of an image and of its mirror image share, and what their mean is."""

from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from mien.config.sections.models import Tta
from mien.models.build import ExpressionModel
from mien.models.cost import cost
from mien.models.predict import predict_logits
from mien.models.tta import VIEWS, mean_logits, num_views

from .make import make_config, make_hollow, make_model, pictures

SEVERAL = ("flip", "ten_crop")


def loud_model() -> ExpressionModel:
    """A model whose logits differ from image to image; those of random weights hardly do."""
    model = make_model(make_config())
    with torch.no_grad():
        model.head.get_parameter("classifier.weight").mul_(1000)
    return model


def predicted(images_N3SS: Tensor, tta: str, *, precision: str = "fp32") -> np.ndarray:
    return predict_logits(loud_model(), images_N3SS, input_px=64, precision=precision, device="cpu", tta=tta)


def test_the_configuration_offers_what_there_is() -> None:
    assert get_args(Tta) == tuple(VIEWS)
    assert {tta: num_views(tta) for tta in VIEWS} == {"none": 1, "flip": 2, "ten_crop": 10}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_none_is_what_the_model_says_bit_by_bit(precision: str) -> None:
    images, model = pictures(5, 64), loud_model()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        layout = torch.channels_last if precision == "bf16" else torch.contiguous_format
        direct = model.eval().to(memory_format=layout)((images / 255).contiguous(memory_format=layout)).float().numpy()
    assert np.array_equal(predicted(images, "none", precision=precision), direct)


@pytest.mark.parametrize("tta", SEVERAL)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_image_and_its_mirror_image_give_the_same(tta: str, precision: str) -> None:
    images = pictures(5, 48)
    one, other = (predicted(each, tta, precision=precision) for each in (images, images.flip(-1)))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    alone, mirrored = (predicted(each, "none", precision=precision) for each in (images, images.flip(-1)))
    assert np.abs(alone - mirrored).max() > 0.05, "which a single view does not"


@pytest.mark.parametrize("tta", SEVERAL)
def test_all_views_of_an_image_of_one_colour_are_the_image(tta: str) -> None:
    images = torch.tensor([10, 128, 250], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 3, 64, 64).clone()
    one, views = (torch.from_numpy(predicted(images, each)).softmax(1) for each in ("none", tta))
    torch.testing.assert_close(views, one, rtol=0, atol=1e-5)


@pytest.mark.parametrize("tta", SEVERAL)
def test_probabilities_are_the_mean_of_those_of_the_views(tta: str) -> None:
    images = pictures(4, 64)
    each = [torch.from_numpy(predicted(view, "none")).softmax(1) for view in VIEWS[tta](images)]
    logits = predicted(images, tta)
    assert logits.dtype == np.float32
    torch.testing.assert_close(torch.from_numpy(logits).softmax(1), torch.stack(each).mean(0), rtol=0, atol=1e-6)
    assert np.exp(logits).sum(axis=1) == pytest.approx(1, abs=1e-5), "they are logarithms of probabilities"


def test_crops_are_the_corners_and_the_centre_of_an_image_and_of_its_mirror_image() -> None:
    row, column = torch.arange(16).view(16, 1).expand(16, 16), torch.arange(16).view(1, 16).expand(16, 16)
    image = torch.stack([row, column, torch.zeros(16, 16, dtype=torch.int64)])[None].to(torch.uint8)
    crops = VIEWS["ten_crop"](image)
    assert all(crop.shape == (1, 3, 14, 14) for crop in crops)
    corners = {(int(crop[0, 0, 0, 0]), int(crop[0, 1, 0, 0])) for crop in crops}
    assert corners == {(top, left) for top in (0, 2) for left in (0, 2, 13, 15)} | {(1, 1), (1, 14)}, "the pixel that is first in each"


def test_a_view_that_is_certain_does_not_outweigh_the_others() -> None:
    """The mean of logits would follow the view with logits of 1,000."""
    mean = mean_logits([torch.tensor([[1000.0, 0.0]]), torch.tensor([[0.0, 2.0]]), torch.tensor([[0.0, 2.0]])])
    assert mean.softmax(1)[0, 0].item() == pytest.approx((1 + 2 / (1 + np.exp(2))) / 3)
    assert bool(mean.isfinite().all())


def test_every_view_costs_a_forward_pass() -> None:
    alone, *others = (cost(make_hollow(make_config()), input_px=64, tta=tta) for tta in ("none", *SEVERAL))
    assert [other.num_macs for other in others] == [2 * alone.num_macs, 10 * alone.num_macs]
    assert {other.num_parameters for other in others} == {alone.num_parameters}
