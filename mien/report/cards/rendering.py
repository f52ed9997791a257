"""The Jinja environment of the Markdown cards. Templates are beside this file, tables are readable as text, and data is escaped."""

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, wraps
from typing import Any

from huggingface_hub import CardData
from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from mien.core.markdown import Markdown, cell, code, escaped, markdown_table
from mien.core.printable import printable
from mien.report.page import formats

TEXTS = ("value", "breakable", "figure_title")
"""The filters whose result contains their input. The other filters format numbers, as Markdown that needs no escaping."""

_ACTIVE = re.compile(r"<(?=[a-zA-Z/!?])|\]\(")


def render(template: str, **values: Any) -> str:
    """Return the rendered template, with at most one consecutive empty line and one newline at the end."""
    return re.sub(r"\n{3,}", "\n\n", printable(_environment().get_template(template).render(**values))).strip() + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], num_left: int = 1) -> Markdown:
    """Return a Markdown table whose first `num_left` columns are aligned left and whose other columns are aligned right."""
    return Markdown(
        "\n".join(markdown_table([cell(one) for one in headings], [[cell(one) for one in row] for row in rows], num_left=num_left))
    )


def yaml_front(data: CardData, *, comment: str) -> str:
    """Return the YAML at the top of a card: between two lines of ---, after the comment lines, with texts quoted if YAML requires it.

    CardData's own `to_yaml` is not used, because HTML tags and links in texts must be written as YAML escapes, for viewers that render this
    part as Markdown.
    """
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 1000
    text = io.StringIO()
    yaml.dump(_visible(data.to_dict()), text)  # type: ignore[no-untyped-call]
    quoted = _ACTIVE.sub(lambda found: found[0][:-1] + f"\\x{ord(found[0][-1]):02X}", text.getvalue())
    return f"---\n{comment}{quoted}---\n"


def _visible(value: Any) -> Any:
    """The same JSON value without control characters in its texts; texts that need YAML escapes become double-quoted texts."""
    if isinstance(value, Mapping):
        return {name: _visible(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_visible(entry) for entry in value]
    if not isinstance(value, str):
        return value
    return DoubleQuotedScalarString(printable(value)) if _ACTIVE.search(value) else printable(value)


@pass_context
def _escaped(context: Context, value: Any) -> Any:
    """Escape the value of an expression in Markdown templates. The Python template contains only names and numbers of params.yaml."""
    is_markdown = context.name is not None and context.name.endswith(".md.j2")
    return escaped(value) if is_markdown and not isinstance(value, Undefined) else value


def _trusted(filter_: Callable[..., str]) -> Callable[..., Markdown]:
    @wraps(filter_)
    def trusted(*args: Any, **kwargs: Any) -> Markdown:
        return Markdown(filter_(*args, **kwargs))

    return trusted


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("mien.report", "cards"),
        autoescape=False,
        finalize=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {name: filter_ if name in TEXTS else _trusted(filter_) for name, filter_ in formats.FILTERS.items()}
    found.tests["known"] = formats.known
    found.globals |= {"table": table, "code": code, "span": _trusted(formats.span), "plural": _trusted(formats.plural)}
    return found
