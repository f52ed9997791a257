from typing import Any

import pandas as pd
import pytest

from mien.errors import TableError
from mien.evaluation.figures import report_on_test
from mien.evaluation.leaderboard import leaderboard, leaderboard_table

CLASSES = ("happy", "sad", "fear")


def evaluation(predicted: str, *, flags: str = "......", weights: str = "none") -> dict[str, Any]:
    """Six test images hhhhsf; `predicted` by first letters; a flag where `flags` has an x."""
    full = {name[0]: name for name in CLASSES}
    rows = pd.DataFrame({"label": [full[c] for c in "hhhhsf"], "predicted": [full[c] for c in predicted]})
    rows["flag"] = [None if flag == "." else "duplicate" for flag in flags]
    return {"model": "m", "weights": weights, "classes": list(CLASSES), **report_on_test(rows, CLASSES)}


def table_rows(evaluations: dict[str, Any]) -> list[list[str]]:
    lines = leaderboard_table(evaluations).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_ranked_by_macro_f1_with_the_largest_class_last() -> None:
    rows = table_rows({"poor": evaluation("hhhhhh"), "good": evaluation("hhhhsf", weights="imagenet"), "fair": evaluation("hhhhsh")})
    assert [row[0] for row in rows[2:]] == ["good", "fair", "poor", "*largest class*"]
    assert rows[2][1] == "imagenet" and rows[2][-1] == "1.0000"
    assert rows[-1][2:] == rows[-2][2:], "the poor model guesses the largest class, which is the baseline"


def test_one_object_per_model_in_the_order_given_rounded() -> None:
    board = leaderboard({"b": evaluation("hhhhsh"), "a": evaluation("hhhhsf")})
    assert list(board) == ["b", "a"]
    assert board["b"] == {"accuracy": 0.833333, "mean_accuracy": 0.666667, "macro_f1": 0.62963, "weighted_f1": 0.759259}


def test_flagged_images_count_among_all_and_not_among_clean() -> None:
    wrong_only_where_flagged = evaluation("hhhhsh", flags=".....x")
    board = leaderboard({"a": wrong_only_where_flagged})
    assert board["a"]["accuracy"] == 0.833333
    assert wrong_only_where_flagged["clean"]["accuracy"] == 1.0
    assert board["a"]["macro_f1_clean"] == round(2 / 3, 6), "no clean image of the third class is left, so its F1 is 0"
    assert "5 of them clean" in leaderboard_table({"a": wrong_only_where_flagged})


def test_figures_on_different_test_splits_are_not_compared() -> None:
    other = evaluation("hhhhsf")
    other["all"]["num_images"] = 5
    with pytest.raises(TableError, match="a: 6, b: 5"):
        leaderboard({"a": evaluation("hhhhsf"), "b": other})
