"""Applies a corruption of a strength to a face."""

import hashlib

import numpy as np

from mien.core import registry
from mien.robustness.corruption import NUM_STRENGTHS, Corruption, Face, Pixels


def corruption(name: str) -> Corruption:
    """The corruption of a file of mien/robustness/corruptions. Raises KeyError, which lists the choices, if there is none."""
    found: Corruption = registry.load("mien.robustness.corruptions", name, "CORRUPTION")
    return found


def corrupted(face: Face, name: str, strength: int, *, seed: int, sample_id: str) -> Pixels:
    """The image of the face at a strength from 1 to 5; at strength 0 as it is. The face must have landmarks if the corruption needs them.

    Whatever is drawn depends on the seed, the corruption, the strength and the sample_id, and on nothing else: neither on other images nor
    on their order.
    """
    assert 0 <= strength <= NUM_STRENGTHS, strength
    if not strength:
        return face.image_SS3
    own = corruption(name)
    return own.apply(face, own.amounts[strength - 1], _draws(seed, name, strength, sample_id))


def _draws(seed: int, name: str, strength: int, sample_id: str) -> np.random.Generator:
    digest = hashlib.sha256(f"corruption:{seed}:{name}:{strength}:{sample_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16]))
