"""Positions of values on an axis, for bars and whiskers in tables (in per cent of their width) and for charts (in units of the drawing)."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np


@dataclass(frozen=True)
class Axis:
    """A range of values. `at` maps a value to a position from 0 to `length`; values outside the range are placed at its ends."""

    low: float
    high: float
    length: float = 100.0
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the position of `value`, rounded to two decimals."""
        low, high, here = (
            (log10(number) for number in (self.low, self.high, max(value, self.low))) if self.is_log else (self.low, self.high, value)
        )
        return round(self.length * min(1.0, max(0.0, (here - low) / (high - low))), 2)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Return round values inside the range: steps of 1, 2 or 5 times a power of ten, or if `is_log` 1, 2 and 5 times powers of ten."""
        if self.is_log:
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            all_ticks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
            inside = [tick for tick in all_ticks if self.low <= tick * (1 + 1e-9) and tick <= self.high * (1 + 1e-9)]
            tens = [tick for tick in inside if log10(tick) % 1 < 1e-9]
            return tens if len(inside) > 2 * wanted and len(tens) > 1 else inside
        rough = (self.high - self.low) / wanted
        step = min((factor * 10.0 ** floor(log10(rough)) for factor in (1, 2, 5, 10)), key=lambda size: abs(size - rough))
        first = ceil(self.low / step - 1e-9)
        return [round(number * step, 10) for number in range(first, floor(self.high / step + 1e-9) + 1)]


def tick_texts(ticks: list[float]) -> list[tuple[float, str]]:
    """Return each tick with its text. All texts have the same number of decimals, enough to distinguish the ticks: 0.365, 0.370."""
    decimals = next((num for num in range(10) if all(abs(round(tick, num) - tick) < 1e-9 for tick in ticks)), 10)
    return [(tick, f"{tick:z.{decimals}f}".replace("-", "−")) for tick in ticks]


def axis_around(values: list[float], *, floor_at: float | None = None, ceiling: float | None = None, length: float = 100.0) -> Axis:
    """Return an axis that contains every finite value with a small margin and stays within `floor_at` and `ceiling`."""
    finite = [value for value in values if isfinite(value)] or [0.0, 1.0]
    room = 0.05 * (max(finite) - min(finite)) or 0.05 * (abs(max(finite)) or 1.0)
    low, high = min(finite) - room, max(finite) + room
    low = low if floor_at is None else max(low, floor_at)
    high = high if ceiling is None else min(high, ceiling)
    return Axis(low, high if high > low else low + 1.0, length)


def log_axis_around(values: list[float], *, length: float = 100.0) -> Axis:
    """Return a logarithmic axis that contains every positive value with a margin at both ends."""
    logs = np.log10([value for value in values if value > 0] or [1.0, 10.0])
    room = max(0.25, 0.1 * float(logs.max() - logs.min()))
    return Axis(float(10 ** (logs.min() - room)), float(10 ** (logs.max() + room)), length, is_log=True)
