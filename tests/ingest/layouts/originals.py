"""Tiny copies of published data sets in their original layouts, with pictures drawn here.

Each function returns the files by path. A face is a patch of one colour on a striped photograph, so that a cropped square shows whether its
box was right.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import ImageDraw

from tests.convert.pictures import noisy, saved

Box = tuple[int, int, int, int]
COLOURS = {"red": (210, 40, 40), "green": (40, 190, 60), "blue": (40, 60, 210)}
SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
EIGHT = ("angry", "contempt", *SEVEN[1:])


def picture(seed: int, width: int = 100, height: int = 100, *, kind: str = "JPEG") -> bytes:
    """A picture of its own for each seed."""
    return saved(noisy(width, height, seed=seed), kind)


def with_faces(seed: int, faces: Mapping[str, Box], width: int = 320, height: int = 240) -> bytes:
    """A photograph with a patch for each face, by its colour."""
    image = noisy(width, height, seed=seed)
    for colour, box in faces.items():
        ImageDraw.Draw(image).rectangle(box, fill=COLOURS[colour])
    return saved(image, "PNG")


def zipped(files: Mapping[str, bytes], path: Path) -> Path:
    """An archive of the files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


# 1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral
RAF_CODES = {"surprise": 1, "fear": 2, "disgust": 3, "happy": 4, "sad": 5, "angry": 6, "neutral": 7}


def raf_names() -> dict[str, str]:
    names = {f"train_{number:05d}": label for number, label in enumerate(RAF_CODES, 1)}
    return names | {f"test_{number:04d}": label for number, label in enumerate(reversed(RAF_CODES), 1)}


def raf_db_aligned() -> dict[str, bytes]:
    """The aligned faces, with the list."""
    files = {f"basic/Image/aligned/{name}_aligned.jpg": picture(seed) for seed, name in enumerate(raf_names())}
    listed = (f"{name}.jpg {RAF_CODES[label]}" for name, label in raf_names().items())
    return {"basic/EmoLabel/list_patition_label.txt": lines(*listed), **files}


RAF_BOX = (100.5, 40.0, 180.0, 120.0)


def raf_db_original() -> dict[str, bytes]:
    """The photographs with their boxes, in the archives of the authors; the list comes after the images."""
    names = raf_names()
    images, boxes = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(images, "w") as archive, zipfile.ZipFile(boxes, "w") as others:
        for seed, name in enumerate(names):
            archive.writestr(f"original/{name}.jpg", with_faces(seed, {"red": (100, 40, 180, 120)}))
            others.writestr(f"boundingbox/{name}_boundingbox.txt", " ".join(map(str, RAF_BOX)) + " \n")
    listed = (f"{name}.jpg {RAF_CODES[label]}" for name, label in names.items())
    return {
        "basic/Image/original.zip": images.getvalue(),
        "basic/Annotation/boundingbox.zip": boxes.getvalue(),
        "basic/Annotation/manual/train_00001_manu_attri.txt": lines("120\t70", "160\t70", "140\t90", "125\t105", "155\t105", "0", "0", "2"),
        "basic/Z/list_patition_label.txt": lines(*listed),
    }


def raf_db_folders() -> dict[str, bytes]:
    """The copy that circulates: folders with codes, and the same labels in tables."""
    files, rows = {}, {"train": ["image,label"], "test": ["image,label"]}
    for seed, (name, label) in enumerate(raf_names().items()):
        split = name.partition("_")[0]
        files[f"DATASET/{split}/{RAF_CODES[label]}/{name}_aligned.jpg"] = picture(seed)
        rows[split].append(f"{name}_aligned.jpg,{RAF_CODES[label]}")
    return files | {f"{split}_labels.csv": lines(*each) for split, each in rows.items()}


AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt", "none", "uncertain", "no face")
AFFECTNET_HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
AFFECTNET_BOX = (60, 50, 100, 90)  # x, y, width, height


