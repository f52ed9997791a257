"""Writes what is measured of one model under corruptions."""

from collections.abc import Mapping
from typing import Any

from mien.core import paths
from mien.core.files import replacing_directory, write_json
from mien.core.spreadsheet import write_csv
from mien.robustness.document import robustness_table
from mien.robustness.examples import Examples
from mien.store.thumbnails import write_thumbnails


def write_robustness(model: str, document: Mapping[str, Any], shown: Examples) -> None:
    """Writes MODEL.json, MODEL.csv and the folder MODEL (the example) in metrics/robustness."""
    with replacing_directory(paths.robustness_folder(model)) as temporary:
        write_json(temporary / "examples.json", shown.document)
        write_thumbnails(temporary / "pictures.parquet", shown.pictures)
        (temporary / "examples.jpg").write_bytes(shown.sheet)
    write_csv(paths.robustness_table(model), robustness_table(document), float_format="%.6g")
    write_json(paths.robustness(model), document)
