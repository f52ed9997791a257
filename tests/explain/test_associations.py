import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from mien.explain.associations import associations


def drawn(num: int = 200, *, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Failed images are darker, and nothing else."""
    rng = np.random.default_rng(seed)
    failed = rng.random(num) < 0.3
    values = {"sharpness": rng.gamma(2, 50, num), "brightness": rng.normal(120, 20, num) - 30 * failed, "score": np.full(num, np.nan)}
    return pd.DataFrame({**values, "num_copies": 1}), failed


def test_what_was_planted_is_found_and_nothing_else() -> None:
    values, failed = drawn()
    found = {entry["column"]: entry for entry in associations(values, failed)}
    assert list(found) == ["sharpness", "brightness"], "neither what is missing nor what never varies"
    assert found["brightness"]["high"] < 0.3 and found["brightness"]["p_holm"] < 1e-6
    assert found["sharpness"]["low"] < 0.5 < found["sharpness"]["high"] and found["sharpness"]["p_holm"] > 0.05
    assert found["brightness"]["median_failed"] == np.median(values["brightness"][failed])
    assert found["brightness"]["num_failed"] == failed.sum() and found["brightness"]["num_right"] == (~failed).sum()


def test_holm_as_statsmodels() -> None:
    values, failed = drawn(seed=3)
    found = associations(values, failed)
    expected = multipletests([entry["p"] for entry in found], method="holm")[1]
    np.testing.assert_allclose([entry["p_holm"] for entry in found], expected, atol=1e-12)


def test_missing_values_are_left_out_of_their_own_column_alone() -> None:
    values, failed = drawn()
    values.loc[:99, "sharpness"] = np.nan
    found = {entry["column"]: entry for entry in associations(values, failed)}
    assert found["sharpness"]["num_failed"] + found["sharpness"]["num_right"] == 100
    assert found["brightness"]["num_failed"] + found["brightness"]["num_right"] == 200


def test_too_few_say_nothing() -> None:
    values, failed = drawn()
    assert associations(values, np.zeros(len(values), bool)) == [] == associations(values, np.ones(len(values), bool))
    few = np.arange(len(values)) < 4
    assert associations(values, few) == []
    assert associations(values, failed, units_N=np.zeros(len(values))) == [], "all of one person"
