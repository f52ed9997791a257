import time

import pytest
import torch

from mien.models import speed
from mien.models.speed import measure_speed

from .make import make_config, make_model


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_slower_model_is_measured_as_slower_and_is_left_as_it_was(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "BUDGET_S", 0.05)
    model = make_model(make_config())
    state = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    quick = measure_speed(model, input_px=32, precision=precision, device="cpu")
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items()) and not model.training
    model.register_forward_hook(lambda *_: time.sleep(0.1))
    slow = measure_speed(model, input_px=32, precision=precision, device="cpu")
    assert slow.latency_ms > 100 > quick.latency_ms > 0
    assert slow.images_per_s < 32 / 0.1 and slow.images_per_s < quick.images_per_s
    assert measure_speed(model, input_px=32, precision=precision, device="cpu", tta="flip").latency_ms > 200, "two passes"
    assert slow.precision == precision and slow.device == "cpu" and slow.cpu and slow.num_threads == torch.get_num_threads()
