"""What stands where a photograph should be."""

import pytest

from mien.store.pointers import LFS, WEB_PAGE, is_cloud_placeholder, stands_in

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (POINTER, LFS), (b"<!DOCTYPE html>\n<html>", WEB_PAGE), (b"\xef\xbb\xbf \n<HTML lang=en>", WEB_PAGE),
        (b"", None), (b"words", None), (b"x" + POINTER, None), (b"\xff\xd8\xff<html>", None),
    ],
)  # fmt: skip
def test_what_a_file_is_instead_is_told_by_how_it_begins(content: bytes, what: str | None) -> None:
    assert stands_in(content) == what


def test_placeholders_are_told_by_name() -> None:
    names = [".IMG_1.HEIC.icloud", "IMG_1.jpg.cloud", "cloud.jpg", "icloud"]
    assert [is_cloud_placeholder(name) for name in names] == [True, True, False, False]
