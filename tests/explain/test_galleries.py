"""Which pictures galleries and failures show."""

import pandas as pd

from mien.explain.failures import confused_pairs, failure_table, pictured
from mien.explain.gallery import galleries, most_confident
from tests.explain.drawn import CLASSES, drawn_rows


def mixed(num: int = 60, *, seed: int = 0) -> pd.DataFrame:
    return drawn_rows([CLASSES[row % 3] for row in range(num)], seed=seed)


def with_neighbours(failed: pd.DataFrame) -> pd.DataFrame:
    num = len(failed)
    return failed.assign(
        neighbours=[("aa", "bb")] * num, neighbour_labels=[("sad", "very sad")] * num, neighbour_distances=[(0.5, 1.0)] * num
    )


def test_classes_in_order_right_before_wrong_most_confident_first() -> None:
    rows = mixed()
    found = galleries(rows, CLASSES, num=4)
    assert [(name, kind) for name, kind, _ in found] == [(name, kind) for name in CLASSES for kind in ("right", "wrong")]
    for name, kind, own in found:
        its = rows[(rows["label"] == name) & (rows["right"] == (kind == "right"))]
        assert len(own) == min(4, len(its)) and (own["label"] == name).all() and (own["right"] == (kind == "right")).all()
        assert own["probability"].tolist() == sorted(its["probability"], reverse=True)[:4]


def test_ties_by_path_and_copies_once_whatever_the_order() -> None:
    rows = mixed().assign(probability=0.5)
    expected = rows.sort_values("path")["path"].tolist()[:5]
    assert most_confident(rows.sample(frac=1, random_state=1), num=5)["path"].tolist() == expected
    copies = rows.assign(group_id=rows["group_id"].iloc[0])
    assert most_confident(copies, num=5)["path"].tolist() == expected[:1]


def test_a_class_absent_all_right_all_wrong() -> None:
    absent = galleries(drawn_rows(["angry", "happy"] * 5), CLASSES, num=3)
    assert [len(rows) for name, _, rows in absent if name == "sad"] == [0, 0]
    labels = [CLASSES[row % 3] for row in range(12)]
    right = drawn_rows(labels, predicted=labels)
    assert all(rows.empty == (kind == "wrong") for _, kind, rows in galleries(right, CLASSES, num=3))
    assert confused_pairs(right, CLASSES) == [] and pictured(with_neighbours(right[~right["right"]]), [], num=3) == []
    assert list(failure_table(with_neighbours(right.head(0)), CLASSES))[:5] == ["path", "sample_id", "flag", "actual", "predicted"]
    wrong = drawn_rows(labels, predicted=labels[1:] + labels[:1])
    assert all(rows.empty == (kind == "right") for _, kind, rows in galleries(wrong, CLASSES, num=3))


def test_confused_pairs_count_every_failure() -> None:
    rows = mixed()
    pairs = confused_pairs(rows, CLASSES)
    assert sum(pair["num"] for pair in pairs) == (~rows["right"]).sum()
    assert [pair["num"] for pair in pairs] == sorted((pair["num"] for pair in pairs), reverse=True)
    matrix = pd.crosstab(rows["label"], rows["predicted"])
    for pair in pairs:
        assert pair["num"] == matrix.loc[pair["actual"], pair["predicted"]]
        assert pair["share_of_actual"] == pair["num"] / 20


def test_pictured_failures_share_the_room_by_size() -> None:
    rows = mixed(300)
    failed = with_neighbours(rows[~rows["right"]])
    pairs = confused_pairs(rows, CLASSES)
    for num in (1, 3, 6, 20):
        shown = pictured(failed, pairs, num=num)
        assert sum(len(own) for _, own in shown) == num and [pair for pair, _ in shown] == pairs[:num]
        assert all(abs(len(own) - num * pair["num"] / len(failed)) <= 1 for pair, own in shown if num >= 6)
    assert sum(len(own) for _, own in pictured(failed, pairs, num=10_000)) == len(failed)


def test_the_table_has_every_failure() -> None:
    rows = mixed()
    failed = with_neighbours(rows[~rows["right"]])
    table = failure_table(failed, CLASSES)
    assert table["path"].tolist() == rows.loc[~rows["right"], "path"].tolist()
    chances = table[[f"p_{name}" for name in CLASSES]]
    assert chances.sum(axis=1).round(9).eq(1).all() and (chances.idxmax(axis=1) == "p_" + table["predicted"]).all()
    assert table["neighbours"].iloc[0] == "aa bb" and table["neighbour_labels"].iloc[0] == "sad; very sad"