def affectnet_csv() -> dict[str, bytes]:
    """Photographs in numbered folders; the table of the validation split has no header."""
    files: dict[str, bytes] = {}
    rows: dict[str, list[str]] = {"training": [AFFECTNET_HEADER], "validation": []}
    for at, split in enumerate(rows):
        for code in range(len(AFFECTNET)):
            name = f"{code + 1}/{at:02x}{code:02x}{'0123456789abcdef' * 3}1234.png"
            x, y, width, height = AFFECTNET_BOX
            files[f"Manually_Annotated_Images/{name}"] = with_faces(20 * at + code, {"green": (x, y, x + width, y + height)})
            box = "NULL,NULL,NULL,NULL" if code == 10 else ",".join(map(str, AFFECTNET_BOX))
            landmarks = ";".join(f"{70 + point}.25;{80 + point}.5" for point in range(68))
            rows[split].append(f"{name},{box},{landmarks},{code},-0.17,0.31")
    return files | {f"Manually_Annotated_file_lists/{split}.csv": lines(*each) for split, each in rows.items()}


def npy(value: object, dtype: object = None) -> bytes:
    """A NumPy file."""
    file = io.BytesIO()
    np.save(file, np.array(value, dtype=dtype), allow_pickle=True)
    return file.getvalue()


def affectnet_npy() -> dict[str, bytes]:
    """Cropped faces with a file for each label: strings in the training split, numbers in the other."""
    files = {}
    for at, split in enumerate(("train_set", "val_set")):
        for number, code in enumerate(range(9)):
            files[f"{split}/images/{number}.jpg"] = picture(30 * at + number, 224, 224)
            value = str(code) if at == 0 else code
            files[f"{split}/annotations/{number}_exp.npy"] = npy(value)
            files[f"{split}/annotations/{number}_val.npy"] = npy("-0.25")
            files[f"{split}/annotations/{number}_aro.npy"] = npy("0.125")
            files[f"{split}/annotations/{number}_lnd.npy"] = npy(np.zeros(136))
    return files


CK_CODES = {"S005_001": 3, "S010_002": 1, "S010_004": 5, "S011_001": 7, "S014_002": 2, "S022_003": 4, "S026_006": 6}
CK_UNLABELLED = "S010_001"


def ck_plus(num_frames: int = 6) -> dict[str, bytes]:
    """Sequences, of which one has no label."""
    files: dict[str, bytes] = {}
    for at, clip in enumerate([*CK_CODES, CK_UNLABELLED]):
        person, number = clip.split("_")
        for frame in range(1, num_frames + 1):
            path = f"CK+/cohn-kanade-images/{person}/{number}/{clip}_{frame:08d}.png"
            files[path] = picture(100 + 10 * at + frame, 160, 120, kind="PNG")
        if clip in CK_CODES:
            label = f"   {CK_CODES[clip]:.7e}\n".encode()
            files[f"CK+/Emotion/{person}/{number}/{clip}_{num_frames:08d}_emotion.txt"] = label
    return files


def jaffe() -> dict[str, bytes]:
    codes = ("AN", "DI", "FE", "HA", "NE", "SA", "SU")
    return {
        f"jaffe/{person}.{code}{1 + at}.{30 + 10 * at + number}.tiff": picture(200 + 10 * at + number, 256, 256, kind="TIFF")
        for at, person in enumerate(("KA", "YM"))
        for number, code in enumerate(codes)
    }


def kdef() -> dict[str, bytes]:
    codes, files = ("AF", "AN", "DI", "HA", "NE", "SA", "SU"), {}
    for at, person in enumerate(("AF01", "BF01", "AM10")):
        for number, code in enumerate(codes):
            for turn, angle in enumerate(("S", "HL", "HR", "FL", "FR")):
                name = f"KDEF_and_AKDEF/KDEF/{person}/{person}{code}{angle}.JPG"
                files[name] = picture(300 + 50 * at + 5 * number + turn, 140, 190)
    return files


EXPW = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def expw() -> dict[str, bytes]:
    """Photographs of two faces, of which the second has the higher confidence, and of one. The search words in the names mislead."""
    files, rows = {}, []
    for code, label in enumerate(EXPW):
        name = f"happy_actor_{code}.jpg"
        files[f"image/origin/{name}"] = with_faces(400 + code, {"blue": (20, 30, 120, 130), "red": (180, 60, 240, 120)})
        rows.append(f"{name} 0 30 20 120 130 39.5 {(code + 1) % 7}")  # top left right bottom
        rows.append(f"{name} 1 60 180 240 120 60.9 {code}")
        alone = f"sad_{label}_{code}.jpg"
        files[f"image/origin/{alone}"] = with_faces(450 + code, {"red": (30, 20, 130, 100)})
        rows.append(f"{alone} 0 20 30 130 100 55 {code}")
    return {**files, "label/label.lst": lines(*rows), "readme.txt": lines("each line indicates an image as follows:")}
