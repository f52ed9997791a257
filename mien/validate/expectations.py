"""The only adapter of Great Expectations (1.x): runs the suites and writes the Data Docs, a site of static pages.

Everything runs in memory: no data is sent anywhere, and no project folder is created.
"""

import logging
import os
import re
import sys
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mien.core.files import replacing_directory
from mien.validate.statements import Expectation, Suite

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at its import

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

_NUM_EXAMPLES = 3


@dataclass(frozen=True)
class Verdict:
    """Whether an expectation of a suite holds, and a sentence about what was observed."""

    suite: str
    expectation: Expectation
    holds: bool
    observed: str


def check(suites: list[Suite], *, docs: Path) -> list[Verdict]:
    """The verdict on every expectation, in order. The folder `docs` is replaced by the Data Docs."""
    log = logging.getLogger("great_expectations")
    log.setLevel(logging.ERROR)
    refused = _RefusedPages(logging.ERROR)
    with replacing_directory(docs) as site, warnings.catch_warnings(), ExitStack() as stack:
        log.addHandler(refused)
        stack.callback(log.removeHandler, refused)
        warnings.simplefilter("ignore")
        context = _context(site)
        source = context.data_sources.add_pandas("mien")
        verdicts = [verdict for suite in suites for verdict in _run(context, source, suite)]
        context.build_data_docs(["mien"])
    return verdicts


class _RefusedPages(logging.Handler):
    """Raises the OSError of a page of the Data Docs that could not be written; Great Expectations only logs it and skips the page."""

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if found := re.search(r"\[Errno (\d+)\] ([^\"\n]*)", text):
            raise OSError(int(found[1]), found[2])
        print(text, file=sys.stderr)


def _context(site: Path) -> Any:
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    context.delete_data_docs_site("local_site")  # the default site, in a temporary folder
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site.absolute())}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site("mien", {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index})
    return context


def _run(context: Any, source: Any, suite: Suite) -> list[Verdict]:
    batch = source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("all rows")
    wanted = [_build(expectation, str(position)) for position, expectation in enumerate(suite.expectations)]
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.name, data=batch, suite=context.suites.add(gx.ExpectationSuite(name=suite.name, expectations=wanted))
        )
    )
    details = {"result_format": "SUMMARY", "unexpected_index_column_names": list(suite.key), "partial_unexpected_count": _NUM_EXAMPLES}
    checkpoint = context.checkpoints.add(gx.Checkpoint(name=suite.name, validation_definitions=[definition], result_format=details))
    columns = dict.fromkeys([*suite.key, *(it.arguments["column"] for it in suite.expectations if "column" in it.arguments)])
    run = checkpoint.run(batch_parameters={"dataframe": _shown(suite.table[list(columns)].reset_index(drop=True))})
    (outcome,) = run.run_results.values()
    by_position = {result.expectation_config.meta["position"]: result for result in outcome.results}
    assert len(by_position) == len(suite.expectations), f"{suite.name}: expectations without a result"
    return [
        Verdict(suite.name, expectation, bool(by_position[str(at)].success), _observed(by_position[str(at)], suite))
        for at, expectation in enumerate(suite.expectations)
    ]


def _build(expectation: Expectation, position: str) -> Any:
    """The expectation as an object of Great Expectations; `position` identifies its result, because results come in another order."""
    name = "".join(part.capitalize() for part in expectation.kind.split("_"))
    return getattr(gx.expectations, name)(
        **_inert(expectation.arguments), description=_inert(expectation.words), meta={"position": position}
    )


def _inert(value: Any) -> Any:
    """The value (of a cell, or in the arguments of an expectation) with HTML tags escaped, because Data Docs do not escape text."""
    if isinstance(value, dict):
        return {name: _inert(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_inert(entry) for entry in value)
    return re.sub("<(?=[a-zA-Z/!?])", "&lt;", value) if isinstance(value, str) else value


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    texts = table.select_dtypes(exclude=["number", "bool"])
    return table.assign(**{str(name): column.map(_inert) for name, column in texts.items()})


def _observed(result: Any, suite: Suite) -> str:
    """A sentence about the result: how many and which rows break the expectation, or the observed value."""
    if message := _exception(result.exception_info or {}):
        return f"it could not be checked: {message}"
    found = result.result
    if "unexpected_count" not in found:
        return f"observed {found.get('observed_value')}"
    column = result.expectation_config.kwargs["column"]
    rows = [
        f"{', '.join(str(row[key]) for key in suite.key)}: {column} is {row.get(column)}"
        for row in found.get("partial_unexpected_index_list") or []
    ]
    listed = f" ({'; '.join(rows)}{'; …' if found['unexpected_count'] > len(rows) else ''})" if rows else ""
    return f"{found['unexpected_count']} of {found['element_count']} rows break it{listed}".replace("&lt;", "<")


def _exception(info: dict[str, Any]) -> str | None:
    """The message of an exception inside Great Expectations, which is stored in the result; None if there was none."""
    inner = info if "raised_exception" in info else next((part for part in info.values() if isinstance(part, dict)), {})
    return str(inner.get("exception_message")) if inner.get("raised_exception") else None
