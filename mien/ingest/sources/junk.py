"""Recognises files in a photo collection that are not photographs, by their paths."""

from mien.store.pointers import is_cloud_placeholder

_SYSTEM_FOLDERS = {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"}
_SYSTEM_NAMES = {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", ".directory", ".localized"}

# A file with one of these suffixes that contains no image is a broken photograph: it is rejected and reported instead of ignored.
IMAGE_SUFFIXES = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "jif", "png", "apng", "webp", "tif", "tiff", "bmp", "dib", "gif"}
    | {"heic", "heif", "hif", "heics", "heifs", "avif", "avifs", "jp2", "j2k", "jpx", "jpf", "jpm", "jpc", "j2c", "jxl"}
    | {"pbm", "pgm", "ppm", "pnm", "pam", "pfm", "ico", "tga", "targa", "pcx", "svg", "psd", "psb", "xcf", "exr", "qoi", "dds"}
    | {"dng", "nef", "nrw", "cr2", "cr3", "crw", "arw", "sr2", "srw", "raf", "orf", "rw2", "rwl", "pef", "3fr", "iiq", "mrw", "x3f"}
)
_ARCHIVE_SUFFIXES = frozenset({"zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar"})


def system_file_reason(path: str) -> str | None:
    """Why a file is ignored by its path alone: 'system file', 'hidden folder', 'cloud placeholder' or 'hidden file'; else None."""
    *folders, name = path.split("/")
    if name.lower() in _SYSTEM_NAMES or name.startswith("._") or any(folder.lower() in _SYSTEM_FOLDERS for folder in folders):
        return "system file"
    if any(folder.startswith(".") for folder in folders):
        return "hidden folder"
    if is_cloud_placeholder(name):
        return "cloud placeholder"
    return "hidden file" if name.startswith(".") else None


def not_an_image_reason(path: str) -> str | None:
    """Why a file that does not begin like an image is ignored; None if its suffix says that it should be an image."""
    suffix = path.rpartition("/")[2].rpartition(".")[2].lower()
    if suffix in IMAGE_SUFFIXES:
        return None
    return "nested archive" if suffix in _ARCHIVE_SUFFIXES else "not an image"
