"""The expression model of the package fer, run by the Python of an environment that has the package, not by mien's.

    python benchmarks/peer_models/fer_package.py IMAGES.npz SCORES.npz tflite|keras

Reads `images_NSS3` (uint8, RGB) and writes `scores_NK` (float32), `classes` (the package's names, in the order of its outputs) and
`version`. Each image is one face and is fed whole: no face is detected, and no margin is added. Everything else is the package's own
preparation (FER.detect_emotions of version 25.10.3): grey levels, OpenCV's bilinear resizing to the network's input, and -1 to 1.
"""

import sys
from importlib.metadata import version

import cv2
import numpy as np
from fer.fer import FER

BATCH_SIZE = 256


def main(source: str, target: str, variant: str) -> None:
    network = FER(use_tflite=variant == "tflite")
    labels = FER._get_labels()
    size = network._FER__emotion_target_size
    greys = [cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size) for image in np.load(source)["images_NSS3"]]
    scaled = (np.array(greys, np.float32) / 255.0 - 0.5) * 2.0
    batches = (scaled[start : start + BATCH_SIZE] for start in range(0, len(scaled), BATCH_SIZE))
    scores = [np.asarray(network._classify_emotions(batch), np.float32) for batch in batches]
    classes = [labels[number] for number in range(len(labels))]
    np.savez(target, scores_NK=np.concatenate(scores), classes=np.array(classes), version=version("fer"))


if __name__ == "__main__":
    main(*sys.argv[1:])
