"""Writes annotated pictures into a folder, under the names of their photographs. No file is ever replaced, and none lies outside it."""

import re
from pathlib import Path

from PIL import Image

from mien.convert.decoding import Undecodable, decode
from mien.core.errors import PredictError
from mien.core.files import replacing_file
from mien.predict.answer import Answer
from mien.predict.drawing.annotation import annotated
from mien.predict.predicting import File
from mien.predict.rows import Row

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_JPEG_QUALITY = 95
_MOST_JPEG_PX = 65_500  # a side of a JPEG
_MOST_BYTES = 170  # of a part of a path: file systems allow 255, and a temporary name adds to it
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')


def check_folder(folder: Path, *, source: str) -> None:
    """Raises PredictError if a source of several photographs may not be annotated into a folder.

    It must be new or empty, so that nothing is replaced, and outside a folder of photographs, whose next run would read its pictures.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PredictError(f"--annotate {folder}: it must be a new or an empty folder, so that nothing is replaced; name another")
    if Path(source).is_dir() and folder.resolve().is_relative_to(Path(source).resolve()):
        raise PredictError(f"--annotate {folder}: it lies within the source {source}; name a folder outside of it")


def unused(path: Path) -> Path:
    """The path. Raises PredictError if there is a file already."""
    if path.exists():
        raise PredictError(
            f"--annotate {path.parent}: it holds a file {path.name}, which is not replaced; remove it, or name another folder"
        )
    return path


class Album:
    """Writes the annotated pictures of several photographs into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[str] = set()

    def write(self, file: File, rows: list[Row], answer: Answer) -> None:
        """Writes the picture of a file with the answers in `rows`, if there is a picture. PNG stays PNG; all others become JPEG."""
        if (picture := annotated_file(file, rows, answer)) is not None:
            write_picture(picture, self._folder / self._name(file.path, picture))

    def _name(self, path: str, picture: Image.Image) -> Path:
        """The name of a picture in the folder: that of its file, with a number if it is taken."""
        free = name = picture_name(path, picture)
        number = 1
        while self._is_taken(free):
            number += 1
            free = name.with_name(f"{name.stem}-{number}{name.suffix}")
        self._taken |= {str(free).casefold(), *(f"{folder}/".casefold() for folder in free.parents)}
        return free

    def _is_taken(self, name: Path) -> bool:
        """Whether there is a file or a folder of that name, or a file in the place of one of its folders; some systems ignore case."""
        folders = {str(folder).casefold() for folder in name.parents}
        return bool({str(name).casefold(), f"{name}/".casefold()} & self._taken) or bool(folders & self._taken)


def annotated_file(file: File, rows: list[Row], answer: Answer) -> Image.Image | None:
    """The annotated picture of a file; None if it could not be decoded."""
    if rows[0].reason not in (None, "no_face"):
        return None
    try:
        return annotated(decode(file.content, max_megapixels=answer.decode.max_megapixels).image, rows, answer)
    except (Undecodable, MemoryError):
        return None


def picture_name(path: str, picture: Image.Image) -> Path:
    """The name of the annotated picture of a file: its own, with .jpg after it if it does not end in .png, .jpg or .jpeg."""
    name = safe_name(path)
    if max(picture.size) > _MOST_JPEG_PX:
        return name if name.suffix.lower() == ".png" else name.with_name(f"{name.name}.png")
    return name if name.suffix.lower() in _FORMATS else name.with_name(f"{name.name}.jpg")


def safe_name(path: str) -> Path:
    """The relative path, with its folders, that a file of a source is given in another folder.

    It cannot lead out of that folder, and has no characters that a file system forbids or a terminal obeys.
    """
    parts = (_shortened(_UNSAFE.sub("_", part).rstrip(". ")) for part in path.split("/"))
    return Path(*[part for part in parts if part] or ["picture"])


def write_picture(picture: Image.Image, path: Path) -> None:
    """Writes a PNG or JPEG, by the suffix. Raises StorageError."""
    with replacing_file(path) as temporary:
        if _FORMATS[path.suffix.lower()] == "PNG":
            picture.save(temporary, "PNG")
        else:
            picture.save(temporary, "JPEG", quality=_JPEG_QUALITY, subsampling=0)


def _shortened(part: str) -> str:
    """The part with at most _MOST_BYTES bytes; its suffix stays."""
    if len(part.encode()) <= _MOST_BYTES:
        return part
    suffix = Path(part).suffix
    suffix = suffix if len(suffix.encode()) <= 12 else ""
    stem = part.removesuffix(suffix).encode()[: _MOST_BYTES - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix
