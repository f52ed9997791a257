"""AffectNet as released later: cropped faces of 224 px and a file for each label (see _affectnet.py).

train_set and val_set have images/N.jpg and annotations/N_exp.npy, also N_val.npy, N_aro.npy and N_lnd.npy (valence, arousal, landmarks),
which are not read. N_exp.npy is an array of one value, a string such as '3' or a number. Arrays of objects are refused, because reading
one would run code that it contains.
"""

import io
import re
from typing import IO

import numpy as np

from mien.ingest.layout import subset_of
from mien.ingest.layouts._affectnet import LABELS, NO_EXPRESSION, reason
from mien.ingest.layouts._contract import Facts, Files, Layout, Reading
from mien.ingest.layouts._reading import EIGHT, broken, label_by_code, require_all

_IMAGE = re.compile(r"(?:^|/)images/[^/]+\.\w+$")
_LABEL = re.compile(r"(?:^|/)annotations/[^/]+_exp\.npy$")
_MOST_BYTES = 4096  # of a file with one value; NumPy's header alone has 128


def _label(file: IO[bytes], path: str) -> str:
    content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise broken(path, f"has more than {_MOST_BYTES} bytes, and must hold one value")
    try:
        shape, dtype = _header(content)
    except (ValueError, EOFError) as error:
        raise broken(path, f"is no NumPy array ({error})") from None
    if dtype.hasobject:
        raise broken(path, "is an array of Python objects, which mien never loads, because that would run code in it")
    if int(np.prod(shape)) != 1 or dtype.kind not in "SUiuf" or dtype.itemsize > _MOST_BYTES:
        raise broken(path, f"must hold one string or number, holds an array of {dtype} with the shape {shape}")
    try:
        value = np.load(io.BytesIO(content), allow_pickle=False).item()
    except (ValueError, EOFError) as error:
        raise broken(path, f"is truncated ({error})") from None
    return label_by_code(LABELS, value.decode("latin-1") if isinstance(value, bytes) else str(value), path=path, at="it")


def _header(content: bytes) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and type of an array, without its values. Raises ValueError if there is no such header."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape, dtype


def _key(path: str) -> str:
    """The set's folder and the number of an image or label: train_set/12."""
    *above, _, name = path.split("/")
    return "/".join([*above, name.partition(".")[0].removesuffix("_exp")])


def _facts(files: Files) -> Reading:
    listed = {_key(path): label for path, label in files.read.items()}
    require_all(listed, {_key(path) for path in files.paths if _IMAGE.search(path)}, where="the folder annotations")
    found = {}
    for path in files.images:
        if _IMAGE.search(path) and (label := listed.get(_key(path))):
            subset = subset_of(path)
            found[path] = Facts(left_out=reason(label)) if label in NO_EXPRESSION else Facts(label, "test" if subset == "val" else subset)
    num = sum(_IMAGE.search(path) is not None for path in files.images) - len(found)
    return Reading(found, [f"{num} of {len(files.images)} images of AffectNet have no file with a label"] if num else [])


LAYOUT = Layout(
    "AffectNet: train_set and val_set with images/N.jpg and annotations/N_exp.npy",
    EIGHT,
    _IMAGE,
    _LABEL,
    _facts,
    {_LABEL: _label},
    detectors=(("", "none"),),
    test_split=r"(?:^|/)(?:val|eval|test)[^/]*/",
)
