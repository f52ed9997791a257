"""The accuracy of a model that answers only if it is confident enough, by the share of images that it answers."""

from typing import Any

import pandas as pd

from mien.report.page import chart
from mien.report.page.axis import Axis, axis_around, tick_texts
from mien.report.page.chart import Chart, Style
from mien.report.page.formats import figure, percent
from mien.report.page.frames import records
from mien.report.run_facts import RunFacts

TITLE = "Answers that may be “not sure”"
STYLES: dict[str, Style] = {"test": "a", "validation": "b"}


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return the accuracy–coverage curves and what the threshold of predict.min_accuracy gives; None if the evaluation has none."""
    found = facts.evaluations[model].get("selective")
    if found is None:
        return None
    return {**found, "all_accuracy": facts.evaluations[model]["all"]["accuracy"], "chart": _chart(facts.selectives[model], found)}


def _chart(curves: pd.DataFrame, found: dict[str, Any]) -> Chart | None:
    if curves.empty:
        return None
    y = axis_around([*curves["accuracy"].astype(float), found["min_accuracy"]], floor_at=0.0, ceiling=1.0, length=chart.INNER_HEIGHT)
    one = Chart(
        name="coverage",
        title="Accuracy of answers by coverage",
        description=f"The area under the test curve of errors is {figure(found['aurc'])}; a lower one is better.",
        x_label="coverage: share of images that are answered",
        y_label="accuracy of the answers",
        x=Axis(0.0, 1.0, chart.INNER_WIDTH),
        y=y,
    )
    one.add_ticks([(tick, f"{tick:.1f}") for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)], tick_texts(y.ticks()))
    for split, style in STYLES.items():
        own = records(curves[curves["split"] == split].sort_values("coverage"))
        one.add_line(style, f"{split} images", [(float(row["coverage"]), float(row["accuracy"])) for row in own])
    if found["threshold"] is not None:
        one.add_rule(found["test"]["coverage"], f"threshold {percent(found['threshold'])}")
    return one
