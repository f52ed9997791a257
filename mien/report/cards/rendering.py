"""Jinja for Markdown: templates beside this file, tables that can be read as plain text; whatever comes from data is escaped."""

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
"""The filters whose result holds what they are given; the others write numbers, as Markdown that needs no escaping."""

_ACTIVE = re.compile(r"<(?=[a-zA-Z/!?])|\]\(")


def render(template: str, **values: Any) -> str:
    """The filled template, with one empty line at most between lines and one newline at the end."""
    return re.sub(r"\n{3,}", "\n\n", printable(_environment().get_template(template).render(**values))).strip() + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], num_left: int = 1) -> Markdown:
    """A table, the first `num_left` columns to the left."""
    return Markdown(
        "\n".join(markdown_table([cell(one) for one in headings], [[cell(one) for one in row] for row in rows], num_left=num_left))
    )


def yaml_front(data: CardData, *, comment: str) -> str:
    """The YAML at the top of a card, between two lines of ---, after lines of comment; every text quoted where YAML needs it.

    Not by CardData's own `to_yaml`: HTML tags and links within texts are written with YAML's own escapes, for readers that take this for Markdown.
    """
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 1000
    text = io.StringIO()
    yaml.dump(_visible(data.to_dict()), text)  # type: ignore[no-untyped-call]
    quoted = _ACTIVE.sub(lambda found: found[0][:-1] + f"\\x{ord(found[0][-1]):02X}", text.getvalue())
    return f"---\n{comment}{quoted}---\n"


def _visible(value: Any) -> Any:
    """JSON values whose texts have no control characters; those that need escapes of YAML as texts in double quotes."""
    if isinstance(value, Mapping):
        return {name: _visible(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_visible(entry) for entry in value]
    if not isinstance(value, str):
        return value
    return DoubleQuotedScalarString(printable(value)) if _ACTIVE.search(value) else printable(value)


@pass_context
def _escaped(context: Context, value: Any) -> Any:
    """What an expression of a template gives, as the template's language has it; Python's code holds names and numbers of params.yaml only."""
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
