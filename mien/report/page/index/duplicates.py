"""Pictures that are there more than once, shown as pairs, and what that would have leaked into the test split."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.report.page.frames import records
from mien.report.page.sprites import Sprites
from mien.report.pictures import stored_thumbnails
from mien.report.run import RunFacts

TITLE = "Duplicates and leaks"
KINDS = {
    "exact": "the same bytes",
    "pixel": "the same pixels, other bytes",
    "near": "reduced, cropped or saved again",
    "mirrored": "mirrored",
}
NUM_EXAMPLES = {"exact": 1, "pixel": 2, "near": 4, "mirrored": 3}
NUM_CONFLICTS = 3
NUM_LEAKS = 4


@dataclass(frozen=True)
class Pair:
    """Two files of one picture. `names` are those of their pictures on the page, None where there is none."""

    kind: str
    files: tuple[dict[str, Any], dict[str, Any]]
    distance: float | None
    correlation: float | None
    is_conflict: bool


def view(facts: RunFacts, *, sprites: Sprites, **_: Any) -> dict[str, Any]:
    """Counts, and the least alike pairs of each kind: the ones most worth doubting."""
    rows = facts.duplicates.merge(facts.fates[["path", "fate", "reason", "detail"]], on="path", how="left")
    rows = rows.merge(facts.files[["path", "label_raw"]], on="path", how="left").set_index("path", drop=False).rename_axis(None)
    pairs = _pairs(rows)
    shown = [*_examples(pairs), *(conflicts := records(pairs[pairs["is_conflict"] & pairs["is_apart"]].head(NUM_CONFLICTS)))]
    leaked = _leaks(rows)
    ids = {sample_id for pair in [*shown, *leaked] for sample_id in (pair["sample_id"], pair["twin_id"])}
    pictures = stored_thumbnails(ids)
    counts = facts.counts["dedup"]
    return {
        "counts": [(kind, title, counts["files_by_kind"].get(kind, 0)) for kind, title in KINDS.items()],
        "num_groups": counts["groups"],
        "largest": counts["largest_group"],
        "num_crossing": counts["groups_in_train_and_test"],
        "num_test_twins": counts["test_files_with_twin_in_train"],
        "num_leaks": int((facts.fates["fate"] == "leak").sum()),
        "is_official": facts.params.split.method == "official",
        "split_counts": facts.counts["split"],
        "pairs": [_shown(pair, rows, sprites, pictures) for pair in shown[: len(shown) - len(conflicts)]],
        "conflicts": [_shown(pair, rows, sprites, pictures) for pair in conflicts],
        "leaks": [_shown(pair, rows, sprites, pictures) for pair in leaked],
    }


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per pair of nearest twins, each once, the least alike first."""
    twins = rows[rows["twin_path"].notna() & rows["twin_path"].isin(rows.index)].copy()
    twins["twin_id"] = rows["sample_id"].reindex(twins["twin_path"]).to_numpy()
    twins["is_conflict"] = (twins["fate"] == "quarantined") & (twins["reason"] == "conflict")
    spelling = rows["label_raw"].fillna("").str.casefold()
    twins["is_apart"] = spelling[twins["path"]].to_numpy() != spelling[twins["twin_path"]].to_numpy()  # a group may hold alike labels too
    twins["both"] = [min(pair) + "\0" + max(pair) for pair in zip(twins["path"], twins["twin_path"], strict=True)]
    twins = twins.astype({"correlation": float, "distance": float}).sort_values(["correlation", "both", "path"], na_position="last")
    return twins.drop_duplicates("both", ignore_index=True)


def _examples(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    agreed = pairs[~pairs["is_conflict"]]
    return [row for kind, num in NUM_EXAMPLES.items() for row in records(agreed[agreed["kind"] == kind].head(num))]


def _leaks(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Training files that were taken out because the test split has the picture: such whose nearest twin is the test file itself."""
    test = set(rows.loc[(rows["fate"] == "kept") & (rows["reason"] == "test"), "path"])
    direct = rows[(rows["fate"] == "leak") & rows["twin_path"].isin(test)].sort_values("path").head(NUM_LEAKS)
    return [{**row, "twin_id": rows.at[row["twin_path"], "sample_id"], "is_conflict": False} for row in records(direct)]


def _shown(pair: dict[str, Any], rows: pd.DataFrame, sprites: Sprites, pictures: dict[str, bytes]) -> Pair:
    def files() -> Iterator[dict[str, Any]]:
        for path, sample_id in ((pair["path"], pair["sample_id"]), (pair["twin_path"], pair["twin_id"])):
            row = rows.loc[path]
            yield {"path": path, "label": row["label_raw"] or "", "fate": row["fate"], "picture": sprites.add_from(pictures, sample_id)}

    first, second = sorted(files(), key=lambda file: (file["fate"] != "kept", file["path"]))
    return Pair(str(pair["kind"]), (first, second), pair.get("distance"), pair.get("correlation"), bool(pair["is_conflict"]))
