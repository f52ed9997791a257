"""What is filled in in a review queue reaches labels.corrections once, and nothing that stood there is lost."""

from pathlib import Path

import pytest

from mien.config.sections.labels import LabelParams
from mien.core.errors import LabelError, TableError
from mien.sanitise.corrections import read_corrections
from mien.sanitise.deciding import take_over
from tests.random_tables import sample_id

A, B, C = (sample_id(name) for name in "abc")


@pytest.fixture
def params(tmp_path: Path) -> LabelParams:
    return LabelParams(corrections=str(tmp_path / "corrections.csv"))


def queue(tmp_path: Path, *decisions: tuple[str, str]) -> Path:
    path = tmp_path / "queue.csv"
    lines = [f'{rank},{name},"sad/a, b.jpg",{decision}' for rank, (name, decision) in enumerate(decisions, start=1)]
    path.write_text("\n".join(["rank,sample_id,path,decision", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("end", ["", "\n"])
def test_new_decisions_are_appended_and_what_stood_there_stays(tmp_path: Path, params: LabelParams, end: str) -> None:
    file = Path(params.corrections)
    before = f"note,sample_id,decision\nlooked twice,{A},sad{end}"
    file.write_text(before, encoding="utf-8")
    filled = queue(tmp_path, (A, "Sad"), (B, "keep"), (C, ""))
    assert take_over(filled, params) == (2, 1)
    assert file.read_text(encoding="utf-8") == f"note,sample_id,decision\nlooked twice,{A},sad\n,{B},keep\n"
    after = file.read_bytes()
    assert take_over(filled, params) == (2, 0) and file.read_bytes() == after
    assert read_corrections(file, params) == {A: "sad", B: "keep"}


def test_a_contradiction_or_a_fault_changes_nothing(tmp_path: Path, params: LabelParams) -> None:
    file = Path(params.corrections)
    file.write_text(f"sample_id,decision\n{A},sad\n", encoding="utf-8")
    with pytest.raises(LabelError, match=rf"queue\.csv decides fear for {A}, labels\.corrections .* decides sad; correct one"):
        take_over(queue(tmp_path, (B, "happy"), (A, "fear")), params)
    with pytest.raises(LabelError, match=r"the review queue: .*queue\.csv, line 2: the decision 'hapy' is not one of"):
        take_over(queue(tmp_path, (B, "hapy")), params)
    assert file.read_text(encoding="utf-8") == f"sample_id,decision\n{A},sad\n"
    with pytest.raises(TableError, match=r"none\.csv is missing; run `dvc repro doubts`"):
        take_over(tmp_path / "none.csv", params)
