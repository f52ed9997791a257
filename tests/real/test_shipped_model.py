"""The shipped model on real test images, read and labelled here without the pipeline: its accuracy is the one in docs/fer2013.md."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.stats import binomtest

from mien.models.predict import predict_logits
from mien.models.store import load_model

SHIPPED = Path(__file__).parents[2] / "mien/pretrained/fer"
SPELT = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")  # FERPlus's columns, in the model's order
STATED = 0.840


def test_its_accuracy_on_test_images_is_as_stated(real_data: Path) -> None:
    with (real_data / "fer2013.ferplus.csv").open(encoding="utf-8", newline="") as file:
        votes = {row["path"]: [int(row[name]) for name in (*SPELT, "unknown", "NF")] for row in csv.DictReader(file)}
    images, targets = [], []
    with zipfile.ZipFile(real_data / "fer2013-mini.zip") as archive:
        for name in archive.namelist():
            path = name[name.find("test/") :]
            counted = [num if num > 1 else 0 for num in votes.get(path, [0])]
            first = int(np.argmax(counted))
            if path.startswith("test/") and 2 * counted[first] > sum(counted) and first < len(SPELT):
                images.append(np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")))
                targets.append(first)
    assert len(targets) > 250
    model, config = load_model(SHIPPED)
    batch_N3SS = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    predicted = predict_logits(model, batch_N3SS, input_px=config.input_px, precision=config.precision, device="cpu").argmax(axis=1)
    found = binomtest(int((predicted == np.array(targets)).sum()), len(targets)).proportion_ci(0.999, method="wilson")
    assert found.low <= STATED <= found.high
