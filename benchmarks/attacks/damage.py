"""How many damaged pictures are stored: zero holes, foreign markers, flipped bytes and cuts, by seed, in every format.

    python -m benchmarks.attacks.damage SOURCE --files 40 --rounds 8

SOURCE is a zip or a folder of sound photographs; without it, drawn portraits in all formats are damaged. Of the damaged files, those
that decode to the very pixels of the sound one are left out: nothing is lost with them.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pillow_heif
import typer
from PIL import Image

from benchmarks.attacks.photographs import read
from mien.convert.decoding import Undecodable, decode
from mien.sample.portrait import draw_portrait

Generator = np.random.Generator
# Before it lie headers and tables, which have a damage of their own.
HEADER_SHARE, HEADER_BYTES = 0.1, 600
# As an image editor, a phone and a messenger write them, the last as WebP is stored fastest.
ENCODINGS = (
    ("JPEG", {"quality": 92}),
    ("JPEG", {"quality": 80, "optimize": True}),
    ("JPEG", {"quality": 85, "progressive": True}),
    ("JPEG", {"quality": 90, "restart_marker_rows": 1}),
    ("HEIF", {"quality": 80}),
    ("AVIF", {"quality": 75, "speed": 8}),
    ("PNG", {}),
    ("GIF", {}),
    ("WEBP", {"quality": 80}),
    ("WEBP", {"lossless": True, "method": 2}),
    ("WEBP", {"quality": 60, "method": 0}),
)


def zero_hole(content: bytes, generator: Generator) -> bytes:
    """A run of 32 bytes to a fifth of the file zeroed, as a lost sector or packet leaves it."""
    size = len(content)
    length = int(np.exp(generator.uniform(np.log(32), np.log(max(64, size / 5)))))
    at = int(generator.integers(HEADER_SHARE * size, max(HEADER_SHARE * size + 1, size - length)))
    return (content[:at] + bytes(length) + content[at + length :])[:size]


def foreign_marker(content: bytes, generator: Generator) -> bytes:
    """0xFF and a byte that makes a marker of it in a JPEG's data, behind the tables."""
    at = int(generator.integers(min(max(len(content) // 6, 700), len(content) - 3), len(content) - 2))
    return content[:at] + bytes((0xFF, int(generator.integers(1, 255)))) + content[at + 2 :]


def flipped_bytes(content: bytes, generator: Generator) -> bytes:
    """One to eight bytes changed behind the headers."""
    return _flipped(content, generator, int(HEADER_SHARE * len(content)), len(content), int(generator.integers(1, 9)))


def flipped_header(content: bytes, generator: Generator) -> bytes:
    """One to three bytes changed in the first HEADER_BYTES, behind the signature."""
    return _flipped(content, generator, 16, min(len(content), HEADER_BYTES), int(generator.integers(1, 4)))


def cut(content: bytes, generator: Generator) -> bytes:
    """The end missing."""
    return content[: int(generator.integers(HEADER_SHARE * len(content), len(content)))]


def _flipped(content: bytes, generator: Generator, first: int, last: int, count: int) -> bytes:
    damaged = bytearray(content)
    for at in generator.integers(first, last, count):
        damaged[at] ^= int(generator.integers(1, 256))
    return bytes(damaged)


DAMAGES: dict[str, Callable[[bytes, Generator], bytes]] = {
    "zero_hole": zero_hole,
    "foreign_marker": foreign_marker,
    "flipped_bytes": flipped_bytes,
    "flipped_header": flipped_header,
    "cut": cut,
}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    (image.quantize(128) if kind == "GIF" else image).save(file, kind, **options)
    return file.getvalue()


def fate(content: bytes, damaged: bytes) -> str | None:
    """'rejected' or 'stored', None where the damaged file shows the sound one's very pixels."""
    try:
        shown = decode(damaged, max_megapixels=50).image
    except Undecodable:
        return "rejected"
    sound = decode(content, max_megapixels=50).image
    return None if shown.size == sound.size and shown.tobytes() == sound.tobytes() else "stored"


def campaign(contents: list[bytes], *, rounds: int, seed: int) -> Counter[tuple[str, str, str]]:
    """How many by format, damage and fate. Raises Undecodable if a sound file is rejected."""
    generator = np.random.default_rng(seed)
    fates: Counter[tuple[str, str, str]] = Counter()
    for content in contents:
        kind = decode(content, max_megapixels=50).source_format
        for name, damage in DAMAGES.items():
            for _ in range(rounds):
                if outcome := fate(content, damage(content, generator)):
                    fates[kind, name, outcome] += 1
    return fates


def drawn(num: int, *, size_px: int = 160) -> Iterator[bytes]:
    """Files of drawn portraits, one after the other in each of ENCODINGS."""
    pillow_heif.register_heif_opener()
    for number in range(num):
        kind, options = ENCODINGS[number % len(ENCODINGS)]
        yield encoded(draw_portrait("happy", np.random.default_rng(number), size_px=size_px), kind, **options)


def main(
    source: Annotated[Path | None, typer.Argument(help="Zip or folder of photographs; drawn ones if none is given.")] = None,
    files: Annotated[int, typer.Option(min=1, help="Files to damage.")] = 44,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each file is damaged in each way.")] = 8,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Prints a Markdown table."""
    contents = list(drawn(files) if source is None else read(source))
    chosen = np.random.default_rng(seed).permutation(len(contents))[:files]
    fates = campaign([contents[index] for index in chosen], rounds=rounds, seed=seed)
    typer.echo("| format | damage | changed pictures | rejected | stored |\n|---|---|---:|---:|---:|")
    for kind, name in sorted({key[:2] for key in fates}):
        rejected, stored = (fates[kind, name, outcome] for outcome in ("rejected", "stored"))
        typer.echo(f"| {kind} | {name} | {rejected + stored} | {rejected} | {stored} |")


if __name__ == "__main__":
    typer.run(main)
