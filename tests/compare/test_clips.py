"""Temporal models have a table of their own, in which clips are counted, and groups that are those of their frames."""

import pandas as pd
import pytest

from mien.compare.clips import clips_table, groups_of_clips
from mien.core.errors import TableError
from tests.compare.test_leaderboard import PAIRS, evaluations, tables

TEMPORAL = {"temporal": {"model": "resnet50", "pooling": "fan"}, "unit": "clip"}


def test_rows_are_in_order_and_clips_are_counted() -> None:
    text = clips_table(evaluations(**TEMPORAL), PAIRS)
    assert text.startswith("## Clips\n") and "120 clips in 120 groups" in text and "cannot be compared with those of images" in text
    header, _, *rows = tables(text)[0]
    assert header[:6] == ["temporal model", "pooling", "frames by", "against best", "macro-F1", "accuracy"]
    assert [row[:3] for row in rows] == [[name, "fan", "resnet50"] for name in ("good", "fair", "poor")]
    assert rows[0][3] == "best" and rows[2][3].startswith("worse, p ")


def test_without_temporal_models_there_is_no_table() -> None:
    assert clips_table({}, PAIRS) == ""


def test_a_clip_is_drawn_with_its_first_frame() -> None:
    predictions = pd.DataFrame({"path": ["a", "b"], "sample_id": ["1", "2"]})
    assert groups_of_clips(predictions, {"1": "u", "2": "v", "3": "w"}) == {"a": "u", "b": "v"}
    with pytest.raises(TableError, match="the clip b is not in the test split"):
        groups_of_clips(predictions, {"1": "u"})
