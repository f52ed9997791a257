import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from mien.explain.neighbours import nearest, share_with_other_label
from mien.explain.sampling import of_each_class, stratified
from tests.explain.drawn import sample_id


def rows(**counts: int) -> pd.DataFrame:
    labels = [name for name, num in counts.items() for _ in range(num)]
    return pd.DataFrame({"sample_id": [sample_id(number) for number in range(len(labels))], "label": labels})


def test_each_class_keeps_its_share() -> None:
    kept = stratified(rows(angry=500, happy=300, sad=200), num=100, seed=1)
    assert kept["label"].value_counts().to_dict() == {"angry": 50, "happy": 30, "sad": 20}
    assert kept["sample_id"].is_monotonic_increasing


def test_a_class_of_one_image_is_there_even_in_the_smallest_sample() -> None:
    assert set(stratified(rows(angry=500, happy=1, sad=200), num=2, seed=1)["label"]) == {"angry", "happy", "sad"}


def test_zero_and_plenty_take_all() -> None:
    every = rows(angry=5, sad=3)
    assert len(stratified(every, num=0, seed=1)) == len(stratified(every, num=100, seed=1)) == 8
    assert stratified(every.head(0), num=10, seed=1).empty


def test_the_order_of_rows_is_nothing_and_the_seed_is_all() -> None:
    every = rows(angry=50, sad=30)
    once = stratified(every, num=20, seed=1)
    pd.testing.assert_frame_equal(once, stratified(every.sample(frac=1, random_state=0), num=20, seed=1))
    assert set(once["sample_id"]) != set(stratified(every, num=20, seed=2)["sample_id"])
    assert set(once["sample_id"]) <= set(stratified(every, num=40, seed=1)["sample_id"]), "a smaller sample is part of a larger"


def test_the_sample_knows_nothing_of_the_order_by_which_images_were_split() -> None:
    """Single images of a test split are the last 15 % by the splits' hash; those of a person are anywhere in it, after the person's
    first.
    """
    every = rows(angry=4000)
    place = [int(hashlib.sha256(f"1:{name}".encode()).hexdigest()[:8], 16) / 16**8 for name in every["sample_id"]]
    single = np.array(place) > 0.85
    of_persons = np.arange(4000) % 7 == 0
    test = every[single | of_persons]
    share = (single & ~of_persons).sum() / len(test)
    kept = stratified(test, num=200, seed=1)["sample_id"]
    assert kept.isin(every["sample_id"][single & ~of_persons]).mean() == pytest.approx(share, abs=0.1)


def test_neighbours_agree_with_scipy() -> None:
    rng = np.random.default_rng(0)
    features, pool = rng.normal(size=(20, 8)), rng.normal(size=(50, 8))
    found = nearest(features, pool, num=5)
    distances = cdist(features, pool, "cosine")
    np.testing.assert_array_equal(found.places_Nk, distances.argsort(axis=1)[:, :5])
    np.testing.assert_allclose(found.distances_Nk, np.sort(distances, axis=1)[:, :5], atol=1e-12)


def test_length_of_features_is_nothing_and_equals_come_in_order() -> None:
    pool = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 0.0], [0.5, 0.0]])
    found = nearest(np.array([[3.0, 0.0]]), pool, num=3)
    assert found.places_Nk.tolist() == [[1, 2, 3]] and found.distances_Nk == pytest.approx(np.zeros((1, 3)))
    assert nearest(np.array([[3.0, 0.0]]), pool, num=9).places_Nk.shape == (1, 4), "a pool of fewer gives what it has"


def test_share_with_other_label() -> None:
    found = nearest(np.eye(2), np.eye(2)[[0, 0, 1, 1]], num=2)
    assert share_with_other_label(found, ["sad", "sad"], ["sad", "happy", "happy", "happy"]).tolist() == [0.5, 1.0]


def test_the_same_images_of_each_class_whatever_the_order_and_however_many() -> None:
    every = rows(angry=50, happy=1, sad=30)
    once = of_each_class(every, num=3, seed=1)
    assert once["label"].value_counts().to_dict() == {"angry": 3, "sad": 3, "happy": 1}
    pd.testing.assert_frame_equal(once, of_each_class(every.sample(frac=1, random_state=0), num=3, seed=1))
    more = of_each_class(every, num=5, seed=1)
    for label in ("angry", "sad"):
        own, longer = (found.loc[found["label"] == label, "sample_id"].tolist() for found in (once, more))
        assert longer[:3] == own and len(longer) == 5
        assert set(own) <= set(stratified(every, num=81, seed=1)["sample_id"])
    assert set(once["sample_id"]) != set(of_each_class(every, num=3, seed=2)["sample_id"])
