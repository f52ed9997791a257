"""The pages of a report as text: index.html and models/MODEL.html, each complete in itself.

A part is a module with TITLE and `view(facts, ...)`, which returns what its template of the same name shows, or None where there is nothing
to show. Everything that comes from data (paths, labels, names) is text to the templates, which escape it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mien.report.page import formats
from mien.report.page.index import (
    balance,
    cost,
    differences,
    doubts,
    duplicates,
    expectations,
    files,
    funnel,
    leaderboard,
    selection,
    setup,
    verdict,
)
from mien.report.page.model import (
    calibration,
    claims,
    confusion,
    curves,
    failures,
    figures,
    gallery,
    mirrored,
    per_class,
    seeds,
    slices,
    training,
)
from mien.report.page.sprites import Sprites
from mien.report.run import RunFacts

INDEX_PARTS = (leaderboard, differences, selection, cost, setup, funnel, duplicates, balance, doubts, expectations, files)
MODEL_PARTS = (figures, seeds, curves, confusion, per_class, calibration, slices, claims, gallery, mirrored, failures, training)
PICTURES_BYTES = 12_000_000  # of all pages together, as Base64: 15 models stay under 15 MB
PAGE_BYTES = 2_500_000  # of one page, however few there are


@dataclass(frozen=True)
class Part:
    """A section of a page."""

    key: str
    title: str
    template: str
    view: dict[str, Any]


def index_page(facts: RunFacts, *, cards: Collection[str] = ()) -> str:
    """index.html. `cards` are names of files under cards/ to link to."""
    sprites = Sprites(budget_bytes=picture_budget(facts))
    parts = _parts("index", INDEX_PARTS, facts, sprites=sprites, cards=cards)
    return _render(
        "index/page.html.j2",
        facts,
        parts,
        sprites,
        title=f"Evaluation of {len(facts.leaderboard)} models",
        home=None,
        verdict=verdict.view(facts),
    )


def model_page(facts: RunFacts, model: str, *, cards: Collection[str] = ()) -> str:
    """models/MODEL.html."""
    sprites = Sprites(budget_bytes=picture_budget(facts))
    parts = _parts("model", MODEL_PARTS, facts, model=model, sprites=sprites)
    ranked = facts.ranked
    place = ranked.index(model)
    return _render(
        "model/page.html.j2",
        facts,
        parts,
        sprites,
        title=f"{model}: evaluation",
        home="../index.html",
        model=model,
        place=place + 1,
        better=ranked[place - 1] if place else None,
        worse=ranked[place + 1] if place + 1 < len(ranked) else None,
        card=f"{model}.md" if f"{model}.md" in cards else None,
    )


def picture_budget(facts: RunFacts) -> int:
    """Characters that the pictures of one page may take."""
    return min(PAGE_BYTES, PICTURES_BYTES // (len(facts.leaderboard) + 1))


def _parts(page: str, modules: Collection[ModuleType], facts: RunFacts, **given: Any) -> list[Part]:
    found = []
    for module in modules:
        name = module.__name__.rpartition(".")[2]
        view = module.view(facts, **given)
        if view is not None:
            found.append(Part(name.replace("_", "-"), module.TITLE, f"{page}/{name}.html.j2", view))
    return found


def _render(template: str, facts: RunFacts, parts: list[Part], sprites: Sprites, **values: Any) -> str:
    page = environment().get_template(template)
    text = page.render(facts=facts, parts=parts, symbols=sprites.symbols(), site="mien report", version=version("mien"), **values)
    return "\n".join(line for line in (raw.rstrip() for raw in text.splitlines()) if line) + "\n"


@cache
def environment() -> Environment:
    """Jinja with everything escaped; an undefined name is an error, because a report must not be silently incomplete."""
    found = Environment(
        loader=PackageLoader("mien.report", "page"), autoescape=_is_markup, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters |= formats.FILTERS | {"figure_title": formats.unbroken}
    found.tests["known"] = formats.known
    found.globals |= {"span": formats.span, "plural": formats.plural}
    return found


def _is_markup(template: str | None) -> bool:
    """Everything but the sheet and the script, which hold no data."""
    return template is None or template.endswith(".html.j2")
