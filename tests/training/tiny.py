"""A small task that a small network learns in seconds: noisy pictures with one bright band per class. No photographs."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from PIL import Image

from mien.config import declared
from mien.config.model import ModelConfig
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams
from mien.core import paths
from mien.core.files import write_json
from mien.store.face_images import InMemory
from mien.store.faces import FaceSet
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FACES, SPLITS, write_table

CLASSES = ("angry", "happy", "sad")
SIDE_PX = 32


def pictures(targets: list[int], *, seed: int = 0) -> np.ndarray:
    """uint8 N×S×S×3; class k has a bright band in the k-th third."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 120, (len(targets), SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    for picture, target in zip(found, targets, strict=True):
        top = 2 + target * 10 + int(rng.integers(0, 4))
        picture[top : top + 6] += 100
    return found


def face_set(num: int, *, seed: int = 0, num_classes: int = 3) -> FaceSet:
    targets = [number % num_classes for number in range(num)]
    images = torch.from_numpy(pictures(targets, seed=seed)).permute(0, 3, 1, 2)
    return FaceSet(InMemory(images), torch.tensor(targets), tuple(f"{seed}-{number}" for number in range(num)))


def model_config(*, train: dict[str, Any] | None = None, augment: dict[str, Any] | None = None, **changes: Any) -> ModelConfig:
    values: dict[str, Any] = {
        "name": "tiny",
        "classes": list(CLASSES),
        "seed": 7,
        "backbone": "test_efficientnet",
        "weights": "none",
        "attention": "none",
        "head": "dense",
        "dropout": 0.2,
        "loss": {"name": "cross_entropy", "class_weights": "inverse", "label_smoothing": 0.0},
        "recipe": "one_stage",
        "input_px": SIDE_PX,
        "normalization": "half",
        "precision": "fp32",
        "train": TrainParams(
            **{"epochs": 4, "fine_tune_epochs": 2, "batch_size": 12, "lr": 3e-3, "schedule": "plateau", "warmup_epochs": 0, **(train or {})}
        ),
        "augment": AugmentParams(**(augment or {})),
    }
    values |= changes
    values.setdefault("head_params", declared.values("head", values["head"], {}))
    return ModelConfig(**values)


def write_workspace(root: Path, config: ModelConfig, *, num_train: int = 36, num_val: int = 18) -> None:
    """All that the stage `train` reads, under `root`."""
    targets = [number % len(CLASSES) for number in range(num_train + num_val)]
    rows, stored = [], []
    for number, (target, pixels) in enumerate(zip(targets, pictures(targets), strict=True)):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        name = f"{number * 2654435761 % 2**32:08x}" * 8
        stored.append({"sample_id": name, "image": file.getvalue(), "box": None, "landmarks": None, "score": None, "num_faces": None})
        rows.append(
            {
                "path": f"{number}.png",
                "sample_id": name,
                "label": CLASSES[target],
                "split": "train" if number < num_train else "val",
                "group_id": name,
                "scene_id": name,
                "subject": None,
                "flag": None,
                "part": None,
                "shares": None,
            }
        )
    for digit in DIGITS:
        write_shard(
            root / paths.FACES, digit, pa.Table.from_pylist([row for row in stored if str(row["sample_id"])[0] == digit], FACES), FACES
        )
    write_table(root / paths.SPLITS, pd.DataFrame(rows), SPLITS)
    write_json(root / paths.config(config.name), json.loads(config.model_dump_json()))
    code = root / paths.code("train", config.name)
    code.parent.mkdir(parents=True)
    code.write_text("mien.training.fit 0123456789abcdef fit\n", encoding="utf-8")
    write_json(root / paths.pretrained(config.name) / "pretrained.json", {"weights": "none", "backbone": config.backbone})
