"""Converts the raw store to the image store, piece by piece on all cores. A file that crashes its decoder does not stop the run."""

import shutil
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from mien.config.sections.convert import ConvertParams
from mien.convert.decoding import Undecodable, decode
from mien.convert.hashing import hash_input, perceptual_hashes, pixel_sha256, thumbnail
from mien.convert.quality import quality
from mien.core.parallel import parallel_map, run_alone
from mien.store.encoding import encode, reduced
from mien.store.shards import ShardWriter, read_row_group, row_group_sizes, shards_of
from mien.store.tables import BLOBS, IMAGES, REJECTED, THUMBNAIL_PX, read_arrow, write_table


@dataclass(frozen=True)
class Piece:
    """One row group of the raw store: the unit of work. Its results are kept in `folder` until all pieces are done.

    Pieces depend only on the raw store, so that the number of processes changes no byte of the result.
    """

    raw: Path
    prefix: str
    group: int
    num_images: int
    folder: Path
    params: ConvertParams
    condemned: frozenset[str] = frozenset()  # samples that crashed a process before

    @property
    def images(self) -> Path:
        return self._named("images")

    @property
    def rejected(self) -> Path:
        """The path of the rejected rows. This file is written last, so the piece is done if it exists."""
        return self._named("rejected")

    @property
    def journal(self) -> Path:
        """The path of the file that names the sample in work, so that it is known if the process dies."""
        return self._named("journal")

    def _named(self, suffix: str) -> Path:
        """In a folder for each shard: a writing looks through the folder for what killed processes left there."""
        return self.folder / self.prefix / f"{self.prefix}-{self.group:06d}.{suffix}"


def pieces_of(raw: Path, folder: Path, params: ConvertParams) -> list[Piece]:
    """The pieces of a raw store, in order. Their results will be written into `folder`."""
    return [
        Piece(raw, prefix, group, num_images, folder, params)
        for prefix in shards_of(raw)
        for group, num_images in enumerate(row_group_sizes(raw, prefix, BLOBS))
    ]


def convert_piece(piece: Piece) -> None:
    """Converts one row group and writes two tables into `piece.folder`. No file content makes it raise an error."""
    blobs = read_row_group(piece.raw, piece.prefix, piece.group)
    images: list[dict[str, Any]] = []
    inputs, rejected = [], []
    piece.journal.parent.mkdir(exist_ok=True)
    with piece.journal.open("wb", buffering=0) as journal:
        for sample_id, content in zip(blobs["sample_id"].to_pylist(), blobs["bytes"], strict=True):
            journal.seek(0)  # each sample_id has the same length; reopening the file would take longer than a small image
            journal.write(sample_id.encode())
            try:
                if sample_id in piece.condemned:
                    raise Undecodable("decoder_crash", "its decoder ended the whole process")
                row, hashed, unfit = convert_content(content.as_py(), piece.params)
            except Undecodable as error:
                rejected.append({"sample_id": sample_id, "reason": error.reason, "detail": error.detail, "decodable": False})
                continue
            images.append({"sample_id": sample_id, **row})
            inputs.append(hashed)
            if unfit:
                rejected.append({"sample_id": sample_id, "reason": unfit[0], "detail": unfit[1], "decodable": True})
    if images:
        hashes, mirrored = perceptual_hashes(np.stack(inputs))
        for row, upright, flipped in zip(images, hashes.tolist(), mirrored.tolist(), strict=True):
            row.update(phash=upright, phash_mirrored=flipped)
    write_table(piece.images, pa.Table.from_pylist(images, IMAGES), IMAGES)
    write_table(piece.rejected, pa.Table.from_pylist(rejected, REJECTED), REJECTED)
    piece.journal.unlink(missing_ok=True)  # on a machine that Ray lost and that still runs, this piece may have been done as well


