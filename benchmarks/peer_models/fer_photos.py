"""The package fer on whole photographs, run by the Python of an environment that has the package, not by mien's.

    python benchmarks/peer_models/fer_photos.py PATHS.json ANSWERS.json

Reads a list of paths and calls `FER().detect_emotions(path)` for each, which is how the package's documentation uses it: OpenCV reads the
file, a Haar cascade finds the faces, and the TFLite network answers. Writes, for each path, the class of the largest face (None if no face
is found) or the error.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from fer.fer import FER


def main(source: str, target: str) -> None:
    network, answers = FER(), []
    for path in json.loads(Path(source).read_text()):
        try:
            faces = network.detect_emotions(path)
        except Exception as error:  # whatever the package raises is its answer
            answers.append({"label": None, "error": f"{type(error).__name__}: {error}".splitlines()[0]})
            continue
        largest = max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
        label = max(largest["emotions"], key=largest["emotions"].get) if largest else None
        answers.append({"label": label, "error": "" if largest else "no face"})
    Path(target).write_text(json.dumps({"answers": answers, "version": version("fer")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
