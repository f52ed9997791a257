"""The conservation law, and that it notices."""

import pandas as pd
import pytest

from mien.split.fates import assert_conserved, fates
from mien.store.tables import FATES, FILES, SPLITS

FILE_ROWS = pd.DataFrame(
    [dict.fromkeys(FILES.names) | row for row in (
        {"path": "a.jpg", "sample_id": "1", "size_bytes": 1},
        {"path": "b.jpg", "sample_id": "2", "size_bytes": 1},
        {"path": "copy of b.jpg", "sample_id": "2", "size_bytes": 1},
        {"path": "c.jpg", "sample_id": "3", "size_bytes": 1},
        {"path": ".hidden", "size_bytes": 1, "ignored": "hidden file"},
        {"path": "locked.jpg", "size_bytes": 1, "error": "permission denied"},
        {"path": "blank.jpg", "sample_id": "4", "size_bytes": 1},
    )]
)  # fmt: skip
REJECTED = pd.DataFrame({"sample_id": ["2", "4"], "reason": ["truncated", "blank"], "detail": ["cut", None], "decodable": [False, True]})
KEPT = pd.DataFrame([dict.fromkeys(SPLITS.names) | {"path": path, "sample_id": sample_id, "split": "test", "flag": flag}
                     for path, sample_id, flag in (("a.jpg", "1", None), ("blank.jpg", "4", "blank"))])  # fmt: skip
REMOVED = pd.DataFrame([("c.jpg", "3", "quarantined", "align", "no_face", None)], columns=FATES.names)


def test_every_file_has_its_one_fate() -> None:
    table = fates(FILE_ROWS, REJECTED, KEPT, [REMOVED]).set_index("path")
    assert table["fate"].to_dict() == {
        "a.jpg": "kept", "b.jpg": "rejected", "copy of b.jpg": "rejected", "c.jpg": "quarantined", ".hidden": "ignored",
        "locked.jpg": "rejected", "blank.jpg": "kept",
    }  # fmt: skip
    assert table.loc["copy of b.jpg", ["stage", "reason", "detail"]].tolist() == ["convert", "truncated", "cut"]
    assert table.loc["locked.jpg", ["stage", "reason", "detail"]].tolist() == ["ingest", "unreadable", "permission denied"]
    assert table.loc["blank.jpg", ["stage", "reason", "detail"]].tolist() == ["split", "test", "blank"]


def test_a_lost_or_doubled_file_is_noticed() -> None:
    with pytest.raises(AssertionError, match=r"1 files without a fate: \['c.jpg'\]"):
        fates(FILE_ROWS, REJECTED, KEPT, [])
    with pytest.raises(AssertionError, match="several fates"):
        fates(FILE_ROWS, REJECTED, KEPT, [REMOVED, REMOVED])
    with pytest.raises(AssertionError, match="not found"):
        fates(FILE_ROWS, REJECTED, KEPT, [REMOVED, REMOVED.assign(path="elsewhere.jpg")])
    table = fates(FILE_ROWS, REJECTED, KEPT, [REMOVED])
    for column in ("stage", "reason"):
        with pytest.raises(AssertionError):
            assert_conserved(FILE_ROWS, table.assign(**{column: None}))
