"""The training curves by epoch: each metric of the validation images beside the same metric of the training batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.report.page import chart
from mien.report.page.axis import Axis, axis_around, tick_texts
from mien.report.page.chart import Chart, Point, Style
from mien.report.page.formats import figure, three_digits
from mien.report.page.formats import title as figure_title
from mien.report.page.frames import records
from mien.report.run_facts import RunFacts

TITLE = "Training curves"
STYLES: tuple[tuple[str, Style], ...] = (("val", "a"), ("train", "b"))
"""The images whose metrics are drawn, with their line."""


@dataclass(frozen=True)
class Metric:
    """What one chart draws."""

    name: str
    """column of the curves, without val_ or train_"""
    title: str
    is_share: bool = True
    """from 0 to 1, where larger is better; otherwise a loss"""

    @property
    def extreme(self) -> str:
        """The word for its best value."""
        return "highest" if self.is_share else "lowest"


METRICS = (Metric("loss", "Loss", is_share=False), Metric("accuracy", "Accuracy"), Metric("macro_f1", "Macro-F1"))


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return a chart per metric that marks the selected epoch, the one with the best value, and the starts of later stages.

    None if there are no epochs, as of an ensemble.
    """
    curves = facts.curves.get(model)
    if curves is None or curves.empty:
        return None
    record = facts.trainings[model]
    selected = int(record["best_epoch"])
    starts = (
        [(int(epoch), f"stage {stage}") for stage, epoch in curves.groupby("stage")["epoch"].min().items()][1:] if "stage" in curves else []
    )
    drawn = [metric for metric in METRICS if f"val_{metric.name}" in curves and curves[f"val_{metric.name}"].notna().any()]
    return {
        "charts": [_chart(curves, metric, selected, starts) for metric in drawn],
        "selected": selected,
        "num": int(curves["epoch"].max()),
        "monitor": figure_title(record["monitor"]),
        "starts": [epoch for epoch, _ in starts],
        "columns": [name for name in curves.columns if name != "stage"],
        "rows": [
            [f"{cell:.0f}" if name == "epoch" else three_digits(cell) for name, cell in row.items()]
            for row in records(curves.drop(columns="stage", errors="ignore"))
        ],
    }


def best_epoch(curves: pd.DataFrame, metric: Metric, selected: int) -> int:
    """Return the first epoch of all stages with the best value on validation images, or the selected one if that has it, too.

    The file has six digits, so an epoch that was better by less is in a tie.
    """
    values = curves.set_index("epoch")[f"val_{metric.name}"].dropna()
    ties = values[values == (values.max() if metric.is_share else values.min())].index
    return selected if selected in ties else int(ties[0])


def _chart(curves: pd.DataFrame, metric: Metric, selected: int, starts: Sequence[tuple[int, str]]) -> Chart:
    shown = [(column, figure_title(column), style) for part, style in STYLES if (column := f"{part}_{metric.name}") in curves]
    values = [float(value) for column, *_ in shown for value in curves[column].dropna()]
    first, last = int(curves["epoch"].min()), int(curves["epoch"].max())
    best = best_epoch(curves, metric, selected)
    one = Chart(
        name=f"curve-{metric.name.replace('_', '-')}",
        title=f"{metric.title} by epoch",
        description=_description(curves, metric, [(column, name) for column, name, _ in shown], selected=selected, best=best),
        x_label="epoch",
        y_label=metric.title if metric.is_share else "loss",
        x=Axis(first - 0.3, max(last, first + 1) + 0.3, chart.INNER_WIDTH),
        y=axis_around(
            [*values, 0.0] if metric.is_share else values,
            floor_at=0.0,
            ceiling=1.0 if metric.is_share else None,
            length=chart.INNER_HEIGHT,
        ),
    )
    whole = [tick for tick in one.x.ticks(8) if float(tick).is_integer() and first <= tick <= last]
    one.add_ticks(tick_texts(whole), tick_texts(one.y.ticks(5)))
    one.add_rule(selected, "selected")
    for epoch, word in starts:
        one.add_rule(epoch - 0.5, word)
    for column, name, style in shown:
        known = curves[["epoch", column]].dropna()
        pairs = [(float(epoch), float(value)) for epoch, value in known.to_numpy()]
        one.add_line(style, name, pairs)
        one.points += [
            Point(*one.place(x, y), style, f"epoch {x:.0f}: {name} {figure(y)}", 4.0 if x == selected else 2.0) for x, y in pairs
        ]
    # The word is on the side of the curve that is free: above a minimum, and below a maximum.
    one.add_ring(best, _value(curves, best, f"val_{metric.name}"), metric.extreme, is_above=not metric.is_share)
    return one


def _value(curves: pd.DataFrame, epoch: int, column: str) -> float:
    return float(curves.loc[curves["epoch"] == epoch, column].iloc[0])


def _description(curves: pd.DataFrame, metric: Metric, shown: Sequence[tuple[str, str]], *, selected: int, best: int) -> str:
    own = f"val_{metric.name}"
    extreme = f"{metric.extreme} {figure_title(own)}"
    seen = "; ".join(f"{name} {figure(_value(curves, selected, column))}" for column, name in shown)
    if best == selected:
        return f"At the selected epoch {selected}, which has the {extreme}: {seen}."
    return f"At the selected epoch {selected}: {seen}. The {extreme}, {figure(_value(curves, best, own))}, is that of epoch {best}."
