"""Conversion of tables to plain rows for templates."""

from typing import Any

import pandas as pd


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one dictionary per row, keyed by column; missing values are None."""
    plain = rows.astype(object).where(lambda kept: ~kept.isna(), None)
    return [{str(name): entry for name, entry in row.items()} for row in plain.to_dict("records")]
