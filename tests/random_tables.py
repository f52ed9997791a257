"""Random tables as ingest, convert, dedup and align would write them: files in groups, with subjects, spellings, subsets and faults."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from mien.core import paths
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import DUPLICATES, FACES, FATES, FILES, IMAGES, REJECTED, write_table

SPELLINGS = {
    "angry": ["ANGRY", "anger"],
    "fear": ["fear_2", "Fears"],
    "happy": ["happy", "Happiness "],
    "sad": ["sad"],
    "surprise": ["suprise"],
}


def sample_id(name: object) -> str:
    """A SHA-256 as of a file's content."""
    return hashlib.sha256(str(name).encode()).hexdigest()


class Tables:
    """The tables of `num` files, drawn with `seed`; `write` puts them where the stages look for them."""

    def __init__(
        self,
        num: int,
        *,
        seed: int = 0,
        classes: tuple[str, ...] = tuple(SPELLINGS),
        num_subjects: int = 0,
        copies: float = 0.2,
        scenes: float = 0.03,
        conflicts: float = 0.02,
        unknown: float = 0.02,
        broken: float = 0.03,
        unfit: float = 0.03,
        ignored: float = 0.02,
        faceless: float = 0.03,
        test: float = 0.2,
    ) -> None:
        random = np.random.default_rng(seed)
        kinship = np.random.default_rng((seed, 1))  # of its own, so that the files are the same with and without scenes
        pixels: dict[str, str] = {}  # by sample_id
        scene_of: dict[str, str] = {}  # by picture
        contents: list[tuple[str, str, str]] = []  # sample_id, picture, class
        files, duplicates = [], []
        for index in range(num):
            path = f"photos/{index:06d}.jpg"
            row = dict.fromkeys(FILES.names) | {"path": path, "size_bytes": int(random.integers(1, 50))}
            if random.random() < ignored:
                files.append(row | {"ignored": "hidden file"})
                continue
            if random.random() < broken / 3:
                files.append(row | {"error": "permission denied"})
                continue
            kind = None
            if contents and random.random() < copies:
                content, picture, label = contents[int(random.integers(len(contents)))]
                kind = ["exact", "near", "mirrored"][int(random.integers(3))]
                if kind != "exact":
                    shown, content = pixels[content], sample_id(index)
                    pixels[content] = shown if kinship.random() < 0.25 else sample_id(("pixels", index))
            else:
                content, picture, label = sample_id(index), sample_id(("picture", index)), str(random.choice(classes))
                pixels[content] = sample_id(("pixels", index))
                alike = kinship.random() < scenes and len(contents)
                scene_of[picture] = scene_of[contents[int(kinship.integers(len(contents)))][1]] if alike else picture
            contents.append((content, picture, label))
            if random.random() < conflicts:
                label = str(random.choice(classes))
            spelt = str(random.choice(SPELLINGS.get(label, [label])))
            if random.random() < unknown:
                spelt = ["contempt", "hapy", None][int(random.integers(3))]  # type: ignore[assignment]
            subset = "test" if random.random() < test else [None, "train", "val"][int(random.integers(3))]
            subject = f"s{random.integers(num_subjects)}" if num_subjects and random.random() < 0.9 else None
            files.append(row | {"sample_id": content, "label_raw": spelt, "subset_raw": subset, "subject": subject})
            duplicates.append({"path": path, "sample_id": content, "picture": picture, "kind": kind})

        self.files = pd.DataFrame(files, columns=FILES.names, dtype=object).astype({"size_bytes": "int64"})
        images = pd.DataFrame(duplicates, columns=["path", "sample_id", "picture", "kind"], dtype=object)
        ids = sorted(set(images["sample_id"]))
        fault = {name: random.random() for name in ids}
        undecodable = [name for name in ids if fault[name] < broken]
        blank = [name for name in ids if broken <= fault[name] < broken + unfit / 2]
        small = [name for name in ids if broken + unfit / 2 <= fault[name] < broken + unfit]
        self.rejected = pd.DataFrame(
            [(name, "truncated", "cut short", False) for name in undecodable]
            + [(name, "blank", "one grey", True) for name in blank]
            + [(name, "too_small", "12 px", True) for name in small],
            columns=REJECTED.names,
        )
        images = images[~images["sample_id"].isin(undecodable)]
        images["group_id"] = images.groupby("picture")["sample_id"].transform("min")
        images["scene_id"] = images.groupby(images["picture"].map(scene_of))["sample_id"].transform("min")
        images["pixels"] = images["sample_id"].map(pixels)
        several = images.groupby("group_id")["path"].transform("size") > 1
        kind = images["kind"].where(images["kind"] == "mirrored", "near").where(several, None)
        kind = kind.mask(images["pixels"].duplicated(keep=False), "pixel")
        images["kind"] = kind.mask(images["sample_id"].duplicated(keep=False), "exact")
        likeness = {"twin_path": None, "distance": 0, "correlation": 1.0, "agreement": 1.0}
        self.duplicates = images.assign(**likeness)[DUPLICATES.names].astype({"kind": object})
        self.sizes = pd.DataFrame(
            [(name, int(random.integers(48, 640)), int(random.integers(48, 640))) for name in sorted(set(images["sample_id"]))],
            columns=["sample_id", "width_px", "height_px"],
        ).assign(pixel_sha256=lambda sizes: sizes["sample_id"].map(pixels))
        by_pixels = self.sizes.groupby("pixel_sha256")
        self.sizes[["width_px", "height_px"]] = by_pixels[["width_px", "height_px"]].transform("first")
        self.faceless = {name for name in ids if random.random() < faceless}

    def write(self) -> None:
        """Writes the tables of ingest, convert and dedup under the working directory."""
        write_table(paths.FILES, self.files, FILES)
        write_table(paths.REJECTED, self.rejected, REJECTED)
        write_table(paths.DUPLICATES, self.duplicates, DUPLICATES)
        empty = {"image": b"", "source_format": "JPEG", "phash": 0, "phash_mirrored": 0, "thumbnail": b""}
        images = self.sizes.assign(**empty, sharpness=1.0, brightness=1.0, contrast=1.0)
        _write_store(paths.IMAGES, images, IMAGES)

    def write_faces(self, labels: pd.DataFrame, *, official: bool) -> None:
        """Writes what align would make of labels.parquet: images in `faceless` leave, or in an official test split are taken whole."""
        whole = official & (labels["subset"] == "test")
        lost = labels[labels["sample_id"].isin(self.faceless) & ~whole]
        removed = lost.assign(fate="quarantined", stage="align", reason="no_face", detail=None)
        write_table(paths.FACES_REMOVED, removed.reindex(columns=FATES.names), FATES)
        kept = labels.drop(lost.index)[["sample_id"]].drop_duplicates()
        found = ~kept["sample_id"].isin(self.faceless)
        faces = kept.assign(
            image=b"", box=None, landmarks=None, score=np.where(found, 0.99, np.nan), num_faces=found.astype(int), turn_deg=0
        )
        _write_store(paths.FACES, faces, FACES)


def _write_store(folder: Path, rows: pd.DataFrame, schema: pa.Schema) -> None:
    for digit in DIGITS:
        part = rows[rows["sample_id"].str.startswith(digit)]
        write_shard(folder, digit, pa.Table.from_pandas(part[schema.names], schema=schema, preserve_index=False), schema)
