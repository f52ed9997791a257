from statistics import mean, stdev

import pytest

from mien.evaluate.seeds import seed_metrics


def test_mean_and_sample_deviation_over_seeds() -> None:
    by_seed = {42: {"macro_f1": 0.5, "kappa": 0.1}, 1: {"macro_f1": 0.6, "kappa": 0.4}, 7: {"macro_f1": 0.58, "kappa": 0.2}}
    found = seed_metrics(by_seed)
    assert found["seeds"] == [42, 1, 7]
    assert found["by_seed"] == {str(seed): figures for seed, figures in by_seed.items()}
    for name in ("macro_f1", "kappa"):
        values = [figures[name] for figures in by_seed.values()]
        assert found["over_seeds"][name] == {"mean": pytest.approx(mean(values)), "sd": pytest.approx(stdev(values))}


def test_one_seed_says_nothing_of_others() -> None:
    assert seed_metrics({42: {"macro_f1": 0.5}}) == {}
