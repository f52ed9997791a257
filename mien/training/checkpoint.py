"""Stores the state of an unfinished training, so that the next run resumes it instead of starting over."""

import fcntl
import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO
from typing_extensions import override

from mien.config.model import ModelConfig
from mien.core.files import replacing_file
from mien.core.outputs import missing

LOCK = "lock"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes straight to disk under a temporary name; Lightning's own version first builds the whole file in memory."""

    @override
    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        assert storage_options is None
        with replacing_file(Path(path)) as temporary:
            torch.save(checkpoint, temporary)


def fingerprint(config: ModelConfig, *, code: Path, inputs: Iterable[Path], device: str, num_processes: int = 1) -> str:
    """16 hex digits over everything that affects a training: configuration, bytes of the `inputs`, device, threads, number of
    processes and installed versions.

    `code` is the fingerprint of the code, data/code/train/MODEL.txt. Raises TableError if that file is missing.
    """
    if not code.is_file():
        raise missing(code)
    digest = hashlib.sha256()
    digest.update(config.model_dump_json().encode())
    digest.update(
        json.dumps(
            [device, torch.get_num_threads(), *(version(name) for name in ("torch", "torchvision", "lightning", "timm", "numpy"))]
        ).encode()
    )
    if num_processes > 1:
        digest.update(f"{num_processes} processes".encode())
    for path in [code, *sorted(inputs)]:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


@contextmanager
def unfinished(folder: Path, *others: Path) -> Iterator[Path]:
    """Creates the folder if needed and locks it against other processes; it is removed on success and kept on an error.

    The same holds for `others`, the folders of the model's other seeds: none is removed before all seeds are trained. Other sibling
    folders belong to trainings of the same model that can no longer be resumed. They are removed unless another process has locked them,
    because parallel experiments train the same model with other parameters. A second process on the same folder waits for the first.
    """
    own = sorted({folder, *others})  # always in the same order, so that two processes cannot deadlock
    with ExitStack() as locks:
        for each in own:
            locks.callback(os.close, _lock(each))
        for sibling in folder.parent.iterdir():
            if sibling not in own:
                _remove_unless_locked(sibling)
        yield folder
        for each in own:
            shutil.rmtree(each)


def resumable(path: Path) -> bool:
    """Returns whether there is a state to resume from; a broken file is removed with a warning."""
    if not path.is_file():
        return False
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises almost any exception for a broken file
        warnings.warn(f"{path} is broken ({type(error).__name__}); this training starts over", stacklevel=2)
        path.unlink()
        return False
    return True


def _lock(folder: Path) -> int:
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The previous holder may have removed the folder in the meantime; this lock then protects nothing.
        if (folder / LOCK).exists() and os.path.samestat(os.fstat(lock), (folder / LOCK).stat()):
            return lock
        os.close(lock)


def _remove_unless_locked(folder: Path) -> None:
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)
