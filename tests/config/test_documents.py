"""Files that users write: whatever is wrong with one is one line, of the caller's kind of error."""

from pathlib import Path

import pytest

from mien.config.documents import read_document
from mien.config.faults import suggestion
from mien.core.errors import StudyError


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (None, "is missing; run from the repository's root"),
        (b"\xff", "cannot be read: "),
        (b"a: [", "must be readable YAML: line 1: "),
        (b"a: 1\na: 2", "must be readable YAML: line 2: found duplicate key"),
        (b"- a", r"must be a list of lists \(got \['a'\]\)"),
        (b"", r"must be a list of lists \(got None\)"),
    ],
)
def test_a_fault_is_one_line_that_names_the_file(content: bytes | None, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError, match=rule) as raised:
        read_document(path, error=StudyError, what="a list of lists")
    assert str(raised.value).startswith(f"{path} ") and "\n" not in str(raised.value)
    path.write_bytes(b"a: [1, x]\n")
    assert read_document(path, error=StudyError) == {"a": [1, "x"]}


def test_the_closest_name_is_suggested_whatever_its_case_else_all() -> None:
    names = ["gamma", "beta", "Beta"]
    assert suggestion("Gama", names) == "did you mean gamma?" and suggestion("BETA", ["Beta"]) == "did you mean Beta?"
    assert suggestion("x", names) == "one of: gamma, beta, Beta" and suggestion("x", names, otherwise="see there") == "see there"
