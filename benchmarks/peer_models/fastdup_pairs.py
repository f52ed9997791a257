"""Runs in the environment of the package fastdup: the pairs that it calls duplicates, and how long it takes.

    python fastdup_pairs.py FOLDER PAIRS.csv SIMILARITY

Pairs are those at least as similar as SIMILARITY; 0.96 is its default for one component. Prints the seconds of all its work, and 0.
"""

import csv
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["SENTRY_OPT_OUT"] = "1"  # it reports to its authors otherwise

import fastdup


def main(folder: str, target: str, similarity: str) -> None:
    with tempfile.TemporaryDirectory() as work:
        start = time.perf_counter()
        run = fastdup.create(work_dir=work, input_dir=folder)
        run.run(ccthreshold=float(similarity), threshold=float(similarity), overwrite=True)
        found = run.similarity()
        seconds = time.perf_counter() - start
    near = found[found["distance"] >= float(similarity)]
    names = ([Path(name).name for name in near[column]] for column in ("filename_from", "filename_to"))
    pairs = {(min(pair), max(pair)) for pair in zip(*names, strict=True)}
    with Path(target).open("w", newline="") as file:
        csv.writer(file).writerows(sorted(pairs))
    print(seconds, 0.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
