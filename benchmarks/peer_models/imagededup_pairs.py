"""Runs in the environment of the package imagededup: the pairs that it calls duplicates, and how long it takes.

    python imagededup_pairs.py FOLDER PAIRS.csv SEARCH    # SEARCH: brute_force_cython (its default) or bktree

Hashes are its PHash, and the largest distance is its default of 10 bits. Prints the seconds of hashing and of the search.
"""

import csv
import sys
import time
from pathlib import Path

from imagededup.methods import PHash


def main(folder: str, target: str, search: str) -> None:
    start = time.perf_counter()
    hasher = PHash(verbose=False)
    hashes = hasher.encode_images(image_dir=Path(folder))
    hashed = time.perf_counter()
    found = hasher.find_duplicates(encoding_map=hashes, search_method=search)
    end = time.perf_counter()
    with Path(target).open("w", newline="") as file:
        csv.writer(file).writerows((one, other) for one, others in found.items() for other in others if one < other)
    print(hashed - start, end - hashed)


if __name__ == "__main__":
    main(*sys.argv[1:])
