"""Stage `validate`: checks every table with Great Expectations; a failed expectation stops the pipeline before any training."""

from typing import Any

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ValidationFailed
from mien.core.files import write_json
from mien.core.stage import command
from mien.store.tables import FATES, FILES, LABELS, SPLITS, read_table
from mien.validate.expectations import Verdict, check
from mien.validate.suites import suites


def main() -> None:
    """Checks the expectations that the data must meet before any training.

    Reads data/raw/files.parquet, data/labels.parquet, data/splits.parquet and data/fates.parquet;
    writes metrics/validation.json (verdicts only) and the folder data_docs.
    """
    params = load_params()
    wanted = suites(
        read_table(paths.FILES, FILES),
        read_table(paths.LABELS, LABELS),
        read_table(paths.SPLITS, SPLITS),
        read_table(paths.FATES, FATES),
        params,
    )
    verdicts = check(wanted, docs=paths.DATA_DOCS)
    write_json(paths.VALIDATION, summary(verdicts))
    require(verdicts)
    typer.echo(f"validate: {len(verdicts)} expectations hold; open {paths.DATA_DOCS / 'index.html'} to read them")


def summary(verdicts: list[Verdict]) -> dict[str, Any]:
    """The verdicts by suite and expectation, without values that differ between runs."""
    by_suite: dict[str, dict[str, bool]] = {}
    for verdict in verdicts:
        by_suite.setdefault(verdict.suite, {})[verdict.expectation.words] = verdict.holds
    return {
        "success": all(verdict.holds for verdict in verdicts),
        "suites": {name: {"success": all(held.values()), "expectations": held} for name, held in by_suite.items()},
    }


def require(verdicts: list[Verdict]) -> None:
    """Raises ValidationFailed with the description, observation and remedy of each expectation that does not hold."""
    failed = [verdict for verdict in verdicts if not verdict.holds]
    if failed:
        listed = "\n".join(f"  {it.suite}: {it.expectation.words}: {it.observed}. {it.expectation.remedy}" for it in failed)
        raise ValidationFailed(
            f"{len(failed)} of {len(verdicts)} expectations {'do' if len(failed) > 1 else 'does'} not hold, so training must not start:\n"
            f"{listed}\nSee {paths.DATA_DOCS / 'index.html'}."
        )


if __name__ == "__main__":
    command(main)()
