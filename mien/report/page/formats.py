"""Template filters that format numbers and names for the page. Missing values (None or NaN) are shown as an en dash everywhere."""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from markupsafe import Markup, escape

from mien.core.plural import noun_of
from mien.statistics.headline import HEADLINE

MISSING = "–"
MINUS = "−"
THIN = "\u202f"  # narrow no-break space, between thousands and before a unit

TITLES = {
    **{name: metric.title for name, metric in HEADLINE.items()},
    "kappa": "Cohen’s κ",
    "nll": "negative log-likelihood",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "classwise_ece": "class-wise calibration error",
    "loss": "loss",
    "train_loss": "training loss",
    "train_accuracy": "training accuracy",
    "train_macro_f1": "training macro-F1",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_macro_f1": "validation macro-F1",
    "val_mean_accuracy": "validation mean accuracy",
}


def known(value: Any) -> bool:
    """Return whether there is a finite number to show."""
    return value is not None and isfinite(value)


def figure(value: float | None, decimals: int = 3) -> str:
    """Return the value with a fixed number of decimals, for example `0.874`."""
    return f"{value:z.{decimals}f}".replace("-", MINUS) if value is not None and known(value) else MISSING


def round_text(text: str) -> str:
    """Remove trailing zeros after the decimal point: `5.00` becomes `5`, `50.0 M` becomes `50 M`."""
    return re.sub(r"\.0+(?!\d)", "", text)


def signed(value: float | None, decimals: int = 3) -> str:
    """Return the value with its sign, for example `+0.031` or `−0.020`; a value that is rounded to zero has no sign."""
    if value is None or not known(value):
        return MISSING
    text = f"{value:+.{decimals}f}"
    return (text.lstrip("+-") if float(text) == 0 else text).replace("-", MINUS)


def percent(share: float | None, decimals: int = 0) -> str:
    """Return the share in per cent, for example `56 %`."""
    return f"{100 * share:z.{decimals}f}{THIN}%".replace("-", MINUS) if share is not None and known(share) else MISSING


def span(low: float | None, high: float | None, decimals: int = 3) -> str:
    """Return an interval, for example `0.512 to 0.671`."""
    return f"{figure(low, decimals)} to {figure(high, decimals)}" if known(low) and known(high) else MISSING


def count(number: float | None) -> str:
    """Return the number with a narrow space between thousands, for example `7 178`."""
    return f"{number:,.0f}".replace(",", THIN).replace("-", MINUS) if number is not None and known(number) else MISSING


def plural(number: int, noun: str, many: str = "") -> str:
    """Return the number with its noun, for example `1 image` or `65 images`."""
    return f"{count(number)} {noun_of(number, noun, many)}"


def p_value(p: float | None) -> str:
    """Return the p-value with three decimals, for example `0.012`, or `< 0.001`."""
    if p is None or not known(p):
        return MISSING
    return f"<{THIN}0.001" if p < 0.001 else f"{p:.3f}"


def large(number: float | None) -> str:
    """Return three significant digits with an SI prefix, for example `24.0 M`."""
    if number is None or not known(number):
        return MISSING
    for power, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= power * 0.9995:
            return f"{three_digits(number / power)}{THIN}{prefix}"
    return three_digits(number)


def file_size(num_bytes: float | None) -> str:
    """Return the size in megabytes of 10^6 bytes, for example `92.3 MB`."""
    return f"{three_digits(num_bytes / 1e6)}{THIN}MB" if num_bytes is not None and known(num_bytes) else MISSING


def three_digits(number: float | None) -> str:
    """Return at least three significant digits without an exponent: `1234`, `12.3`, `0.0123`, `0.800`."""
    if number is None or not known(number):
        return MISSING
    if number == 0:
        return "0"
    size = abs(number)
    text = (
        f"{number:.0f}" if size >= 99.95 else f"{number:.1f}" if size >= 9.995 else f"{number:.2f}" if size >= 0.9995 else f"{number:#.3g}"
    )
    return text.replace("-", MINUS)


def title(name: str) -> str:
    """Return the usual name of a metric, for example macro-F1 for `macro_f1`; in other names underscores become spaces."""
    return TITLES.get(name, name.replace("_", " "))


def value(setting: Any) -> str:
    """Return a parameter's value as readable text."""
    if setting is None or setting == "":
        return "none"
    if isinstance(setting, bool):
        return "yes" if setting else "no"
    if isinstance(setting, float):
        return f"{setting:g}".replace("-", MINUS)
    if isinstance(setting, Mapping):
        return ", ".join(f"{key} {value(entry)}" for key, entry in setting.items()) or "none"
    if isinstance(setting, (list, tuple)):
        return ", ".join(value(entry) for entry in setting) or "none"
    return str(setting)


def breakable(name: str) -> Markup:
    """Return a name or path, escaped, in which a line may break after an underscore or a slash."""
    return Markup(re.sub("([_/])", r"\1<wbr>", str(escape(name))))  # escape sequences contain neither of them


def unbroken(name: str) -> Markup:
    """Return the title of a metric, escaped, in which no line breaks inside “macro-F1”."""
    return escape(title(name)).replace("macro-F1", Markup('<span class="nowrap">macro-F1</span>'))


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (figure, signed, percent, count, p_value, breakable, large, file_size, three_digits, value)  # used as {{ x | figure }}
} | {"figure_title": title}
