"""Thinning: what is kept of each class, against plain searches; which images stay; and what each that leaves is told."""

import math
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mien.config.params import Params
from mien.core.errors import LabelError
from mien.split.thinning import MIN_IMAGES, imbalance, make_uneven, reduce_alike, thin
from mien.store.tables import FATES
from tests.random_tables import sample_id

NAMES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
COUNTS = st.lists(st.integers(2, 400), min_size=2, max_size=7).map(lambda nums: dict(zip(NAMES, nums, strict=False)))


def params_of(seed: int = 0, *, factor: float = 1.0, max_train: int = 0) -> Params:
    model = {"backbone": "resnet50", "weights": "none", "attention": "none", "head": "linear", "loss": "cross_entropy"}
    split = {"imbalance_factor": factor, "max_train": max_train}
    return Params.model_validate({"models": {"m": model}, "seed": seed, "split": split, "labels": {"classes": list(NAMES[:4])}})


def rows_of(**counts: int) -> pd.DataFrame:
    """Rows of SPLITS with so many training images of each class, and some of validation and test."""
    drawn = [(label, "train") for label, num in counts.items() for _ in range(num)]
    drawn += [(label, split) for label in counts for split in ("val", "test") for _ in range(5)]
    ids = [sample_id(at) for at in range(len(drawn))]
    columns = {"path": [f"{at}.jpg" for at in range(len(drawn))], "sample_id": ids, "group_id": ids}
    rows = pd.DataFrame(drawn, columns=["label", "split"]).assign(**columns, subject=None, flag=None)
    return rows.sample(frac=1, random_state=0)


ROWS = rows_of(angry=120, disgust=40, fear=200, happy=90)


def kept(params: Params, rows: pd.DataFrame = ROWS) -> set[str]:
    """The paths of the training images that stay."""
    training = rows[rows["split"] == "train"]
    return set(training["path"]) - set(thin(rows, params)["path"])


@given(COUNTS, st.floats(1, 50))
@settings(max_examples=500)
def test_the_factor_is_reached_as_closely_as_whole_numbers_allow(counts: dict[str, int], times: float) -> None:
    factor = imbalance(counts) * times
    largest, smallest = max(counts.values()), min(counts.values())
    reachable = {num: abs(largest / num - factor) for num in range(1, smallest + 1)}
    best = min(reachable.values())
    if min(num for num, distance in reachable.items() if distance == best) < MIN_IMAGES:
        with pytest.raises(LabelError, match=r"split\.imbalance_factor: .* must stay"):
            make_uneven(counts, factor=factor)
        return
    found = make_uneven(counts, factor=factor)
    assume(factor != 1)
    assert abs(imbalance(found) - factor) == best
    assert max(found.values()) == largest and list(found) == list(counts)
    assert all(MIN_IMAGES <= found[name] <= counts[name] for name in counts)
    assert all(found[one] >= found[other] for one in counts for other in counts if counts[one] > counts[other])


@given(COUNTS, st.floats(1, 20))
@settings(max_examples=300)
def test_classes_follow_the_papers_law(counts: dict[str, int], times: float) -> None:
    """log(kept / n_k) falls evenly from the largest class to the smallest: a straight line, whatever the sizes."""
    factor = imbalance(counts) * times
    assume(max(counts.values()) / factor >= 2 and factor > 1)
    found, order = make_uneven(counts, factor=factor), sorted(counts, key=lambda name: -counts[name])
    step = math.log(imbalance(counts) / factor) / (len(counts) - 1)
    for place, name in enumerate(order):
        assert abs(found[name] - counts[name] * math.exp(place * step)) <= (0.5 if 0 < place < len(order) - 1 else 1) + 0.5 * (
            found[name] == min(found.values())
        )


@given(COUNTS, st.floats(1, 10), st.floats(1, 5))
def test_a_larger_factor_keeps_no_more_of_any_class(counts: dict[str, int], times: float, more: float) -> None:
    factor = imbalance(counts) * times
    assume(max(counts.values()) / (factor * more) >= 2 and factor > 1)
    some, fewer = make_uneven(counts, factor=factor), make_uneven(counts, factor=factor * more)
    assert all(fewer[name] <= some[name] for name in counts)


def test_known_factors_of_even_classes() -> None:
    """Even classes are Cui et al.'s case: n μ^k with μ = f^(-1 / (K - 1))."""
    assert make_uneven(dict.fromkeys(NAMES[:3], 5000), factor=100) == {"angry": 5000, "disgust": 500, "fear": 50}
    assert make_uneven({"fear": 40, "happy": 360, "sad": 40}, factor=9) == {"fear": 40, "happy": 360, "sad": 40}, "present already: u = 1"
    assert make_uneven({"sad": 10, "happy": 100}, factor=1) == {"sad": 10, "happy": 100}, "1 thins nothing"


