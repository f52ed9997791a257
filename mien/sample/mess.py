"""Plans the set: the names, formats and folders under which each image is stored, and the other files that are in the set.

The shares imitate collections that people gather by hand with their phones; nothing depends on the class of an image.
"""

from dataclasses import dataclass, replace

import numpy as np

from mien.sample.expression import SHARES

ROOT = "photos"
UNKNOWN_FOLDER = "misc"
# The first spelling is the usual one; all spellings map to a class or an alias of params.yaml.
FOLDERS = {
    "angry": ("Angry", "ANGRY", "Angry faces", "anger"),
    "fear": ("Fear", "FEAR ", "fears", "afraid"),
    "happy": ("Happy", "HAPPY", "happy (1)", "hapiness"),
    "sad": ("Sad", "SAD", "sad_2", "sadness"),
    "surprise": ("Surprise", "suprise", "Surprised", "surprise-"),
}
# The number of images per thousand that are stored in each form; the rest are plain JPEG.
FORMS = {
    "heic": 240, "heic_named_jpg": 34, **{f"heic_exif{turn}": 7 for turn in range(2, 9)}, **{f"exif{turn}": 13 for turn in range(1, 9)},
    "png": 16, "png_named_jpeg": 20, "jpeg_named_png": 12, "rgba_png": 18, "palette_png": 7, "grey_png_16_bit": 5, "grey_jpeg": 9,
    "cmyk_jpeg": 16, "webp": 34, "gif": 7, "tiff": 7, "bmp": 5, "unicode_name": 5, "unknown_label": 6,
}  # fmt: skip
# The number of images per thousand that are stored a second time, by kind of copy.
COPIES = {"exact_duplicate": 60, "near_duplicate": 64, "mirrored_duplicate": 36, "conflicting_duplicate": 16, "stray": 5}
EXTENSIONS = {
    "heic": ("HEIC", "heic"), "heic_named_jpg": ("jpg", "JPG"), "png": ("png",), "png_named_jpeg": ("jpeg", "jpg"),
    "jpeg_named_png": ("png",),
    "rgba_png": ("png",), "palette_png": ("png",), "grey_png_16_bit": ("png",), "webp": ("webp",), "gif": ("gif",), "tiff": ("tif", "tiff"),
    "bmp": ("bmp",),
}  # fmt: skip
_JPEG = ("jpg", "jpg", "jpeg", "JPG")
_UNICODE = ("صورة", "写真", "été à la mer", "ritratto №")


@dataclass(frozen=True)
class File:
    """One file of the set; `label` is the class that its folder claims, '' for none; `origin` names the image, '' for none."""

    path: str
    label: str
    kind: str
    origin: str


@dataclass(frozen=True)
class Sitting:
    """One drawn image and all files that show it; the first file is the original, the others are copies."""

    index: int
    label: str  # the class that is drawn
    files: tuple[File, ...]


def plan(num_faces: int, rng: np.random.Generator) -> list[Sitting]:
    """Returns every image to draw, with the files to make of it."""
    labels = rng.permutation(np.repeat(list(SHARES), _quota(SHARES, num_faces)))
    forms = _spread(FORMS, num_faces, rng, rest="original")
    plain = np.flatnonzero(forms != "unknown_label")
    copies = np.full(num_faces, "none", dtype=object)
    copies[plain] = _spread(COPIES, len(plain), rng, rest="none")
    sittings = []
    for index, (label, form, copy) in enumerate(zip(labels.tolist(), forms.tolist(), copies.tolist(), strict=True), start=1):
        own = _own_file(index, label, form, rng)
        extra = () if copy == "none" else (_copy_of(own, copy, rng),)
        sittings.append(Sitting(index, label, (own, *extra)))
    return sittings


def folder_of(label: str, rng: np.random.Generator) -> str:
    """A folder of the class, mostly the one with the usual spelling."""
    spellings = FOLDERS[label]
    return spellings[int(rng.choice(len(spellings), p=(0.55, 0.2, 0.15, 0.1)))]


def _own_file(index: int, label: str, form: str, rng: np.random.Generator) -> File:
    origin = f"IMG_{1000 + index}"
    extensions = EXTENSIONS.get("heic" if form.startswith("heic_exif") else form, _JPEG)
    extension = extensions[rng.integers(len(extensions))]
    name = f"{_UNICODE[index % len(_UNICODE)]} {index}" if form == "unicode_name" else origin
    if form == "unknown_label":
        return File(f"{ROOT}/{UNKNOWN_FOLDER}/{name}.{extension}", "", form, origin)
    return File(f"{ROOT}/{folder_of(label, rng)}/{name}.{extension}", label, form, origin)


def _copy_of(own: File, copy: str, rng: np.random.Generator) -> File:
    name = own.path.rsplit("/", 1)[1]
    stem = name.rsplit(".", 1)[0]
    if copy == "stray":
        return replace(own, path=f"{ROOT}/{UNKNOWN_FOLDER}/{stem}-stray.jpg", label="", kind="unknown_label")
    label = own.label
    if copy == "conflicting_duplicate":
        others = [other for other in FOLDERS if other != label]
        label = others[rng.integers(len(others))]
    named = {
        "exact_duplicate": f"copy of {name}",
        "near_duplicate": f"{stem}-whatsapp.jpg",
        "mirrored_duplicate": f"{stem}-selfie.jpg",
        "conflicting_duplicate": f"{stem}-again.{name.rsplit('.', 1)[1]}",
    }[copy]
    return File(f"{ROOT}/{folder_of(label, rng)}/{named}", label, copy, own.origin)


def _quota(shares: dict[str, float], total: int) -> list[int]:
    """Whole numbers in the given shares that sum to `total`, by the largest-remainder method."""
    exact = np.array(list(shares.values())) * total / sum(shares.values())
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: total - counts.sum()]] += 1
    return [int(count) for count in counts]


def _spread(per_thousand: dict[str, int], total: int, rng: np.random.Generator, *, rest: str) -> np.ndarray:
    """`total` names in random order, each at least once; `rest` fills the remaining places."""
    names = np.concatenate([np.repeat(name, max(1, round(share * total / 1000))) for name, share in per_thousand.items()])
    filled = np.concatenate([names, np.repeat(rest, max(0, total - len(names)))])[:total]
    shuffled: np.ndarray = rng.permutation(filled)
    return shuffled
