"""A decoder that takes its whole process with it, for test_conversion.py; in a module, so that worker processes find it."""

import os
import signal

from mien.convert import conversion
from mien.convert.decoding import Decoded, decode

DEADLY = b"\xff\xd8\xff deadly"


def deadly_decode(content: bytes, *, max_megapixels: float) -> Decoded:
    if content.startswith(DEADLY):
        os.kill(os.getpid(), signal.SIGSEGV)
    return decode(content, max_megapixels=max_megapixels)


def convert_or_die(piece: conversion.Piece, *, convert: object = conversion.convert_piece) -> None:
    conversion.decode = deadly_decode  # type: ignore[attr-defined]
    conversion.convert_piece.__globals__["decode"] = deadly_decode
    convert(piece)  # type: ignore[operator]
