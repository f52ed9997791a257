"""The pages of a report as text: index.html and models/MODEL.html, each self-contained.

A part is a module with TITLE and `view(facts, ...)`. `view` returns the values for the template of the same name, or None if it has nothing
to show. Everything that comes from data (paths, labels, names) is passed as plain text, and the templates escape it.
"""

from collections.abc import Collection
from types import ModuleType
from typing import Any

from mien.report.page.index import (
    balance,
    clips,
    cost,
    differences,
    doubts,
    duplicates,
    expectations,
    files,
    funnel,
    leaderboard,
    robustness,
    selection,
    setup,
    testsets,
    verdict,
)
from mien.report.page.model import (
    across,
    calibration,
    claims,
    confusion,
    corruptions,
    curves,
    epochs,
    exports,
    failures,
    gallery,
    members,
    method,
    metrics,
    mirrored,
    per_class,
    seeds,
    selective,
    slices,
    training,
)
from mien.report.page.rendering import Part, environment, page_text
from mien.report.page.sprites import Sprites
from mien.report.run_facts import RunFacts

INDEX_PARTS = (
    *(leaderboard, differences, clips, testsets, robustness, selection, cost, setup, funnel, duplicates, balance, doubts, expectations),
    files,
)
MODEL_PARTS = (
    *(metrics, members, exports, seeds, curves, confusion, per_class, calibration, selective, slices, across, corruptions),
    *(claims, gallery, mirrored, epochs, failures, method, training),
)
PICTURES_BYTES = 12_000_000  # limit for the images of all pages together, as Base64: a report of 15 models stays under 15 MB
PAGE_BYTES = 2_500_000  # limit for the images of one page, even if there are few pages


def index_page(facts: RunFacts, *, cards: Collection[str] = ()) -> str:
    """Return the text of index.html. `cards` are the names of files under cards/ to link to."""
    sprites = Sprites(budget_bytes=picture_budget(facts))
    parts = _parts("index", INDEX_PARTS, facts, sprites=sprites, cards=cards)
    return _render(
        "index/page.html.j2",
        facts,
        parts,
        sprites,
        title=f"Evaluation of {len(facts.trained)} models",
        home=None,
        verdict=verdict.view(facts),
    )


def model_page(facts: RunFacts, model: str, *, cards: Collection[str] = ()) -> str:
    """Return the text of models/MODEL.html. `cards` are the names of files under cards/ to link to."""
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
        description=members.description(facts, model),
        place=place + 1,
        better=ranked[place - 1] if place else None,
        worse=ranked[place + 1] if place + 1 < len(ranked) else None,
        card=f"{model}.md" if f"{model}.md" in cards else None,
    )


def picture_budget(facts: RunFacts) -> int:
    """Return the maximum number of Base64 characters for the images of one page."""
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
    return page_text(environment().get_template(template), sprites, facts=facts, parts=parts, site="mien report", **values)
