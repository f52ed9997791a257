"""Hostile archives and tables, made and fuzzed, through the stage `ingest` (see ingesting.py).

Beside its laws: no file that Python's own zipfile or tarfile lists is without a row, and reading one source takes at most LIMIT_S and
twice the largest file that may be read plus 300 MB.
"""

import contextlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.attacks import fuzz, hostile
from benchmarks.attacks.containers import tarred, zipped
from benchmarks.attacks.ingesting import MAX_BYTES, Source, ingest
from benchmarks.attacks.jail import Jail
from benchmarks.attacks.verdict import Verdict

LIMIT_S = 60.0
Case = tuple[str, Callable[[], Source]]


def made_sources(root: Path) -> Verdict:
    """Archives and tables of hostile.py."""
    photo = zipped(fuzz.files(2))

    def cases() -> Iterator[Case]:
        for name, make in hostile.archives().items():
            yield name, lambda make=make, name=name: Source(root, name, make())
        for name, content in hostile.pixel_tables().items():
            yield f"table, {name}", lambda name=name, content=content: Source(root, name, content)
        for name, content in hostile.user_tables("path").items():
            yield f"metadata, {name}", lambda content=content: Source(root, "photos.zip", photo, metadata=content)
        for name, content in hostile.user_tables("sample_id").items():
            yield f"corrections, {name}", lambda content=content: Source(root, "photos.zip", photo, corrections=content)

    return _judged("hostile archives and tables", list(cases()))


def fuzzed_sources(root: Path, *, num_zips: int, num_tars: int, num_streams: int, seed: int) -> Verdict:
    """Zips, tars and compressed tars changed by seed (fuzz.py)."""
    generator = np.random.default_rng(seed)
    archive, tar, gnu = zipped(fuzz.files()), tarred(fuzz.files()), tarred(fuzz.files(), form=tarfile.GNU_FORMAT)
    cases: list[Case] = [("fuzzed zip", lambda: Source(root, "photos.zip", fuzz.fuzzed_zip(archive, generator)))] * num_zips
    cases += [
        ("fuzzed tar", lambda: Source(root, "photos.tar", fuzz.fuzzed_tar(tar if generator.random() < 0.5 else gnu, generator)))
    ] * num_tars
    for kind in ("tar.gz", "tar.bz2", "tar.xz"):
        cases += [(f"fuzzed {kind}", lambda kind=kind: Source(root, f"photos.{kind}", fuzz.fuzzed_stream(kind, generator)))] * num_streams
    return _judged("fuzzed archives", cases)


def _judged(name: str, cases: list[Case]) -> Verdict:
    verdict = Verdict(name)
    with Jail(ingest, limit_s=LIMIT_S) as jail:
        for index, (kind, make) in enumerate(tqdm(cases, desc=name, unit="source", disable=None)):
            source = make()
            answer = jail.ask(source)
            where = f"case {index}"
            faults = [f"{where}: {answer.broken}"] if answer.broken else [f"{where}: {fault}" for fault in answer.result.faults]
            if answer.peak_bytes > MAX_BYTES:
                faults.append(f"{where}: {answer.peak_bytes / 1e6:.0f} MB")
            if answer.result and answer.result.end == "rows" and answer.result.num_rows < (listed := num_listed(source.content)):
                faults.append(f"{where}: {answer.result.num_rows} rows of {listed} files")
            verdict.add(kind, answer.result.end if answer.result else "broken", faults, answer)
    return verdict


def num_listed(content: bytes) -> int:
    """How many files Python's own readers find in an archive; 0 where they find it unreadable."""
    with contextlib.suppress(Exception), tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return sum(not member.isdir() for member in archive)
    with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(not member.is_dir() for member in archive.infolist())
    return 0
