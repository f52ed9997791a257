import pytest

from mien.core.plural import noun_of, plural


@pytest.mark.parametrize(
    ("num", "noun", "many", "expected"),
    [
        (0, "file", "", "0 files"),
        (1, "file", "", "1 file"),
        (2, "file", "", "2 files"),
        (1, "class", "classes", "1 class"),
        (3, "class", "classes", "3 classes"),
    ],
)
def test_only_one_is_singular(num: int, noun: str, many: str, expected: str) -> None:
    assert plural(num, noun, many) == expected
    assert expected.endswith(f" {noun_of(num, noun, many)}")
