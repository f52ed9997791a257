"""Stage `testset@NAME`: labelled faces of a further test set."""

from typing import Annotated

import typer

from mien.core import paths
from mien.core.files import replacing_directory
from mien.core.parallel import start_workers
from mien.core.stage import command


def main(testset: Annotated[str, typer.Argument(help="a name under `testsets` in params.yaml")]) -> None:
    """Ingests, converts, deduplicates, sanitises and aligns a further test set, as the stages of these names do with the main source.

    Reads its source. Writes data/testsets/NAME/prepared.
    """
    start_workers("mien.convert.conversion")
    from mien.config.params import load_params
    from mien.config.testsets import for_testset
    from mien.testsets.keys import as_testset, errors_of
    from mien.testsets.prepared import Prepared
    from mien.testsets.preparing import prepare

    params = for_testset(load_params(), testset)
    with errors_of(testset), replacing_directory(paths.testset_prepared(testset)) as folder:
        for line in prepare(params, Prepared(folder)):
            told = as_testset(line, testset)
            typer.echo(told if told.startswith("warning: ") else f"testset {testset}: {told}", err=told.startswith("warning: "))


if __name__ == "__main__":
    command(main)()
