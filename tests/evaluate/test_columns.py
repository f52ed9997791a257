"""What is joined to each test image is its own, in its place, and what says nothing is left out."""

import json

import numpy as np
import pandas as pd

from mien.evaluate.columns import CLEAN, personal_slices, slice_columns, telling
from mien.evaluate.slicing import MISSING, slice_values

NUM = 120


def tables(seed: int = 0) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Rows in another order than the tables; two paths are copies of one picture; the third image has no metadata."""
    generator = np.random.default_rng(seed)
    ids = [f"{number:064x}" for number in range(NUM)]
    rows = pd.DataFrame({"path": [f"p/{number}.png" for number in range(NUM)], "sample_id": ids, "flag": None}, dtype=object)
    rows.loc[1, "sample_id"] = ids[0]
    rows.loc[5, "flag"] = "duplicate"
    texts = [json.dumps({"age": str(number % 60 + 0.5), "group": "ab"[number % 2], "one": "x", "score": "high"}) for number in range(NUM)]
    files = pd.DataFrame({"path": rows["path"], "metadata": texts}, dtype=object)
    files.loc[2, "metadata"] = None
    images = pd.DataFrame({"sample_id": ids, "source_format": ["JPEG", "PNG"] * (NUM // 2)})
    images[["sharpness", "brightness", "contrast"]] = generator.random((NUM, 3))
    boxes = [None if number % 3 == 0 else np.array([1, 2, 11 + number, 22], np.float32) for number in range(NUM)]
    score = [None if box is None else 0.9 for box in boxes]
    faces = pd.DataFrame({"sample_id": ids, "box": boxes, "score": score, "num_faces": [None if box is None else 1 for box in boxes]})
    mixed = {name: table.sample(frac=1, random_state=seed) for name, table in (("files", files), ("images", images), ("faces", faces))}
    return rows, mixed


def test_every_image_gets_what_is_its_own_whatever_the_order() -> None:
    rows, known = tables()
    found = slice_columns(rows, **known)
    assert list(found)[:4] == ["age", "group", "one", "score (metadata)"] and len(found) == NUM
    images = known["images"].set_index("sample_id")
    for place, row in enumerate(rows.itertuples()):
        assert found["sharpness"][place] == images.loc[row.sample_id, "sharpness"]
        assert found["file_format"][place] == images.loc[row.sample_id, "source_format"]
    assert found.loc[0, "contrast"] == found.loc[1, "contrast"], "copies of one picture"
    assert found["age"].dtype == float and found["age"][7] == 7.5 and found["group"][7] == "b"
    assert found.loc[2, ["age", "group"]].isna().all()
    assert found["flag"].tolist() == [CLEAN] * 5 + ["duplicate"] + [CLEAN] * (NUM - 6)
    assert np.isnan(found["face_px"][3]) and found["face_px"][4] == 20 and found["face_px"][50] == 60, "the longer side of the box"
    assert found["num_faces"][4] == 1 and pd.isna(found["num_faces"][3])
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        slice_columns(shuffled, **known), found.loc[shuffled.index].reset_index(drop=True)[list(slice_columns(shuffled, **known))]
    )


def test_what_cuts_nothing_is_left_out() -> None:
    rows, known = tables()
    found = telling(slice_columns(rows, **known), min_images=20)
    assert "group" in found and "sharpness" in found and "file_format" in found
    assert "flag" in found, "a rare flag is a slice of its own name, (other)"
    assert slice_values(found["num_faces"], min_images=20)[0] == ["1", MISSING]
    whole = known["faces"].assign(box=None, score=None, num_faces=None)
    found = telling(slice_columns(rows.assign(flag=None), **(known | {"faces": whole})), min_images=20)
    assert not {"face_px", "score", "num_faces", "flag"} & set(found)


def test_without_metadata_there_are_the_pictures_own_columns() -> None:
    rows, known = tables()
    found = slice_columns(rows, **(known | {"files": known["files"].assign(metadata=None)}))
    assert list(found) == ["file_format", "sharpness", "brightness", "contrast", "face_px", "score", "num_faces", "flag"]


def test_a_column_of_many_values_says_nothing_and_one_with_a_word_among_numbers_is_of_words() -> None:
    rows, known = tables()
    texts = [json.dumps({"id": f"image {number}", "age": "unknown" if number == 3 else str(number)}) for number in range(NUM)]
    files = pd.DataFrame({"path": rows["path"], "metadata": texts}, dtype=object)
    found = slice_columns(rows, **(known | {"files": files}))
    assert found["age"].tolist()[3:5] == ["unknown", "4"]
    assert not {"id", "age"} & set(telling(found))


def test_slices_of_one_known_person_are_personal_and_others_are_not() -> None:
    subjects = pd.Series(["anna"] * 60 + ["ben"] * 60 + ["cem", "dana"] * 30)
    columns = pd.DataFrame(
        {
            "nickname": ["=A"] * 60 + ["B"] * 60 + ["rare", "rarer"] * 30,  # the last two are put together
            "participant": [1] * 60 + [2] * 60 + [3] * 60,
            "camera": ["old", "new", "new"] * 60,
            "flag": ["conflict"] * 60 + [CLEAN] * 120,
        }
    )
    assert personal_slices(columns, subjects) == {("nickname", "=A"), ("nickname", "B"), ("participant", "1"), ("participant", "2")}
    assert personal_slices(columns, subjects.where(subjects != "anna")) == {("nickname", "B"), ("participant", "2")}, (
        "nobody knows whom =A shows"
    )
    assert personal_slices(columns, pd.Series(["anna"] * 180)) == set() == personal_slices(columns, pd.Series([None] * 180, dtype=object))
