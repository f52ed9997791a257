"""Copies the decisions of a filled-in review queue into the file at labels.corrections, whose existing lines are kept.

The queue is an output of DVC, which deletes it before each run of its stage, so the decisions must be stored elsewhere.
"""

import csv
import io
from pathlib import Path

from mien.config.sections.labels import LabelParams
from mien.core.errors import LabelError
from mien.core.files import replacing_file
from mien.core.outputs import missing
from mien.sanitise.corrections import read_corrections


def take_over(queue: Path, params: LabelParams) -> tuple[int, int]:
    """Appends the decisions of `queue` to the file at labels.corrections; returns how many are filled in and how many of them are new.

    Raises TableError if the queue is missing, SourceError or LabelError as `read_corrections` does, and LabelError if the two files
    contradict each other; labels.corrections is then not changed.
    """
    path = Path(params.corrections)
    if not queue.is_file():
        raise missing(queue, stage="doubts", otherwise=", or name another review queue")
    known, filled = read_corrections(path, params), read_corrections(queue, params, key="the review queue")
    for sample_id, decision in filled.items():
        if known.get(sample_id, decision) != decision:
            raise LabelError(
                f"{queue} decides {decision} for {sample_id}, labels.corrections ({path}) decides {known[sample_id]}; correct one of the "
                "two"
            )
    new = {sample_id: decision for sample_id, decision in filled.items() if sample_id not in known}
    text = path.read_text(encoding="utf-8-sig")
    header = [name.strip() for name in next(csv.reader(io.StringIO(text)))]
    lines = io.StringIO()
    writer = csv.DictWriter(lines, header, restval="", lineterminator="\n")
    writer.writerows({"sample_id": sample_id, "decision": decision} for sample_id, decision in new.items())
    with replacing_file(path) as temporary:
        temporary.write_text(text + "\n" * (not text.endswith("\n")) + lines.getvalue(), encoding="utf-8")
    return len(filled), len(new)
