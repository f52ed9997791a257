"""The cost of each model beside its quality."""

from collections.abc import Mapping
from typing import Any

from mien.core.plural import plural
from mien.report.page import chart
from mien.report.page.axis import axis_around, log_axis_around, tick_texts
from mien.report.page.chart import Chart, Point
from mien.report.page.formats import figure, large, round_text, span, three_digits
from mien.report.page.labels import place_labels
from mien.report.run_facts import RunFacts

TITLE = "Cost and quality"


def view(facts: RunFacts, **_: Any) -> dict[str, Any] | None:
    """Return a row per model and charts of macro-F1 against multiply-accumulates and, if measured, latency; None if no cost is known."""
    rows = []
    for model in facts.ranked:
        evaluation = facts.evaluations[model]
        fixed = evaluation.get("cost") or {"num_parameters": facts.trainings[model].get("num_parameters")}
        macro_f1, input_px = evaluation["all"]["macro_f1"], facts.configs[model].get("input_px")
        rows.append({"model": model, "macro_f1": macro_f1, "fixed": fixed, "speed": facts.costs.get(model, {}), "input_px": input_px})
    speeds = [row["speed"] for row in rows if row["speed"]]
    if not speeds and all(row["fixed"].get("num_parameters") is None for row in rows):
        return None
    macs = {row["model"]: row["fixed"].get("macs") for row in rows}
    latencies = {row["model"]: row["speed"].get("latency_ms") for row in rows}
    return {
        "rows": rows,
        "chart": _chart(
            facts, macs, name="cost-chart", title="Macro-F1 against the work per image", unit="multiply-accumulates per image", text=large
        ),
        "timed": _chart(
            facts, latencies, name="latency-chart", title="Macro-F1 against the time per image", unit="latency, ms", text=three_digits
        ),
        "machines": sorted({_machine(speed) for speed in speeds}),
        "is_timed": bool(speeds),
        "has_exports": bool(facts.params.exports),
    }


def _machine(speed: Mapping[str, Any]) -> str:
    threads = speed.get("num_threads")
    where = " ".join(str(part) for part in (speed.get("cpu"), f"({speed['device']})" if speed.get("device") else "") if part)
    return ", ".join(part for part in (where, f"{plural(threads, 'thread')}" if threads else "") if part)


def _chart(facts: RunFacts, prices: Mapping[str, float | None], *, name: str, title: str, unit: str, text: Any) -> Chart | None:
    known = {model: float(price) for model, price in prices.items() if price}
    if not known:
        return None
    tested = {model: facts.evaluations[model]["all"] for model in known}
    ends = {model: tested[model].get("intervals", {}).get("macro_f1", {}) for model in known}
    values = [value for model in known for value in (tested[model]["macro_f1"], *ends[model].values()) if value is not None]
    one = Chart(
        name=name,
        title=title,
        description="Higher is better and further left is cheaper. Lines are 95 % intervals. The table below contains the same numbers.",
        x_label=f"{unit} (logarithmic)",
        y_label="macro-F1",
        x=log_axis_around(list(known.values()), length=chart.INNER_WIDTH),
        y=axis_around(values, floor_at=0.0, ceiling=1.0, length=chart.INNER_HEIGHT),
    )
    one.add_ticks([(tick, round_text(text(tick))) for tick in one.x.ticks(4)], tick_texts(one.y.ticks(5)))
    for model, price in known.items():
        x, y = one.place(price, tested[model]["macro_f1"])
        low, high = ends[model].get("low"), ends[model].get("high")
        whisker = {} if low is None or high is None else {"low": one.place(price, low)[1], "high": one.place(price, high)[1]}
        note = f"{model}: macro-F1 {figure(tested[model]['macro_f1'])} ({span(low, high)}), {text(price)} {unit}"
        one.points.append(Point(x, y, "a", note, 4.0, **whisker))
    one.labels = place_labels(one.points, list(known))
    return one
