"""Jinja for Markdown: templates beside this file, tables that can be read as plain text, no escaping but of what would break a table."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mien.markdown import markdown_table
from mien.report.page import formats


def render(template: str, **values: Any) -> str:
    """The filled template, with one empty line at most between lines and one newline at the end."""
    return re.sub(r"\n{3,}", "\n\n", _environment().get_template(template).render(**values)).strip() + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], num_left: int = 1) -> str:
    """A table, the first `num_left` columns to the left."""
    return "\n".join(markdown_table([cell(one) for one in headings], [[cell(one) for one in row] for row in rows], num_left=num_left))


def cell(text: Any) -> str:
    """Text that stays in its cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("mien.report", "cards"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= formats.FILTERS
    found.tests["known"] = formats.known
    found.globals |= {"table": table, "span": formats.span, "plural": formats.plural}
    return found
