"""Pools the frames of one clip with NumPy, as the modules in mien/temporal/poolings do with torch; the stage `temporal` proves it.

Legend: T frames in order of time, D features, K classes, H units of one direction, E = 2 H.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Figures = NDArray[np.float32]
Weights = Mapping[str, Figures]
"""the tensors of pooling.safetensors, by name"""


@dataclass(frozen=True)
class Frames:
    """What the model of frames made of the frames of a clip."""

    logits_TK: Figures
    features_TD: Figures

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The frames of all parts, in order; there must be at least one."""
        return cls(np.concatenate([part.logits_TK for part in parts]), np.concatenate([part.features_TD for part in parts]))


def mean(_weights: Weights, frames: Frames) -> Figures:
    """The mean of the logits, K."""
    return np.asarray(frames.logits_TK.mean(axis=0), np.float32)


def fan(weights: Weights, frames: Frames) -> Figures:
    """Frame attention: the logits, K, of the frames' features and their clip's, weighted by both gates."""
    features_TD = frames.features_TD
    alpha_T1 = expit(_linear(weights, "alpha", features_TD))
    clip_D = (alpha_T1 * features_TD).sum(0) / alpha_T1.sum()
    both_TE = np.concatenate([features_TD, np.broadcast_to(clip_D, features_TD.shape)], axis=1)
    weight_T1 = alpha_T1 * expit(_linear(weights, "beta", both_TE))
    return _linear(weights, "classifier", (weight_T1 * both_TE).sum(0) / weight_T1.sum())


def gru(weights: Weights, frames: Frames) -> Figures:
    """The logits, K, of the mean of both directions' outputs over time."""
    forwards_TH = _direction(weights, "", frames.features_TD)
    backwards_TH = _direction(weights, "_reverse", frames.features_TD[::-1])
    return _linear(weights, "classifier", np.concatenate([forwards_TH.mean(0), backwards_TH.mean(0)]))


POOLINGS: Mapping[str, Callable[[Weights, Frames], Figures]] = {"mean": mean, "fan": fan, "gru": gru}
"""by name, the logits of a clip, K"""


def _linear(weights: Weights, name: str, values: Figures) -> Figures:
    return np.asarray(values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)


def _direction(weights: Weights, suffix: str, features_TD: Figures) -> Figures:
    """The outputs of one direction, T×H: gates for reset, update and new state, in this order (the equations of torch.nn.GRU)."""
    inner, outer = (f"gru.weight_{kind}_l0{suffix}" for kind in ("hh", "ih"))
    given_T3H = features_TD @ weights[outer].T + weights[f"gru.bias_ih_l0{suffix}"]
    bias_3H = weights[f"gru.bias_hh_l0{suffix}"]
    state_H = np.zeros(weights[inner].shape[1], np.float32)
    states = []
    for given_3H in given_T3H:
        reset_H, update_H, new_H = np.split(given_3H, 3)
        before = np.split(weights[inner] @ state_H + bias_3H, 3)
        update_H = expit(update_H + before[1])
        new_H = np.tanh(new_H + expit(reset_H + before[0]) * before[2])
        state_H = (1 - update_H) * new_H + update_H * state_H
        states.append(state_H)
    return np.asarray(states, np.float32)
