"""The split as a list of files: which image lies in which split, and why each other file is in none. It contains no images."""

import pandas as pd

from mien.core.errors import TableError
from mien.core.markdown import plain_table
from mien.core.paths import FATES, SPLITS
from mien.store.tables import FATE_NAMES, SPLIT_NAMES

COLUMNS = ("path", "sample_id", "label", "split", "flag", "group", "fate", "reason", "detail")


def listing(splits: pd.DataFrame, fates: pd.DataFrame, duplicates: pd.DataFrame) -> pd.DataFrame:
    """One row for every file of the source, sorted by path, with COLUMNS.

    `splits`, `fates` and `duplicates` are tables of these names, from one run. A kept file has the fate `kept`, a label and a split, and a
    flag if it is a test image that is not clean; any other file has a fate, a reason and perhaps a detail, such as the test image that it
    is a copy of. Files with the same `group` show the same photograph; a file without duplicate has no group.
    Raises TableError if the tables are of different runs.
    """
    kept = fates["fate"] == "kept"
    if set(fates.loc[kept, "path"]) != set(splits["path"]):
        raise TableError(f"{FATES} and {SPLITS} are of different runs; run `dvc repro split` to make both again")
    groups = duplicates[duplicates.duplicated("group_id", keep=False)].set_index("path")["group_id"]
    own = splits.set_index("path")[["label", "split", "flag"]]
    rows = fates.join(own, on="path").assign(group=fates["path"].map(groups))
    # A kept file's reason and detail repeat its split and its flag.
    rows[["reason", "detail"]] = rows[["reason", "detail"]].mask(kept, None)
    return rows.sort_values("path", ignore_index=True)[list(COLUMNS)]


def summary(rows: pd.DataFrame, *, classes: list[str]) -> str:
    """The images by class and split, with the clean test images (those without a flag), and the files that are in no split, by fate.

    `rows` has the columns label, split, flag and fate of `listing`.
    """
    clean = rows[(rows["split"] == "test") & rows["flag"].isna()]
    columns = [*(rows.loc[rows["split"] == name, "label"] for name in SPLIT_NAMES), clean["label"]]
    lines = [[name, *(str(int((column == name).sum())) for column in columns)] for name in classes]
    lines.append(["all", *(str(len(column)) for column in columns)])
    removed = [f"{num} {fate}" for fate in FATE_NAMES if fate != "kept" and (num := int((rows["fate"] == fate).sum()))]
    table = plain_table(["class", *SPLIT_NAMES, "clean test"], lines, right=range(1, 5))
    return f"{table}\nin no split: {', '.join(removed) or 'no file'}"
