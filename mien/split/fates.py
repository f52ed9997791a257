"""The fate of every file. No file is lost: each file that was found has exactly one fate, with the stage and the reason."""

import pandas as pd

from mien.store.tables import FATE_NAMES, FATES


def fates(files: pd.DataFrame, rejected: pd.DataFrame, splits: pd.DataFrame, removed: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows of FATES, one per row of `files`, sorted by path.

    `rejected` has one row per content, so every copy of a broken file is rejected. It is used only for files that are in no other table,
    because an official test split keeps unfit images. `removed` are tables with rows of FATES, from the stages that remove files.
    """
    ignored = files[files["ignored"].notna()]
    unread = files[files["ignored"].isna() & files["error"].notna()]
    kept = splits.assign(fate="kept", stage="split", reason=splits["split"], detail=splits["flag"])
    named = [
        ignored.assign(fate="ignored", stage="ingest", reason=ignored["ignored"], detail=None),
        unread.assign(fate="rejected", stage="ingest", reason="unreadable", detail=unread["error"]),
        kept,
        *removed,
    ]
    table: pd.DataFrame = pd.concat(
        [part[FATES.names].astype(object) for part in named if len(part)] or [pd.DataFrame(columns=FATES.names)]
    )
    others = files[~files["path"].isin(table["path"])][["path", "sample_id"]]
    undecoded = others.merge(rejected[["sample_id", "reason", "detail"]], on="sample_id").assign(fate="rejected", stage="convert")
    table = pd.concat([table, undecoded[FATES.names].astype(object)]).sort_values("path", ignore_index=True)
    assert_conserved(files, table)
    return table


def assert_conserved(files: pd.DataFrame, table: pd.DataFrame) -> None:
    """Fails unless `table` names every file exactly once, with a known fate, a stage and a reason."""
    lost = sorted(set(files["path"]) - set(table["path"]))
    twice = sorted(table.loc[table["path"].duplicated(), "path"])
    assert not lost, f"{len(lost)} files without a fate: {lost[:5]}"
    assert not twice, f"{len(twice)} files with several fates: {twice[:5]}"
    assert len(table) == len(files), "fates of files that were not found"
    assert set(table["fate"]) <= set(FATE_NAMES) and table[["stage", "reason"]].notna().all(axis=None)
