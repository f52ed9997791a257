"""The calibration of the model's probabilities, before and after division by a temperature that was fitted on validation images."""

from math import sqrt
from typing import Any

import pandas as pd

from mien.report.page import chart
from mien.report.page.axis import Axis
from mien.report.page.chart import Chart, Point, Style
from mien.report.page.formats import figure, percent, plural
from mien.report.page.frames import records
from mien.report.run_facts import RunFacts

TITLE = "Calibration"
FIGURES = ("nll", "brier", "ece", "classwise_ece")
STYLES: dict[str, Style] = {"before": "b", "after": "a"}


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return the reliability diagram and the four calibration metrics; None if the evaluation has none."""
    found = facts.evaluations[model].get("calibration")
    if found is None:
        return None
    rows = [(name, found["before"].get(name), found["after"].get(name)) for name in FIGURES]
    return {
        "rows": rows,
        "temperature": found["temperature"],
        "num_bins": found.get("num_bins"),
        "chart": _chart(facts.reliabilities[model], found),
    }


def _chart(bins: pd.DataFrame, found: dict[str, Any]) -> Chart | None:
    if bins.empty:
        return None
    one = Chart(
        name="reliability",
        title="Reliability diagram",
        description=f"Expected calibration error {figure(found['before']['ece'])} before the temperature, "
        f"{figure(found['after']['ece'])} after it. Larger marks represent more images.",
        x_label="mean confidence of the bin",
        y_label="accuracy of the bin",
        x=Axis(0.0, 1.0, chart.INNER_WIDTH),
        y=Axis(0.0, 1.0, chart.INNER_HEIGHT),
        diagonal=True,
        is_thin=True,
    )
    ticks = [(tick, f"{tick:.1f}") for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
    one.add_ticks(ticks, ticks)
    largest = float(bins["num_images"].max())
    for when, style in STYLES.items():
        own = bins[bins["temperature"] == when].sort_values("confidence")
        one.add_line(
            style, f"{when} the temperature", list(zip(own["confidence"].astype(float), own["accuracy"].astype(float), strict=True))
        )
        one.points += [
            Point(
                *one.place(row["confidence"], row["accuracy"]),
                style,
                f"{when}: confidence {percent(row['confidence'])}, accuracy {percent(row['accuracy'])}, "
                f"{plural(row['num_images'], 'image')}",
                round(2 + 5 * sqrt(row["num_images"] / largest), 2),
            )
            for row in records(own)
        ]
    return one
