"""The work of `mien pairs`: reads the tables, writes the page, and returns a one-line summary."""

from pathlib import Path

from mien.config.params import Params
from mien.core import paths
from mien.core.files import replacing_file
from mien.pairs.choosing import counts, labelled, nearest
from mien.pairs.page import pairs_page
from mien.store.tables import FILES, PAIRS, read_table


def write_page(params: Params, *, num: int, is_conflicts: bool, out: Path) -> str:
    """Writes a page with at most `num` pairs to `out`, unless there are no pairs; returns the summary. Raises TableError."""
    every = labelled(read_table(paths.PAIRS, PAIRS), read_table(paths.FILES, FILES, ["path", "label_raw"]), params.labels)
    pairs = every[every["differ"]].reset_index(drop=True) if is_conflicts else every
    if every.empty:
        return f"pairs: {paths.PAIRS} has no pairs: no two different pictures look alike"
    if pairs.empty:
        return f"pairs: no pair in {paths.PAIRS} is under different labels, of {len(every)} in all"
    chosen = nearest(pairs, num=num, min_agreement=params.dedup.min_agreement)
    with replacing_file(out) as temporary:
        temporary.write_text(pairs_page(chosen, pairs, params, is_conflicts=is_conflicts), encoding="utf-8")
    numbers = ", ".join(f"{number} {relation}" for relation, number in counts(pairs).items())
    which = (
        "all of them" if len(chosen) == len(pairs) else f"the {len(chosen)} nearest to dedup.min_agreement ({params.dedup.min_agreement:g})"
    )
    return f"pairs{' under different labels' * is_conflicts}: {numbers}; {which} are in {out}"