@given(COUNTS, st.integers(0, 3000))
@settings(max_examples=500)
def test_a_size_is_met_exactly_with_one_share_of_every_class(counts: dict[str, int], max_train: int) -> None:
    total = sum(counts.values())
    if 0 < max_train < len(counts):
        with pytest.raises(LabelError, match=rf"split\.max_train: {max_train} .* raise it to {len(counts)} at least"):
            reduce_alike(counts, max_train=max_train)
        return
    found = reduce_alike(counts, max_train=max_train)
    if not max_train or max_train >= total:
        assert found == counts
        return
    assert sum(found.values()) == max_train and list(found) == list(counts)
    assert all(1 <= found[name] <= counts[name] for name in counts)
    # Some share s exists of which every class keeps s n_k, rounded either way at a half; or its one image, if that is more.
    least = max(((num - 0.5) / counts[name] for name, num in found.items() if num > 1), default=0)
    assert least <= min((num + 0.5) / counts[name] for name, num in found.items()) + 1e-12
    assert all(found[one] >= found[other] for one in counts for other in counts if counts[one] > counts[other])


@given(COUNTS)
@settings(max_examples=50)
def test_no_class_loses_an_image_when_the_size_grows(counts: dict[str, int]) -> None:
    """Largest remainders break this (the Alabama paradox): thinning to 1,000 images would not be part of thinning to 1,001."""
    found = [reduce_alike(counts, max_train=num) for num in range(len(counts), min(sum(counts.values()), 300) + 1)]
    for fewer, more in pairwise(found):
        assert all(fewer[name] <= more[name] for name in counts)


def test_the_defaults_and_a_size_beyond_what_is_there_take_out_nothing() -> None:
    for params in (params_of(), params_of(max_train=450), params_of(max_train=10**9), params_of(factor=5.0)):
        gone = thin(ROWS, params)
        assert gone.empty and list(gone.columns) == FATES.names


@pytest.mark.parametrize("asked", [{"factor": 20.0}, {"max_train": 100}, {"factor": 20.0, "max_train": 100}])
def test_only_training_images_leave_and_are_told_why(asked: dict[str, float]) -> None:
    gone = thin(ROWS, params_of(**asked))  # type: ignore[arg-type]
    left = ROWS.drop(gone.index)
    assert (ROWS.loc[gone.index, "split"] == "train").all() and (ROWS.loc[gone.index, "path"] == gone["path"]).all()
    assert set(gone["fate"]) == {"thinned"} and set(gone["stage"]) == {"split"}
    assert set(gone["reason"]) == {{"factor": "imbalance"}.get(key, key) for key in asked}
    num = left[left["split"] == "train"]["label"].value_counts()
    if "max_train" in asked:
        assert num.sum() == 100
    else:
        assert num["fear"] == 200 and num["disgust"] == 10
        details = gone.assign(label=ROWS["label"]).groupby("label")["detail"].unique()
        assert details["disgust"].tolist() == ["split.imbalance_factor 20 keeps 10 of 40 training images of disgust"]


def test_smaller_training_splits_lie_within_larger_ones() -> None:
    sizes = [kept(params_of(max_train=num)) for num in (10, 50, 51, 200, 449)]
    factors = [kept(params_of(factor=factor)) for factor in (100.0, 50.0, 20.0, 1.0)]
    both = [kept(params_of(factor=20.0, max_train=num)) for num in (10, 50, 150, 0)]
    for nested in (sizes, factors, both):
        assert all(fewer < more for fewer, more in pairwise(nested))


def test_the_seed_chooses_and_the_order_of_rows_does_not() -> None:
    first, second = (kept(params_of(seed, max_train=200)) for seed in (1, 2))
    assert len(first) == len(second) == 200 and 40 < len(first & second) < 150
    for at in range(3):
        assert kept(params_of(1, max_train=200), ROWS.sample(frac=1, random_state=at)) == first
    fewer = ROWS.drop(ROWS[ROWS["split"] == "train"].index[:3])
    assert len(kept(params_of(1, max_train=200), fewer) - first) <= 6, "an image more or less moves few"


@pytest.mark.parametrize(
    ("counts", "factor", "words"),
    [
        ({"happy": 324, "sad": 16}, 10.0,
            "10 cannot be reached by thinning, because the training split is already more uneven: "
            "324 images of happy over 16 of sad is 20.25; set it to 20.25 or more"),
        ({"happy": 100, "fear": 90, "sad": 3}, 33.0, "100 images of happy over 3 of sad is 33.33; set it to 33.34 or more"),
        ({"happy": 193, "sad": 40}, 150.0,
            "150 would leave 1 training image of sad, for 193 of happy, and at least 2 must stay; "
            "set it to 96.5 at most, add images of sad"),
        ({"happy": 193, "sad": 1}, 193.0,
            "193 would leave 1 training image of sad, for 193 of happy, and at least 2 must stay; "
            "add images of sad, or drop it with labels.drop"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_with_numbers_and_a_remedy_that_works(counts: dict[str, int], factor: float, words: str) -> None:
    with pytest.raises(LabelError) as caught:
        make_uneven(counts, factor=factor)
    said = str(caught.value)
    assert said.startswith("split.imbalance_factor: ") and words in said
    if "set it to" in said:
        make_uneven(counts, factor=float(said.split("set it to ")[1].split()[0]))
