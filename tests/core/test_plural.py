import pytest

from mien.core.plural import listed, noun_of, plural


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


@pytest.mark.parametrize(("words", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_a_list_ends_with_and(words: list[str], expected: str) -> None:
    assert listed(words) == expected
