"""Mutated photographs through what `convert` does with each file.

Law: an image, or Undecodable with a reason; no other exception, no death of the process, at most LIMIT_S and MAX_BYTES.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.attacks import photographs
from benchmarks.attacks.jail import Jail
from benchmarks.attacks.mutations import MUTATIONS
from benchmarks.attacks.verdict import Verdict
from mien.config.sections.convert import ConvertParams
from mien.convert.conversion import convert_content
from mien.convert.decoding import REASONS, Undecodable

LIMIT_S = 30.0
MAX_MEGAPIXELS = 20.0
# A pixel in three planes of 8 bits, a second time while it is turned or its profile applied, and room for a decoder's own planes of 16
# bits.
MAX_BYTES = int(16 * 1e6 * MAX_MEGAPIXELS + 300e6)


def fate(content: bytes) -> str:
    """'stored', 'stored as unfit', or why not."""
    try:
        _, _, unfit = convert_content(content, ConvertParams(max_megapixels=MAX_MEGAPIXELS))
    except Undecodable as error:
        if error.reason not in REASONS or len(error.detail.splitlines()) > 1:
            raise ValueError(f"not a reason in one line: {error}") from None
        return error.reason
    return "stored as unfit" if unfit else "stored"


def mutated_pictures(num: int, *, seed: int, source: Path | None = None, limit_s: float = LIMIT_S) -> Verdict:
    """Mutates `num` files by seed: drawn ones in every format in turn, or those of `source`."""
    generator = np.random.default_rng(seed)
    own = list(photographs.read(source)) if source else []
    verdict = Verdict("mutated photographs")
    with Jail(fate, limit_s=limit_s) as jail:
        for index in tqdm(range(num), desc="photographs", unit="file", disable=None):
            kind = list(photographs.FORMATS)[index % len(photographs.FORMATS)]
            mutation = list(MUTATIONS)[index // len(photographs.FORMATS) % len(MUTATIONS)]
            content = own[int(generator.integers(len(own)))] if own else photographs.drawn(kind, int(generator.integers(8)))
            answer = jail.ask(MUTATIONS[mutation](content, generator))
            faults = [f"{mutation}: {answer.broken}"] if answer.broken else []
            if answer.peak_bytes > MAX_BYTES:
                faults.append(f"{mutation}: {answer.peak_bytes / 1e6:.0f} MB")
            verdict.add("photograph" if own else kind, answer.result or "broken", faults, answer)
    return verdict
