"""Recognises files that take the place of a photograph: Git LFS pointers, web pages, and placeholders of cloud drives."""

LFS = "Git LFS pointer"
WEB_PAGE = "web page"
PULL = "run `git lfs pull` in the repository that they come from"


def stands_in(content: bytes) -> str | None:
    """What takes the place of an image, by the first bytes: LFS (Git LFS specification, version 1), WEB_PAGE, or None for neither."""
    if content.startswith(b"version https://git-lfs.github.com/spec/"):
        return LFS
    begin = content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return WEB_PAGE if begin.startswith((b"<!doctype html", b"<html")) else None


def is_cloud_placeholder(name: str) -> bool:
    """Whether a file's name is that of a placeholder: `.IMG_1.HEIC.icloud` of iCloud Drive, `IMG_1.jpg.cloud` of odrive."""
    return name.lower().endswith((".icloud", ".cloud", ".cloudf"))
