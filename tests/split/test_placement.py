"""Numbers of units per split, against exhaustive search and the bound that splits.py promises."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.split.placement import place

FRACTIONS = np.array([0.7, 0.15, 0.15])


@given(st.lists(st.integers(3, 500), min_size=1, max_size=7))
def test_single_images_are_rounded_exactly(sizes: list[int]) -> None:
    """Every count is the wanted number rounded up or down, unless a class would be missing."""
    placed = place(np.eye(len(sizes), dtype=np.int64), np.array(sizes), FRACTIONS)
    assert (placed.sum(axis=1) == sizes).all()
    for size, row in zip(sizes, placed, strict=True):
        wanted = size * FRACTIONS
        assert (row >= 1).all()
        if (np.floor(wanted) >= 1).all():
            assert (np.abs(row - wanted) < 1).all()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 8)), min_size=3, max_size=60))
def test_units_of_one_class_are_exact_to_within_one_unit(units: list[tuple[int, int]]) -> None:
    vectors, numbers = np.unique([[size * (name == label) for name in range(3)] for label, size in units], axis=0, return_counts=True)
    placed = place(vectors, numbers, FRACTIONS)
    assert (placed >= 0).all() and (placed.sum(axis=1) == numbers).all()
    counts = placed.T @ vectors
    for label in range(3):
        num_units = sum(which == label for which, _ in units)
        largest = max((size for which, size in units if which == label), default=0)
        if num_units >= 3:
            assert (counts[:, label] >= 1).all()
        if num_units > 10:
            assert (np.abs(counts[:, label] - FRACTIONS * counts[:, label].sum()) <= largest).all()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(any), min_size=3, max_size=6))
@settings(max_examples=60)
def test_mixed_units_leave_no_class_out_where_exhaustive_search_finds_a_way(units: list[tuple[int, int]]) -> None:
    vectors, numbers = np.unique(units, axis=0, return_counts=True)
    counts = place(vectors, numbers, FRACTIONS).T @ vectors
    holding = [name for name in range(2) if any(unit[name] for unit in units)]
    ways = (np.array([[sum(u[k] for u, s in zip(units, way, strict=True) if s == split) for k in range(2)] for split in range(3)])
            for way in product(range(3), repeat=len(units)))  # fmt: skip
    if any((way[:, holding] > 0).all() for way in ways):
        assert (counts[:, holding] > 0).all()


def test_many_subjects_of_all_classes_come_within_a_fraction_of_one() -> None:
    random = np.random.default_rng(3)
    vectors, numbers = np.unique(random.poisson([1, 2, 3, 0.5, 1], (200, 5)), axis=0, return_counts=True)
    counts = place(vectors, numbers, FRACTIONS).T @ vectors
    off = np.abs(counts - FRACTIONS[:, None] * counts.sum(axis=0))
    assert (off <= vectors.max(axis=0)).all() and off.max() <= 1.5
