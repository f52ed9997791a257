"""Which images are frames of a clip, as the table of files tells it."""

import pandas as pd

from mien.store.clips import clips_of, has_clips, wholes, with_clips


def files_of(*texts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"path": [f"{at}.jpg" for at in range(len(texts))], "metadata": pd.Series(texts, dtype=object)})


def test_only_rows_that_name_a_clip_are_frames() -> None:
    found = clips_of(files_of('{"clip": "a", "frame": "007"}', '{"clip": null, "frame": "1"}', '{"camera": "clip"}', None))
    assert found["clip"].tolist() == ["a", None, None, None]
    assert found["frame"].dropna().to_dict() == {0: 7}


def test_a_set_without_clips_has_no_frames_and_each_file_is_its_own_whole() -> None:
    rows = with_clips(files_of(None, '{"camera": "X"}'))
    assert not has_clips(rows) and not has_clips(rows.drop(columns="clip"))
    assert wholes(rows).tolist() == [0, 1]


def test_frames_of_one_clip_are_one_whole_even_if_a_file_has_the_name_of_the_clip() -> None:
    rows = with_clips(files_of('{"clip": "3.jpg", "frame": "0"}', '{"clip": "3.jpg", "frame": "1"}', None, None))
    assert wholes(rows).tolist() == [0, 0, 1, 2]


def test_wholes_are_numbered_in_the_order_of_their_first_rows_and_keep_the_index() -> None:
    rows = with_clips(files_of('{"clip": "b", "frame": "0"}', None, '{"clip": "a", "frame": "0"}', '{"clip": "b", "frame": "1"}'))
    assert wholes(rows).to_dict() == {0: 0, 1: 1, 2: 2, 3: 0}
    assert wholes(rows[::-1]).to_dict() == {3: 0, 2: 1, 1: 2, 0: 0}
    assert wholes(rows[:0]).empty
