"""The page of `mien pairs`: shows pairs side by side, and names the parameter to change if they were classified wrongly."""

from typing import Any, Final

import numpy as np
import pandas as pd
from jinja2 import ChoiceLoader, PackageLoader

from mien.config.params import Params
from mien.core import paths
from mien.dedup.same_picture import DISPUTED_MARGIN, MIRRORED_MARGIN, least_agreement
from mien.pairs.choosing import RELATIONS, counts, is_outdated
from mien.report.page.frames import records
from mien.report.page.rendering import Part, environment, page_text
from mien.report.page.sprites import Sprites
from mien.store.thumbnails import stored_thumbnails

TITLES: Final = {
    "near": "Near: taken for one picture",
    "mirrored": "Mirrored: taken for one picture",
    "scene": "Scene: taken for two exposures",
}
SIDE_PX: Final = 192  # enough to see whether an eyelid has moved
PAGE_BYTES: Final = 20_000_000


def pairs_page(chosen: pd.DataFrame, pairs: pd.DataFrame, params: Params, *, is_conflicts: bool) -> str:
    """A self-contained HTML page of the `chosen` ones among `pairs` (PAIRS with label, other_label, differ)."""
    sprites = Sprites(budget_bytes=PAGE_BYTES)
    pictures = stored_thumbnails(paths.IMAGES, {*chosen["sample_id"], *chosen["other_id"]}, max_px=SIDE_PX)
    numbers, dedup = counts(pairs), params.dedup
    parts = []
    for relation in RELATIONS:
        if own := records(chosen[chosen["relation"] == relation]):
            view = {"relation": relation, "total": numbers[relation], "pairs": [_shown(pair, params, sprites, pictures) for pair in own]}
            parts.append(Part(relation, TITLES[relation], "relation.html.j2", view))
    loader = environment().loader
    assert loader is not None
    own_templates = environment().overlay(loader=ChoiceLoader([PackageLoader("mien", "pairs"), loader]))
    return page_text(
        own_templates.get_template("page.html.j2"),
        sprites,
        parts=parts,
        title="Pairs of pictures: copies or not?",
        home=None,
        site="mien pairs",
        source=params.ingest.source,
        dedup=dedup,
        disputed_margin=DISPUTED_MARGIN,
        mirrored_margin=MIRRORED_MARGIN,
        disputed_agreement=min(1.0, dedup.min_agreement + DISPUTED_MARGIN),
        mirrored_agreement=min(1.0, dedup.min_agreement + MIRRORED_MARGIN),
        keep_together=params.split.keep_together,
        numbers=numbers,
        is_conflicts=is_conflicts,
        is_outdated=is_outdated(pairs, dedup),
        table=str(paths.PAIRS),
    )


def _shown(pair: dict[str, Any], params: Params, sprites: Sprites, pictures: dict[str, bytes]) -> dict[str, Any]:
    files = [
        {"path": pair[path], "label": pair[label] or "none", "picture": sprites.add_from(pictures, pair[sample_id])}
        for path, label, sample_id in (("path", "label", "sample_id"), ("other_path", "other_label", "other_id"))
    ]
    needed = least_agreement(params.dedup.min_agreement, mirrored=np.False_, disputed=np.bool_(pair["disputed"]))
    is_held_back = pair["relation"] == "scene" and pair["agreement"] >= needed
    return {**pair, "files": files, "is_held_back": is_held_back}
