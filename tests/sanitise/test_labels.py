"""Spellings to classes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.config.sections.labels import LabelParams
from mien.core.errors import LabelError
from mien.sanitise.labels import classify, closest_class, refuse, unknown_spellings

PARAMS = LabelParams(aliases={"happy": ("happiness",), "sad": ("unhappy",), "surprise": ("suprise",)}, drop=("fear",))
KNOWN = PARAMS.spellings.by_folded


@pytest.mark.parametrize(
    ("spelt", "label"),
    [
        ("HAPPY", "happy"),
        (" happy (2)", "happy"),
        ("Happiness_17", "happy"),
        ("unhappy", "sad"),
        ("ｓｕｐｒｉｓｅ", "surprise"),
        ("fear", "fear"),
        ("hapy", None),
        ("", None),
        (None, None),
        ("happy sad", None),
    ],
)
def test_a_spelling_has_the_class_it_folds_to(spelt: str | None, label: str | None) -> None:
    assert classify(pd.Series([spelt], dtype=object), PARAMS).tolist() == [label]


@given(st.sampled_from(sorted(KNOWN)), st.sampled_from(["{}", "{} ", "{}_3", "{} (12)", "-{}-", "{}s"]), st.booleans())
def test_case_punctuation_and_counters_do_not_matter(known: str, form: str, upper: bool) -> None:
    spelt = form.format(known.upper() if upper else known)
    expected = None if form == "{}s" else KNOWN[known]
    assert classify(pd.Series([spelt], dtype=object), PARAMS).iloc[0] == expected


def test_unknown_spellings_are_listed_with_number_and_closest_class() -> None:
    raw = ["hapy", "happy", "contempt", "hapy", None, "suprised", "fear"]
    found = [(it.spelling, it.num_files, it.closest) for it in unknown_spellings(raw, PARAMS)]
    assert found == [("hapy", 2, "happy"), (None, 1, None), ("contempt", 1, None), ("suprised", 1, "surprise")]
    assert closest_class("Unhapy 2", PARAMS) == "sad"


def test_refusing_names_every_unknown_label_and_the_remedy() -> None:
    with pytest.raises(LabelError) as caught:
        refuse(unknown_spellings(["hapy", "contempt", "happy"], PARAMS))
    for part in ("labels.on_unknown", "'hapy' (1 file; closest class: happy)", "'contempt' (1 file; no class is close)", "labels.aliases"):
        assert part in str(caught.value)
    refuse(unknown_spellings(["happy"], PARAMS))


@pytest.mark.parametrize(("spelling", "meant"), [("happy_faces", "happy"), ("Happy - Copy", "happy"), ("hapy", "happy")])
def test_the_word_of_a_class_within_a_spelling_goes_before_likeness(spelling: str, meant: str) -> None:
    params = LabelParams(classes=["angry", "happy", "sad"], aliases={"angry": ["angry faces"]})
    assert closest_class(spelling, params) == meant
