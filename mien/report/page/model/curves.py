"""The training curves by epoch."""

from collections.abc import Sequence
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
QUALITY = (("val_macro_f1", "validation macro-F1"), ("train_accuracy", "training accuracy"))
LOSS = (("val_loss", "validation loss"), ("train_loss", "training loss"))


def view(facts: RunFacts, *, model: str, **_: Any) -> dict[str, Any] | None:
    """Return two charts that mark the selected epoch and the starts of later stages; None if there are no epochs, as of an ensemble."""
    curves = facts.curves.get(model)
    if curves is None or curves.empty:
        return None
    record = facts.trainings[model]
    best = int(record["best_epoch"])
    starts = (
        [(int(epoch), f"stage {stage}") for stage, epoch in curves.groupby("stage")["epoch"].min().items()][1:] if "stage" in curves else []
    )
    return {
        "charts": [
            _chart(curves, QUALITY, "Quality", "share", best, starts, ceiling=1.0),
            _chart(curves, LOSS, "Loss", "loss", best, starts, ceiling=None),
        ],
        "best": best,
        "num": int(curves["epoch"].max()),
        "monitor": figure_title(record["monitor"]),
        "starts": [epoch for epoch, _ in starts],
        "columns": [name for name in curves.columns if name != "stage"],
        "rows": [
            [f"{cell:.0f}" if name == "epoch" else three_digits(cell) for name, cell in row.items()]
            for row in records(curves.drop(columns="stage", errors="ignore"))
        ],
    }


def _chart(
    curves: pd.DataFrame,
    lines: Sequence[tuple[str, str]],
    title: str,
    unit: str,
    best: int,
    starts: Sequence[tuple[int, str]],
    *,
    ceiling: float | None,
) -> Chart:
    shown = [(column, name) for column, name in lines if column in curves]
    values = [float(value) for column, _ in shown for value in curves[column].dropna()]
    first, last = int(curves["epoch"].min()), int(curves["epoch"].max())
    at_best = curves.loc[curves["epoch"] == best]
    seen = "; ".join(f"{name} {figure(float(at_best[column].iloc[0]))}" for column, name in shown) if len(at_best) else ""
    one = Chart(
        name=f"curve-{title.lower()}",
        title=f"{title} by epoch",
        description=f"At the selected epoch {best}: {seen}.",
        x_label="epoch",
        y_label=unit,
        x=Axis(first - 0.3, max(last, first + 1) + 0.3, chart.INNER_WIDTH),
        y=axis_around([*values, 0.0] if ceiling else values, floor_at=0.0, ceiling=ceiling, length=chart.INNER_HEIGHT),
    )
    whole = [tick for tick in one.x.ticks(8) if float(tick).is_integer() and first <= tick <= last]
    one.add_ticks(tick_texts(whole), tick_texts(one.y.ticks(5)))
    one.add_rule(best, "selected")
    for epoch, word in starts:
        one.add_rule(epoch - 0.5, word)
    styles: tuple[Style, Style] = ("a", "b")
    for style, (column, name) in zip(styles, shown, strict=False):
        known = curves[["epoch", column]].dropna()
        pairs = [(float(epoch), float(value)) for epoch, value in known.to_numpy()]
        one.add_line(style, name, pairs)
        one.points += [Point(*one.place(x, y), style, f"epoch {x:.0f}: {name} {figure(y)}", 4.0 if x == best else 2.0) for x, y in pairs]
    return one
