"""The Jinja environment of the pages: all data is escaped, and undefined names raise an error."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from mien.core.printable import printable
from mien.report.page import formats
from mien.report.page.sprites import Sprites


@dataclass(frozen=True)
class Part:
    """A section of a page."""

    key: str
    title: str
    template: str
    view: dict[str, Any]


@cache
def environment() -> Environment:
    """Return the Jinja environment with autoescaping. Undefined names raise an error: a report must not be silently incomplete."""
    found = Environment(
        loader=PackageLoader("mien.report", "page"), autoescape=_is_markup, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters |= formats.FILTERS | {"figure_title": formats.unbroken}
    found.tests["known"] = formats.known
    found.globals |= {"span": formats.span, "plural": formats.plural}
    return found


def page_text(template: Template, sprites: Sprites, **values: Any) -> str:
    """Return a page that extends shell/base.html.j2, without empty lines and control characters. `sprites` has the images of its parts."""
    text = printable(template.render(symbols=sprites.symbols(), version=version("mien"), **values))
    return "\n".join(line for line in (raw.rstrip() for raw in text.splitlines()) if line) + "\n"


def _is_markup(template: str | None) -> bool:
    """Whether autoescaping applies: to all templates except the style sheet and the script, which contain no data."""
    return template is None or template.endswith(".html.j2")
