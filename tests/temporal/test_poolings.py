"""Poolings against slow transcriptions, with padding, and NumPy's against torch's."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.predict.clips.pooling import POOLINGS as NUMPY_POOLINGS
from mien.predict.clips.pooling import Frames
from mien.temporal.batch import Batch, dropped
from mien.temporal.poolings import POOLINGS

LENGTHS, D, K = (1, 5, 3, 12), 7, 4


def pooling_of(name: str, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return POOLINGS[name](D, K)


def outputs_of(seed: int = 0) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Logits and features of all frames, and the rows of the frames of each clip, which are not in order."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randperm(sum(LENGTHS), generator=generator).split(LENGTHS)
    return torch.randn(sum(LENGTHS), K, generator=generator), torch.randn(sum(LENGTHS), D, generator=generator), list(rows)


def sigmoid(value: float) -> float:
    return 1 / (1 + float(np.exp(-value)))


def slow_mean(_state: dict[str, Any], logits_TK: NDArray[Any], _features_TD: NDArray[Any]) -> list[float]:
    return [sum(float(logits_K[k]) for logits_K in logits_TK) / len(logits_TK) for k in range(K)]


def slow_fan(state: dict[str, Any], _logits_TK: NDArray[Any], features_TD: NDArray[Any]) -> list[float]:
    """Equations 2 to 5 of the paper, frame by frame; β is in the numerator."""

    def layer(name: str, values: NDArray[Any]) -> NDArray[Any]:
        return np.array([sum(w * x for w, x in zip(row, values, strict=True)) for row in state[f"{name}.weight"]]) + state[f"{name}.bias"]

    alpha = [sigmoid(layer("alpha", f)[0]) for f in features_TD]
    clip = sum(a * f for a, f in zip(alpha, features_TD, strict=True)) / sum(alpha)
    both = [np.concatenate([f, clip]) for f in features_TD]
    weight = [a * sigmoid(layer("beta", pair)[0]) for a, pair in zip(alpha, both, strict=True)]
    return list(layer("classifier", sum(w * pair for w, pair in zip(weight, both, strict=True)) / sum(weight)))


def slow_gru(state: dict[str, Any], _logits_TK: NDArray[Any], features_TD: NDArray[Any]) -> list[float]:
    """Cho et al. 2014, unit by unit, once in each direction."""
    means = []
    for suffix, frames in (("", features_TD), ("_reverse", features_TD[::-1])):
        w_x, w_h = (state[f"gru.weight_{kind}_l0{suffix}"] for kind in ("ih", "hh"))
        b_x, b_h = (state[f"gru.bias_{kind}_l0{suffix}"] for kind in ("ih", "hh"))
        num = w_h.shape[1]
        state_H, seen = np.zeros(num), []
        for x in frames:
            before = state_H.copy()
            for unit in range(num):
                r, z, n = unit, num + unit, 2 * num + unit
                reset = sigmoid(w_x[r] @ x + b_x[r] + w_h[r] @ before + b_h[r])
                update = sigmoid(w_x[z] @ x + b_x[z] + w_h[z] @ before + b_h[z])
                new = np.tanh(w_x[n] @ x + b_x[n] + reset * (w_h[n] @ before + b_h[n]))
                state_H[unit] = (1 - update) * new + update * before[unit]
            seen.append(state_H.copy())
        means.append(np.mean(seen, axis=0))
    return list(state["classifier.weight"] @ np.concatenate(means) + state["classifier.bias"])


SLOW = {"mean": slow_mean, "fan": slow_fan, "gru": slow_gru}


@pytest.mark.parametrize("name", POOLINGS)
def test_a_padded_batch_gives_what_each_clip_gives_alone_by_a_slow_transcription(name: str) -> None:
    pooling, (logits, features, clips) = pooling_of(name), outputs_of()
    state = {key: tensor.double().numpy() for key, tensor in pooling.state_dict().items()}
    with torch.inference_mode():
        given_BK = pooling(Batch.of(logits, features, clips)).numpy()
    for given_K, rows in zip(given_BK, clips, strict=True):
        expected_K = SLOW[name](state, logits[rows].double().numpy(), features[rows].double().numpy())
        np.testing.assert_allclose(given_K, expected_K, rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", POOLINGS)
def test_numpy_pools_as_torch_does(name: str) -> None:
    pooling, (logits, features, clips) = pooling_of(name, seed=1), outputs_of(1)
    weights = {key: tensor.numpy() for key, tensor in pooling.state_dict().items()}
    with torch.inference_mode():
        expected_BK = pooling(Batch.of(logits, features, clips)).numpy()
    for expected_K, rows in zip(expected_BK, clips, strict=True):
        given_K = NUMPY_POOLINGS[name](weights, Frames(logits[rows].numpy(), features[rows].numpy()))
        np.testing.assert_allclose(given_K, expected_K, rtol=0, atol=1e-5)
        assert given_K.dtype == np.float32


@pytest.mark.parametrize(("name", "has_order"), [("mean", False), ("fan", False), ("gru", True)])
def test_only_the_recurrent_pooling_reads_the_order_of_the_frames(name: str, has_order: bool) -> None:
    pooling, (logits, features, clips) = pooling_of(name), outputs_of()
    with torch.inference_mode():
        forwards, backwards = (pooling(Batch.of(logits, features, [rows])) for rows in (clips[3], clips[3].flip(0)))
    assert torch.allclose(forwards, backwards, atol=1e-6) != has_order


@pytest.mark.parametrize("name", POOLINGS)
def test_a_frame_that_repeats_has_the_logits_of_the_frame_alone_if_its_order_is_not_read(name: str) -> None:
    pooling, (logits, features, _) = pooling_of(name), outputs_of()
    once, often = (Batch.of(logits, features, [torch.full((num,), 4)]) for num in (1, 6))
    with torch.inference_mode():
        assert torch.allclose(pooling(once), pooling(often), atol=1e-6) == (name != "gru")


def test_padding_has_no_value_of_any_frame() -> None:
    logits, features, clips = outputs_of()
    batch = Batch.of(logits, features, clips)
    assert batch.mask_BT.sum(1).tolist() == list(LENGTHS)
    for values in (batch.logits_BTK, batch.features_BTD):
        assert not values[batch.mask_BT == 0].any() and values[batch.mask_BT == 1].all()


@pytest.mark.parametrize("name", ["fan", "gru"])
def test_dropout_is_drawn_by_the_generator_alone(name: str) -> None:
    pooling, (logits, features, clips) = pooling_of(name), outputs_of()
    batch = Batch.of(logits, features, clips)
    before = torch.random.get_rng_state()
    first, again = (pooling(batch, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again) and not torch.allclose(first, pooling(batch))
    assert torch.equal(before, torch.random.get_rng_state())


def test_dropout_keeps_the_mean() -> None:
    values = dropped(torch.ones(200_000), 0.6, torch.Generator().manual_seed(0))
    assert values.unique().tolist() == pytest.approx([0, 2.5])
    assert float(values.mean()) == pytest.approx(1, abs=0.01)
