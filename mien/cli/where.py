"""The command `mien where`: reports the fate of a file of the source."""

from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import TableError


def where(
    file: Annotated[
        str, typer.Argument(help="a path in the source, its end, a file name, a pattern such as '*.heic', a sample_id, or a hashed name")
    ],
) -> None:
    """Reports the fate of a file of the source: kept (in which split), duplicate, quarantined, rejected …, and why."""
    from mien.sanitise.corrections import decision_of
    from mien.split.whereabouts import matching, sentence
    from mien.store.tables import FATES, read_table  # pandas

    found = matching(read_table(paths.FATES, FATES), file)
    if found.empty:
        raise TableError(
            f"{paths.FATES} has no file '{file}'; give a path as in {paths.FILES}, its end, a file's name, or a pattern such as '*.heic'"
        )
    decided = decision_of(load_params().labels)
    for row in found.to_dict("records"):
        typer.echo(sentence(row, decision=decided(row["sample_id"])))
