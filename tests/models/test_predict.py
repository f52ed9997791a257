"""predict_logits against a plain loop over single pictures."""

import numpy as np
import pytest
import torch

from mien.models.predict import predict_logits

from .make import make_config, make_model, pictures


def test_equals_a_plain_loop() -> None:
    model, images = make_model(make_config(attention="se")), pictures(7, 48)
    logits = predict_logits(model, images, input_px=64, precision="fp32", device="cpu", batch_size=3)
    assert logits.shape == (7, 3) and logits.dtype == np.float32
    model.eval()
    with torch.no_grad():
        for image, row in zip(images, logits, strict=True):
            enlarged = torch.nn.functional.interpolate(image[None] / 255, size=(64, 64), mode="bilinear", antialias=True)
            np.testing.assert_allclose(row, model(enlarged)[0].numpy(), rtol=1e-4, atol=1e-5)


def test_a_model_in_training_mode_predicts_as_in_eval_mode() -> None:
    model, images = make_model(make_config()).train(), pictures(4, 64)
    state = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    first = predict_logits(model, images, input_px=64, precision="fp32", device="cpu")
    assert np.array_equal(first, predict_logits(model, images, input_px=64, precision="fp32", device="cpu"))
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())


def test_bf16_agrees_to_its_precision_and_differs() -> None:
    model, images = make_model(make_config()), pictures(6, 64)
    exact = predict_logits(model, images, input_px=64, precision="fp32", device="cpu")
    rough = predict_logits(model, images, input_px=64, precision="bf16", device="cpu")
    assert rough.dtype == np.float32 and not np.array_equal(exact, rough)
    assert np.abs(exact - rough).max() < 0.05 * np.abs(exact).max() + 0.01


def test_the_progress_bar_is_named_and_optional(capsys: pytest.CaptureFixture[str]) -> None:
    model, images = make_model(make_config()), pictures(2, 64)
    predict_logits(model, images, input_px=64, precision="fp32", device="cpu")
    assert not capsys.readouterr().err
    predict_logits(model, images, input_px=64, precision="fp32", device="cpu", progress="tiny: test")
    assert "tiny: test" in capsys.readouterr().err
