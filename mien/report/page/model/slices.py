"""Metrics on slices of the test images, which show where the model fails more often."""

from typing import Any

from mien.report.page.axis import Axis, axis_around
from mien.report.page.formats import known
from mien.report.page.frames import records
from mien.report.run_facts import RunFacts

TITLE = "Slices of the test images"


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return the slices by column, with accuracy and its gap to all other images; None if no column can be sliced."""
    table = facts.slices[model]
    if table.empty:
        return None
    rows = records(table)
    columns: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        low, high = row.get("accuracy_gap_low"), row.get("accuracy_gap_high")
        row["is_apart"] = low is not None and high is not None and (low > 0 or high < 0)
        row["value"] = "(empty)" if row["value"] is None else row["value"]
        columns.setdefault(str(row["column"]), []).append(row)
    measured = [row for row in rows if known(row.get("accuracy_gap_low")) and known(row.get("accuracy_gap_high"))]
    gaps = [abs(float(row[name])) for row in measured for name in ("accuracy_gap", "accuracy_gap_low", "accuracy_gap_high")]
    reach = axis_around([0.0, *gaps]).high
    return {
        "columns": columns,
        "accuracy": facts.evaluations[model]["all"]["accuracy"],
        "axis": Axis(0.0, 1.0),
        "gap_axis": Axis(-reach, reach),
        "reach": reach,
        "num": len(measured),
        "num_apart": sum(row["is_apart"] for row in rows),
        "has_macro_f1": any(known(row.get("macro_f1")) for row in rows),
    }
