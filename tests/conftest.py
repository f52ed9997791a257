"""One thread per process: the tests run side by side, and several OpenMP threads per process on the same cores slow each other many times over."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything imports torch
