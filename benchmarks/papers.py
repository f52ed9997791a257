"""What the five papers' own numbers say about one another: intervals, and values that follow from other printed values.

    python -m benchmarks.papers

It needs no data, no model and no GPU, and prints the tables of docs/papers.md: the 95 % Wilson intervals of the headline results, the
gains of the paper on rebalanced attention consistency over its strongest competitor, the rows of its tables that contradict their own
recalls, and the classification report of the paper on spatial attention.
"""

from collections.abc import Iterator
from typing import NamedTuple

import typer
from scipy.stats import binomtest

from benchmarks.printed.report import NUM_IMAGES, REPORT, Range, implied_accuracy, implied_f1, implied_mean, implied_predictions
from benchmarks.printed.tables import Row, read_rows
from mien.core.markdown import markdown_table
from mien.statistics.intervals import wilson_interval


class Headline(NamedTuple):
    """A share of test images that a paper reports, in per cent as printed."""

    what: str
    percent: float
    images: int
    source: str


NAMED = "named in the paper"
HEADLINES = (
    Headline("EfficientNet-B1, accuracy", 96.63, 89, "not given: the smallest set with this value"),
    Headline("EfficientNet-B1, accuracy", 96.63, 178, "not given: the next one"),
    Headline("EfficientNet-B0 with SE, accuracy", 95, 112, NAMED),
    Headline("EfficientNet-B0 with spatial attention, accuracy", 69, NUM_IMAGES, "its figure 4"),
    Headline("the same, as its recalls imply", 67.32, NUM_IMAGES, "its figure 4"),
    Headline("CNN, validation accuracy", 70, 3589, "not given: if PublicTest"),
    Headline("EfficientNet-B0, validation accuracy", 75, 3589, "not given: if PublicTest"),
    Headline("RAF-DB, MEK, overall accuracy", 89.77, 3068, NAMED),
    Headline("RAF-DB, proposed, overall accuracy", 90.36, 3068, NAMED),
    Headline("RAF-DB, proposed, recall of disgust", 74.38, 160, "the data set"),
    Headline("RAF-DB, proposed, recall of fear", 67.57, 74, "the data set"),
    Headline("AffectNet, MEK, overall accuracy", 65.78, 3500, "500 of each class"),
    Headline("AffectNet, proposed, overall accuracy", 66.27, 3500, "500 of each class"),
    Headline("FERPlus, MEK, overall accuracy", 88.68, 3137, NAMED),
    Headline("FERPlus, proposed, overall accuracy", 89.51, 3137, NAMED),
    Headline("FERPlus, MEK, recall of disgust", 38.89, 18, "counted with mien"),
)


def headlines() -> list[str]:
    """The headline results with their Wilson intervals."""
    rows = []
    for each in HEADLINES:
        right = round(each.percent * each.images / 100)
        interval = wilson_interval(right, each.images)
        share, low, high = f"{each.percent:g} %", f"{interval.low:.3f}", f"{interval.high:.3f}"
        rows.append([each.what, each.source, f"{right:,} of {each.images:,}", share, f"[{low}, {high}]"])
    return markdown_table(["result", "size of the test set", "right", "printed", "95 % interval"], rows, num_left=2)


def most_disagreements(net: int) -> int:
    """The largest number of images on which two models may differ so that `net` more right answers are significant.

    Exact McNemar test, two-sided, p below 0.05: with m images that only one of the models has right, the better one has (m + net) / 2.
    """
    most = net
    while binomtest((most + 2 + net) // 2, most + 2).pvalue < 0.05:
        most += 2
    return most


COMPARED = ((1, "Ours", "MEK", "RAF-DB", 3068), (6, "Proposed", "MEK", "AffectNet", 3500), (7, "Proposed", "MEK", "FERPlus", 3137))


def gains() -> list[str]:
    """The gains in overall accuracy over MEK: as printed, and as the recalls of both rows imply."""
    rows = {(row.table, row.method): row for row in read_rows()}
    lines = []
    for table, proposed, other, data, images in COMPARED:
        better, worse = rows[table, proposed], rows[table, other]
        printed = better.overall - worse.overall
        net = round(printed * images / 100)
        implied = better.implied_overall() - worse.implied_overall()
        lines.append([f"{data}, table {table}", f"+{printed:.2f}", f"{net} of {images:,}", f"+{implied:.2f}", str(most_disagreements(net))])
    return markdown_table(["data set", "printed gain", "images", "gain from the recalls", "significant up to"], lines)


def contradictions() -> list[str]:
    """The rows of tables 1 to 7 that contradict themselves; a cell is empty where the row agrees."""
    headings = ["table", "method", "recalls that no number of images gives"]
    headings += [f"{accuracy}: {how}" for accuracy in ("overall", "mean") for how in ("printed", "by recalls")]
    return markdown_table(headings, _contradictions(read_rows()), num_left=3)


def _contradictions(rows: list[Row]) -> Iterator[list[str]]:
    for row in rows:
        wrong, overall, mean = row.impossible(), row.overall_agrees(), row.mean_agrees()
        if not wrong and overall and mean:
            continue
        yield [
            str(row.table),
            row.method,
            ", ".join(wrong) if len(wrong) < len(row.recalls) else "all seven",
            *(["", ""] if overall else [f"{row.overall:.2f}", f"{row.implied_overall():.2f}"]),
            *(["", ""] if mean else [f"{row.mean:.2f}", f"{row.implied_mean():.2f}"]),
        ]


def report() -> list[str]:
    """What the classification report prints and what its rows imply."""
    checks: list[tuple[str, float, Range]] = [
        ("accuracy", 0.69, implied_accuracy()),
        *((f"macro average of {name}", 0.69, implied_mean(name)) for name in ("precision", "recall", "f1")),
        *((f"F1 of {name}", row.f1, implied_f1(row)) for name, row in REPORT.items() if not implied_f1(row).holds(row.f1)),
    ]
    rows = [[what, f"{printed:.2f}", f"{found.middle:.3f}", f"[{found.low:.3f}, {found.high:.3f}]"] for what, printed, found in checks]
    total = implied_predictions()
    rows.append(["number of predictions", f"{NUM_IMAGES:,}", f"{total.middle:,.0f}", f"[{total.low:,.0f}, {total.high:,.0f}]"])
    return markdown_table(["value", "printed", "from the rows", "range from rounding"], rows)


def main() -> None:
    """Prints the tables of docs/papers.md that follow from the papers alone."""
    for title, lines in (
        ("Intervals of the headline results", headlines()),
        ("Gains over MEK", gains()),
        ("Rows that contradict themselves", contradictions()),
        ("The classification report", report()),
    ):
        typer.echo("\n".join([f"# {title}", *lines, ""]))


if __name__ == "__main__":
    typer.run(main)
