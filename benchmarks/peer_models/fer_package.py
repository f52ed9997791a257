"""The expression model of the package fer, run by the Python of an environment that has the package, not by mien's.

    python benchmarks/peer_models/fer_package.py IMAGES.npy SCORES.json tflite|keras

Reads N×S×S×3 images (uint8, RGB) and writes `scores` (N×K), `classes` (the package's names, in the order of its outputs) and `version`.
Each image is one face and is fed whole: no face is detected, and no margin is added. Everything else is the package's own preparation
(FER.detect_emotions of version 25.10.3): grey levels, OpenCV's bilinear resizing to the network's input, and -1 to 1.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from fer.fer import FER

BATCH_SIZE = 256


def main(source: str, target: str, variant: str) -> None:
    network = FER(use_tflite=variant == "tflite")
    labels = FER._get_labels()
    size = network._FER__emotion_target_size
    greys = [cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size) for image in np.load(source)]
    scaled = (np.array(greys, np.float32) / 255.0 - 0.5) * 2.0
    batches = (scaled[start : start + BATCH_SIZE] for start in range(0, len(scaled), BATCH_SIZE))
    scores_NK = np.concatenate([np.asarray(network._classify_emotions(batch), np.float64) for batch in batches])
    classes = [labels[number] for number in range(len(labels))]
    Path(target).write_text(json.dumps({"scores": scores_NK.tolist(), "classes": classes, "version": version("fer")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
