"""The arithmetic of benchmarks/printed: which values a printed table allows, against counting all cases."""

from collections import Counter
from itertools import pairwise, product

import pytest

from benchmarks import papers
from benchmarks.printed.report import NUM_IMAGES, REPORT, ClassRow, implied_accuracy, implied_f1, implied_predictions
from benchmarks.printed.tables import AFFECTNET, CLASSES, FERPLUS, RAF_DB, TEST_IMAGES, Row, attainable, read_rows


def printed(right: dict[str, int], images: dict[str, int], *, decimals: int = 2) -> Row:
    """A row as a careful author prints it."""
    recalls = {name: f"{100 * right[name] / images[name]:.{decimals}f}" for name in CLASSES}
    overall = 100 * sum(right.values()) / sum(images.values())
    mean = sum(100 * right[name] / images[name] for name in CLASSES) / len(CLASSES)
    return Row(1, "drawn", recalls, round(overall, 2), round(mean, 2))


def test_the_test_sets_have_the_sizes_that_the_paper_names() -> None:
    assert sum(RAF_DB.values()) == 3068
    assert sum(AFFECTNET.values()) == 4000 * 7 // 8
    assert 3137 - sum(FERPLUS.values()) == 1
    assert Counter(row.table for row in read_rows()) == {1: 9, 2: 8, 3: 4, 4: 15, 5: 5, 6: 6, 7: 4}
    assert set(TEST_IMAGES) == {row.table for row in read_rows()}


@pytest.mark.parametrize("images", [18, 74, 160, 393])
def test_a_share_that_is_rounded_or_cut_off_is_attainable_and_the_middle_between_two_is_not(images: int) -> None:
    for right in range(images + 1):
        exact = 100 * right / images
        assert attainable(round(exact, 2), images, step=0.01)
        assert attainable(int(exact * 100) / 100, images, step=0.01)
    allowed = sorted({100 * right / size for size in (images, images + 1) for right in range(size + 1)})
    gaps = [(low + high) / 2 for low, high in pairwise(allowed) if high - low > 0.05]
    assert gaps and not any(attainable(round(middle, 2), images, step=0.01) for middle in gaps)


@pytest.mark.parametrize("seed", range(20))
def test_a_row_that_was_counted_contradicts_nothing(seed: int) -> None:
    right = {name: (seed * 7919 + 104729 * place) % (images + 1) for place, (name, images) in enumerate(RAF_DB.items())}
    row = printed(right, RAF_DB)
    assert row.impossible() == [] and row.overall_agrees() and row.mean_agrees()


def test_a_row_with_one_changed_recall_contradicts_its_overall_accuracy() -> None:
    row = printed({name: images // 2 for name, images in RAF_DB.items()}, RAF_DB)
    changed = Row(1, "drawn", row.recalls | {"neutral": "60.00"}, row.overall, row.mean)
    assert not changed.overall_agrees() and not changed.mean_agrees()


def test_baselines_and_competitors_agree_with_the_class_sizes_which_are_therefore_right() -> None:
    known = {(row.table, row.method): row for row in read_rows()}
    for place in (*product((1,), ("Baseline", "CB", "SCN", "BBN", "RUL", "EAC")), *product((7,), ("BBN", "EAC", "MEK"))):
        row = known[place]
        assert row.impossible() == [] and row.overall_agrees() and row.mean_agrees(), place


def test_the_page_counts_the_rows_that_agree() -> None:
    assert len(read_rows()) - (len(papers.contradictions()) - 2) == 26
    assert len(read_rows()) == 51


@pytest.mark.parametrize(("net", "most"), [(17, 67), (18, 74), (26, 162)])
def test_the_largest_number_of_disagreements_is_the_last_that_is_significant(net: int, most: int) -> None:
    assert papers.most_disagreements(net) == most

    def p_value(num: int) -> float:
        """Two-sided binomial test by adding up the triangle of Pascal."""
        ways = [1]
        for _ in range(num):
            ways = [left + right for left, right in zip([0, *ways], [*ways, 0], strict=True)]
        return 2 * sum(ways[(num + net) // 2 :]) / 2**num

    assert p_value(most) < 0.05 <= p_value(most + 2)


def test_a_report_that_was_counted_is_consistent() -> None:
    row = ClassRow(0.8, 0.5, 0.62, 100)  # 50 right of 62 or 63 predictions
    assert implied_f1(row).holds(0.62) and not implied_f1(row).holds(0.70)
    assert NUM_IMAGES == 7178 and sum(row.images for row in REPORT.values()) == 7178


def test_the_report_of_the_paper_is_not() -> None:
    assert not implied_accuracy().holds(0.69)
    assert implied_predictions().high < NUM_IMAGES
    assert [name for name, row in REPORT.items() if not implied_f1(row).holds(row.f1)] == ["neutral", "surprise"]
