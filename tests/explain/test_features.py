"""The features are those the head pools: a linear head on them gives the model's logits."""

import numpy as np
import pytest
import torch

from mien.explain.features import pooled_features
from mien.models.predict import predict_logits
from tests.models.make import make_config, make_model, pictures


@pytest.mark.parametrize("attention", ["none", "se"])
def test_a_linear_head_on_the_features_gives_the_logits(attention: str) -> None:
    model = make_model(make_config(head="linear", dropout=0.0, attention=attention))
    images = pictures(7, 48)
    features = pooled_features(model, images, input_px=64, batch_size=3)
    assert features.dtype == np.float32
    with torch.inference_mode():
        logits = model.head.classifier(torch.from_numpy(features)).numpy()
    expected = predict_logits(model, images, input_px=64, precision="fp32", device="cpu")
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_the_batch_size_changes_nothing() -> None:
    model = make_model(make_config())
    images = pictures(5, 64)
    np.testing.assert_allclose(
        pooled_features(model, images, input_px=64, batch_size=2), pooled_features(model, images, input_px=64, batch_size=64), atol=1e-6
    )
