"""Writing of an explanation to its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.core.files import replacing_directory, write_json
from mien.core.spreadsheet import write_csv
from mien.explain.explanation import Explanation
from mien.store.thumbnails import write_thumbnails


def write_explanation(folder: Path, found: Explanation, *, called: Mapping[str, str]) -> None:
    """Write metrics/explain/MODEL atomically; the same explanation gives the same bytes. `called` is the name to show for each path."""
    with replacing_directory(folder) as temporary:
        for name in ("gallery", "mirrored", "failures"):
            write_json(temporary / f"{name}.json", _renamed(getattr(found, name), called))
        if found.epochs is not None:
            write_json(temporary / "epochs.json", _renamed(found.epochs, called))
        failures = found.failure_table.assign(path=found.failure_table["path"].map(called))
        write_csv(temporary / "failures.csv", failures, float_format="%.6g")
        write_thumbnails(temporary / "pictures.parquet", found.pictures)
        (temporary / "gallery.jpg").write_bytes(found.gallery_sheet)
        for name, sheet in (("mirrored", found.mirrored_sheet), ("epochs", found.epoch_sheet)):
            if sheet is not None:
                (temporary / f"{name}.jpg").write_bytes(sheet)


def _renamed(value: Any, called: Mapping[str, str]) -> Any:
    """The same JSON value in which each `path` is replaced by the name to show for the file."""
    if isinstance(value, list):
        return [_renamed(entry, called) for entry in value]
    if isinstance(value, dict):
        return {name: called[entry] if name == "path" else _renamed(entry, called) for name, entry in value.items()}
    return value