def convert_content(content: bytes, params: ConvertParams) -> tuple[dict[str, Any], Any, tuple[str, str] | None]:
    """Converts one file: returns the image's row without hashes, the input for hashing, and the reason and detail if it is unfit.

    Raises Undecodable if the content cannot be decoded.
    """
    try:
        decoded = decode(content, max_megapixels=params.max_megapixels)
        image = reduced(decoded.image, max_side_px=params.max_side_px)
        grey = image.convert("L")
        figures = quality(np.asarray(grey))
        row = {
            "image": encode(image, jpeg_quality=params.jpeg_quality),
            "width_px": image.width,
            "height_px": image.height,
            "source_format": decoded.source_format,
            "pixel_sha256": pixel_sha256(decoded.image),
            "thumbnail": thumbnail(grey, THUMBNAIL_PX).tobytes(),
            "sharpness": figures.sharpness,
            "brightness": figures.brightness,
            "contrast": figures.contrast,
        }
    except (MemoryError, ValueError, OSError) as error:
        raise Undecodable("corrupt", f"{type(error).__name__} after decoding") from None
    unfit = None
    if figures.contrast <= params.blank_contrast:
        unfit = ("blank", f"contrast {figures.contrast:.2f}")
    elif min(decoded.image.size) < params.min_side_px:
        unfit = ("too_small", f"{decoded.image.width} x {decoded.image.height} px")
    return row, hash_input(grey), unfit


def convert_pieces(pieces: Sequence[Piece], *, workers: int, executor: Literal["local", "ray"] = "local") -> None:
    """Converts all pieces in `workers` processes (0: one per core) or Ray tasks, with a progress bar that counts images.

    A crash of a decoder ends all processes. The pieces that were in work are then converted one at a time, to find the sample at fault.
    """
    waiting = list(pieces)
    while waiting:
        sizes = [piece.num_images for piece in waiting]
        try:
            parallel_map(
                convert_piece, waiting, workers=workers, executor=executor, label="convert", unit="image", sizes=sizes, isolated=True
            )
        except BrokenProcessPool:
            suspects = [piece for piece in waiting if piece.journal.exists()]
            if not suspects:
                raise
            for piece in suspects:
                _convert_alone(piece)
        waiting = [piece for piece in waiting if not piece.rejected.exists()]


def _convert_alone(piece: Piece) -> None:
    """Converts one piece in a separate process. If a sample crashes the process, the piece is converted again without that sample."""
    while True:
        exit_code = run_alone(convert_piece, piece)
        if exit_code == 0:
            return
        # A negative exit code means death by a signal. An exception, such as for a full disk, is not the image's fault, and its traceback
        # is printed.
        culprit = piece.journal.read_text() if piece.journal.exists() else None
        if exit_code > 0 or culprit is None or culprit in piece.condemned:
            raise RuntimeError(f"the process for piece {piece.journal.stem} ended with exit code {exit_code}")
        piece = replace(piece, condemned=piece.condemned | {culprit})


def _join(pieces: Sequence[Piece], folder: Path, *, raw: Path, rejected: Path) -> None:
    by_shard: dict[str, list[Piece]] = {prefix: [] for prefix in shards_of(raw)}
    for piece in pieces:
        by_shard[piece.prefix].append(piece)
    for prefix, own in by_shard.items():
        with ShardWriter(folder, prefix, IMAGES) as writer:
            for piece in own:
                rows = read_arrow(piece.images, IMAGES)
                if len(rows):
                    writer.write(rows)
                piece.images.unlink()
    write_table(rejected, pa.concat_tables([REJECTED.empty_table(), *(read_arrow(piece.rejected, REJECTED) for piece in pieces)]), REJECTED)


def convert_store(
    raw: Path,
    folder: Path,
    *,
    rejected: Path,
    params: ConvertParams,
    workers: int,
    executor: Literal["local", "ray"] = "local",
) -> None:
    """Converts the raw store `raw` to an image store in the empty `folder`; the table `rejected` lists rejected and unfit images."""
    scratch = folder / "pieces"
    scratch.mkdir()
    pieces = pieces_of(raw, scratch, params)
    convert_pieces(pieces, workers=workers, executor=executor)
    _join(pieces, folder, raw=raw, rejected=rejected)
    shutil.rmtree(scratch)
