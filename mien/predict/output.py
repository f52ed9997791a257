"""Writes the rows of answers: to the terminal, and to a file in the format of its suffix."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from mien.core.errors import PredictError
from mien.core.files import replacing_file
from mien.core.printable import one_line
from mien.predict.answer import Answer
from mien.predict.rows import COLUMNS, Row

SUFFIXES = (".csv", ".jsonl", ".parquet")
_DECIMALS = 6


class Writer(Protocol):
    """Takes rows one at a time."""

    def __call__(self, row: Row) -> None: ...


@contextmanager
def writing(path: Path | None, answer: Answer, *, has_raw: bool = False) -> Iterator[Writer]:
    """A writer of rows to a file, which appears complete or not at all; without a path it writes nothing.

    `has_raw` adds the columns for the probabilities before smoothing. Raises PredictError for a suffix that is not one of SUFFIXES.
    """
    if path is None:
        yield lambda _: None
        return
    check_suffix(path)
    columns = [*COLUMNS, *(f"p_{name}" for name in answer.classes), *(f"raw_p_{name}" for name in answer.classes if has_raw)]
    with replacing_file(path) as temporary:
        if path.suffix == ".parquet":
            records: list[dict[str, Any]] = []
            yield lambda row: records.append(_rounded(row.record(answer)))
            _write_parquet(temporary, records, columns)
        elif path.suffix == ".csv":
            from mien.core.spreadsheet import guarded  # imports pandas, which is not needed otherwise

            def cell(value: Any) -> Any:
                return guarded(one_line(value)) if isinstance(value, str) else value

            with temporary.open("w", encoding="utf-8", newline="") as file:
                table = csv.DictWriter(file, columns, lineterminator="\n")
                table.writeheader()
                yield lambda row: table.writerow({name: cell(value) for name, value in _rounded(row.record(answer)).items()})
        else:
            with temporary.open("w", encoding="utf-8") as file:
                yield lambda row: print(json.dumps(_rounded(row.record(answer)), ensure_ascii=False, allow_nan=False), file=file)


def check_suffix(path: Path) -> None:
    """Raises PredictError for a file whose format is unknown, before any work."""
    if path.suffix not in SUFFIXES:
        raise PredictError(f"--out {path}: the suffix must be one of {', '.join(SUFFIXES)}")


def line(row: Row, answer: Answer) -> str:
    """The row as a line for the terminal: the path, the face, and the two likeliest classes with their probabilities, or the reason."""
    where = one_line(row.path) + (f" at {row.time_s:.2f} s" if row.time_s is not None else "")
    if row.probabilities is None:
        return f"{where}: {row.reason}{f' ({one_line(row.detail)})' if row.detail else ''}"
    face = f", face {row.face}" if row.num_faces > 1 or (row.time_s is not None and (row.face or 0) > 1) else ""
    face += f" of {row.num_faces}" if row.num_faces > 1 and row.time_s is None else ""
    first, second = sorted(zip(answer.classes, row.probabilities, strict=True), key=lambda pair: -pair[1])[:2]
    return f"{where}{face}: {'not sure: ' if row.unsure else ''}{first[0]} {first[1]:.0%}, {second[0]} {second[1]:.0%}"


def _rounded(record: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, _DECIMALS) if isinstance(value, float) else value for name, value in record.items()}


def _write_parquet(path: Path, records: list[dict[str, Any]], columns: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: pa.string() for name in ("path", "label", "reason", "detail")} | {
        name: pa.int64() for name in ("face", "num_faces", "turn_deg")
    }
    schema = pa.schema([(name, pa.bool_() if name == "unsure" else kinds.get(name, pa.float64())) for name in columns])
    pq.write_table(pa.Table.from_pylist(records, schema=schema), path)
