"""The building blocks of suites: statements about a table, in words and as names of Great Expectations, without importing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

REDO = "A table was changed by hand or its stage has a defect: run `dvc repro --force` for the stages before validate."


@dataclass(frozen=True)
class Expectation:
    """One statement about a table: in words, by its name in Great Expectations, and with the remedy if it does not hold."""

    words: str
    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)
    remedy: str = REDO


@dataclass(frozen=True)
class Suite:
    """A table, the columns that identify its rows in a report, and the expectations about it."""

    name: str
    table: pd.DataFrame
    key: Sequence[str]
    expectations: Sequence[Expectation]


def unique(words: str, column: str, remedy: str = REDO) -> Expectation:
    """No value of the column occurs twice. Here and below, missing values are ignored unless stated otherwise."""
    return Expectation(words, "expect_column_values_to_be_unique", {"column": column}, remedy)


def given(words: str, column: str) -> Expectation:
    """No value is missing."""
    return Expectation(words, "expect_column_values_to_not_be_null", {"column": column})


def missing(words: str, column: str) -> Expectation:
    """Every value is missing."""
    return Expectation(words, "expect_column_values_to_be_null", {"column": column})


def one_of(words: str, column: str, values: Sequence[Any], remedy: str = REDO) -> Expectation:
    """Every value is one of `values`."""
    return Expectation(words, "expect_column_values_to_be_in_set", {"column": column, "value_set": list(values)}, remedy)


def matches(words: str, column: str, regex: str) -> Expectation:
    """Every value matches `regex`."""
    return Expectation(words, "expect_column_values_to_match_regex", {"column": column, "regex": regex})


def between(words: str, column: str, low: float | None, high: float | None, remedy: str = REDO) -> Expectation:
    """Every value lies between `low` and `high`, inclusive; None means unbounded."""
    bounds = {"min_value": low, "max_value": high}
    return Expectation(words, "expect_column_values_to_be_between", {"column": column, **bounds}, remedy)


def typed(words: str, column: str, kind: str) -> Expectation:
    """Every value has the type that is named `kind` in Great Expectations."""
    return Expectation(words, "expect_column_values_to_be_of_type", {"column": column, "type_": kind})
